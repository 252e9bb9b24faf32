using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using EbpfCnf.Templates.Tests.Support;

namespace EbpfCnf.Templates.Tests.Matrix;

/// <summary>
/// A generated project on disk, built once for all combinations of options that give the same code. Options that add other
/// files only, such as workflows, make up most of the full product; building those again would prove nothing more.
/// </summary>
sealed class ProjectFolder(string path, GeneratedProject project)
{
    static readonly TimeSpan Long = TimeSpan.FromMinutes(10);

    static readonly string[] CodeExtensions = [".go", ".c", ".h", ".sh", ".mod"];

    static readonly ConcurrentDictionary<string, Lazy<ProjectFolder>> ByCode = new();

    readonly ConcurrentDictionary<string, Lazy<Task<ToolResult>>> done = new();

    public string Path { get; } = path;

    public GeneratedProject Project { get; } = project;

    public static async Task<ProjectFolder> Of(Combination combination)
    {
        var project = await Offered.Project(combination);
        return ByCode.GetOrAdd(CodeHash(project), _ => new(() => Write(string.Join('-', combination.Options.Values), project))).Value;
    }

    /// <summary>A folder for each different code that the combinations of a variant give.</summary>
    public static async Task<IReadOnlyList<ProjectFolder>> AllOf(Combination variant)
    {
        HashSet<ProjectFolder> folders = [];
        foreach (var combination in Offered.Combinations.Where(combination => combination.Has(variant)))
        {
            folders.Add(await Of(combination));
        }

        return [.. folders];
    }

    /// <summary>Runs a program in the folder, once however many tests ask for it.</summary>
    public async Task<ToolResult> Run(string program, params string[] arguments) =>
        (await Once(program, arguments, [])).MustSucceed();

    public async Task<ToolResult> RunFor(string architecture, string program, params string[] arguments) =>
        (await Once(program, arguments, new() { ["GOARCH"] = architecture })).MustSucceed();

    public async Task Generate() => await Run("go", "generate", "./...");

    /// <summary>The CNF's binary for an architecture.</summary>
    public async Task<string> Build(string architecture)
    {
        await Generate();
        var binary = System.IO.Path.Combine(Path, "dist", architecture, "my-cnf");
        await RunFor(architecture, "go", "build", "-o", binary, "./cmd/my-cnf");
        return binary;
    }

    public IEnumerable<string> Under(string folder) => Project.Under(folder);

    public IEnumerable<string> FilesEndingIn(params string[] extensions) =>
        Project.Files.Keys.Where(file => extensions.Contains(System.IO.Path.GetExtension(file)));

    Task<ToolResult> Once(string program, string[] arguments, Dictionary<string, string?> environment)
    {
        var key = string.Join('\0', [program, .. arguments, .. environment.Select(variable => variable.ToString())]);
        return done.GetOrAdd(key, _ => new(() => Toolbox.Run(program, arguments, Path, Long, environment))).Value;
    }

    /// <summary>A fixed place for each project, so that Go's build cache is of use in the next run.</summary>
    public static ProjectFolder Write(string name, GeneratedProject project)
    {
        var folder = System.IO.Path.Combine(Repository.Artifacts, "tests", "projects", name);
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }

        project.WriteTo(folder);
        return new(folder, project);
    }

    static string CodeHash(GeneratedProject project)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var (file, content) in project.Files.Where(file => IsCode(file.Key)))
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{file}\0{content.Length}\0"));
            hash.AppendData(content);
        }

        return Convert.ToHexString(hash.GetHashAndReset());
    }

    // What lies in .claude is not built with the project, and has tests of its own.
    static bool IsCode(string file) =>
        !file.StartsWith(".claude/", StringComparison.Ordinal) &&
        (CodeExtensions.Contains(System.IO.Path.GetExtension(file)) || System.IO.Path.GetFileName(file) is "Makefile" or ".clang-format");
}
