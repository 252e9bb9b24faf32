using System.IO.Compression;

namespace EbpfCnf.Templates.Tests.Support;

/// <summary>The package that every test works on: packed once per run, from what lies in the working tree.</summary>
sealed class PackedTemplates
{
    // Any fixed moment does: zip entries cannot be older than 1980.
    const string Epoch = "1750000000";

    static readonly Lazy<Task<PackedTemplates>> Packed = new(() => Pack(System.IO.Path.Combine(Repository.Artifacts, "tests", "package")));

    public static Task<PackedTemplates> Current => Packed.Value;

    readonly Lazy<string> contents;

    PackedTemplates(string path)
    {
        Path = path;
        contents = new(Unpack);
    }

    public string Path { get; }

    public static async Task<PackedTemplates> Pack(string folder)
    {
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }

        var result = await Tool.Run(
            "dotnet",
            ["pack", System.IO.Path.Combine(Repository.Root, "TemplatePack.csproj"), "--output", folder, "--configuration", "Release", "-nodeReuse:false"],
            timeout: TimeSpan.FromMinutes(3),
            environment: new Dictionary<string, string?> { ["SOURCE_DATE_EPOCH"] = Epoch, ["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1", ["DOTNET_NOLOGO"] = "1" });
        result.MustSucceed();
        return new(Directory.GetFiles(folder, "*.nupkg").Single());
    }

    /// <summary>The package's contents as files: from a zip archive the engine takes four times as long.</summary>
    public string Contents => contents.Value;

    string Unpack()
    {
        var folder = System.IO.Path.Combine(System.IO.Path.GetDirectoryName(Path)!, "unpacked");
        foreach (var (name, content) in Entries())
        {
            var file = System.IO.Path.Combine(folder, name);
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(file)!);
            File.WriteAllBytes(file, content);
        }

        return System.IO.Path.Combine(folder, "content");
    }

    public IReadOnlyDictionary<string, byte[]> Entries()
    {
        using var archive = ZipFile.OpenRead(Path);
        SortedDictionary<string, byte[]> entries = new(StringComparer.Ordinal);
        foreach (var entry in archive.Entries)
        {
            using var stream = entry.Open();
            using MemoryStream bytes = new();
            stream.CopyTo(bytes);
            entries.Add(Uri.UnescapeDataString(entry.FullName), bytes.ToArray());
        }

        return entries;
    }
}
