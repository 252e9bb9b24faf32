using System.Text.RegularExpressions;

namespace EbpfCnf.Eng.Setup;

/// <summary>Finds the Go modules in unpacked Debian packages.</summary>
sealed partial class GoSources(IReadOnlyList<string> packages)
{
    public IReadOnlyList<GoModule> Modules()
    {
        List<GoModule> modules = [];
        List<(string Root, string Version)> withoutGoMod = [];
        foreach (var package in packages)
        {
            var version = Path.GetFileName(package).Split('_')[1];
            var root = Path.Combine(package, "usr", "share", "gocode", "src");
            var found = Folders.Below(root)
                .Where(folder => !folder.Contains("testdata") && !folder.Contains("_generate") && File.Exists(Path.Combine(folder, "go.mod")))
                .Select(folder => Read(folder, version))
                .ToList();
            modules.AddRange(found);
            if (found.Count == 0)
            {
                withoutGoMod.Add((root, version));
            }
        }

        var mentioned = modules.SelectMany(module => GoMod.Requirements(module.GoMod)).Distinct().ToList();
        modules.AddRange(withoutGoMod.Select(package => FromMention(package.Root, package.Version, mentioned)));
        return modules;
    }

    static GoModule Read(string folder, string debianVersion)
    {
        var text = File.ReadAllText(Path.Combine(folder, "go.mod"));
        var path = GoMod.ModulePath(text) ?? throw new Problem($"{folder}/go.mod names no module", "remove the package's folder and run setup again");
        return new(path, $"v{Upstream().Match(debianVersion).Value}", folder, text);
    }

    /// <summary>A module older than go.mod files: other modules name it by a date and a commit, and so does Debian's version.</summary>
    static GoModule FromMention(string root, string debianVersion, IEnumerable<GoRequirement> mentioned)
    {
        var folder = Folders.Below(root).First(folder => Directory.EnumerateFiles(folder, "*.go").Any());
        var path = Path.GetRelativePath(root, folder);
        var snapshot = Snapshot().Match(debianVersion);
        var requirement = mentioned.FirstOrDefault(requirement => requirement.Path == path
            && snapshot.Success
            && requirement.Version.Contains($"-{snapshot.Groups[1].Value}")
            && requirement.Version.Contains($"-{snapshot.Groups[2].Value}"));
        return requirement is not null
            ? new(path, requirement.Version, folder, $"module {path}\n")
            : throw new Problem($"no module asks for {path} at Debian's version {debianVersion}", "take its package out of eng/Setup/GoPackages.cs, or add the module that needs it");
    }

    [GeneratedRegex(@"^\d+(\.\d+)*")]
    private static partial Regex Upstream();

    [GeneratedRegex(@"git(\d{8})\.([0-9a-f]{7})")]
    private static partial Regex Snapshot();
}

static class Folders
{
    /// <summary>The folder and all below it, parents first; symbolic links are not followed.</summary>
    public static IEnumerable<string> Below(string root)
    {
        if (!Directory.Exists(root) || new DirectoryInfo(root).LinkTarget is not null)
        {
            return [];
        }

        return Directory.GetDirectories(root)
            .Order(StringComparer.Ordinal)
            .SelectMany(Below)
            .Prepend(root);
    }
}
