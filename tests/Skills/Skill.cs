using EbpfCnf.Templates.Tests.Support;

namespace EbpfCnf.Templates.Tests.Skills;

/// <summary>The folder of one skill.</summary>
sealed class Skill
{
    /// <summary>All of them, each of which the others name.</summary>
    public static readonly IReadOnlyList<string> Names =
        ["ebpf-cnf-scaffold", "ebpf-packet-parser", "ebpf-map-handler", "ebpf-attach-hook", "cnf-networking", "ebpf-test-harness"];

    public static readonly string Home = Path.Combine(Repository.Templates, "skills", "skills");

    Skill(string folder)
    {
        Folder = folder;
        Name = Path.GetFileName(folder);
        Files =
        [
            .. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
                .Select(file => Path.GetRelativePath(folder, file).Replace('\\', '/'))
                .Order(StringComparer.Ordinal),
        ];
        Documents = [.. Files.Where(file => file.EndsWith(".md", StringComparison.Ordinal)).Select(file => new MarkdownFile(file, Text(file)))];
        Assets = [.. Files.Where(Asset.IsOne).Select(file => new Asset(this, file))];
    }

    public string Name { get; }

    public string Folder { get; }

    /// <summary>Paths relative to the skill's folder.</summary>
    public IReadOnlyList<string> Files { get; }

    public IReadOnlyList<MarkdownFile> Documents { get; }

    /// <summary>The files with a header: C, shell, and Go that is wrong on purpose.</summary>
    public IReadOnlyList<Asset> Assets { get; }

    public MarkdownFile? Main => Documents.FirstOrDefault(document => document.Name == "SKILL.md");

    public IEnumerable<Block> Blocks => Documents.SelectMany(document => document.Blocks);

    public static Skill Load(string folder) => new(folder);

    public static IReadOnlyList<Skill> All() => [.. Directory.EnumerateDirectories(Home).Order(StringComparer.Ordinal).Select(Load)];

    public string PathOf(string file) => Path.Combine(Folder, file);

    public string Text(string file) => File.ReadAllText(PathOf(file));

    public override string ToString() => Name;
}
