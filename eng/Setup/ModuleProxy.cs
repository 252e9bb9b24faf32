using System.IO.Compression;

namespace EbpfCnf.Eng.Setup;

/// <summary>Lays Go modules out as the module proxy protocol wants them, in a folder that GOPROXY=file://… can name.</summary>
sealed class ModuleProxy(string folder)
{
    // The protocol wants a time; nothing here depends on which.
    const string Time = "2026-01-01T00:00:00Z";

    public void Add(GoModule module) => Add(module, module.Version);

    /// <summary>Serves a module's sources as another version of it: one that go.mod files ask for and Debian does not have.</summary>
    public void Add(GoModule module, string version)
    {
        var versions = Versions(module.Path);
        File.WriteAllText(Path.Combine(versions, $"{version}.info"), $$"""{"Version":"{{version}}","Time":"{{Time}}"}""");
        File.WriteAllText(Path.Combine(versions, $"{version}.mod"), module.GoMod);
        File.AppendAllText(Path.Combine(versions, "list"), $"{version}\n");
        WriteZip(module, version, Path.Combine(versions, $"{version}.zip"));
    }

    /// <summary>A version that some go.mod merely mentions: its own go.mod has to exist for the module graph to load, its sources do not.</summary>
    public void AddStub(GoRequirement requirement)
    {
        var file = Path.Combine(Versions(requirement.Path), $"{requirement.Version}.mod");
        if (!File.Exists(file))
        {
            File.WriteAllText(file, $"module {requirement.Path}\n\ngo 1.17\n");
        }
    }

    string Versions(string modulePath) => Directory.CreateDirectory(Path.Combine(folder, Escape(modulePath), "@v")).FullName;

    /// <summary>File systems that ignore case must tell github.com/A and github.com/a apart.</summary>
    static string Escape(string modulePath) =>
        string.Concat(modulePath.Select(letter => char.IsAsciiLetterUpper(letter) ? $"!{char.ToLowerInvariant(letter)}" : $"{letter}"));

    static void WriteZip(GoModule module, string version, string file)
    {
        var prefix = $"{module.Path}@{version}/";
        using var zip = ZipFile.Open(file, ZipArchiveMode.Create);
        foreach (var source in Sources(module.Directory))
        {
            zip.CreateEntryFromFile(source, prefix + Path.GetRelativePath(module.Directory, source), CompressionLevel.NoCompression);
        }

        if (!File.Exists(Path.Combine(module.Directory, "go.mod")))
        {
            using StreamWriter goMod = new(zip.CreateEntry($"{prefix}go.mod", CompressionLevel.NoCompression).Open());
            goMod.Write(module.GoMod);
        }
    }

    /// <summary>A folder with a go.mod of its own is another module.</summary>
    static IEnumerable<string> Sources(string folder, bool isRoot = true)
    {
        if (!isRoot && File.Exists(Path.Combine(folder, "go.mod")))
        {
            return [];
        }

        var own = Directory.GetFiles(folder).Where(IsReadable).Order(StringComparer.Ordinal);
        var nested = Directory.GetDirectories(folder)
            .Where(child => new DirectoryInfo(child).LinkTarget is null)
            .Order(StringComparer.Ordinal)
            .SelectMany(child => Sources(child, isRoot: false));
        return own.Concat(nested);
    }

    /// <summary>Packages hold links to files of other packages, which are not unpacked.</summary>
    static bool IsReadable(string file) => new FileInfo(file) is var info
        && (info.LinkTarget is null || info.ResolveLinkTarget(returnFinalTarget: true) is { Exists: true });
}
