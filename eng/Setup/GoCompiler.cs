using System.Text.RegularExpressions;
using CliWrap;
using EbpfCnf.Eng.Processes;

namespace EbpfCnf.Eng.Setup;

/// <summary>The machine's own Go when it is new enough, and otherwise Debian's, unpacked into the cache.</summary>
sealed partial class GoCompiler(SourceTree tree, DebianArchive archive, Progress progress)
{
    // cilium/ebpf 0.22 needs this one.
    static readonly Version Oldest = new(1, 25);

    static readonly string[] Packages = ["golang-1.26-go/forky,sid", "golang-1.26-src/forky,sid"];

    public async Task<string> Ensure(CancellationToken cancellation)
    {
        var unpacked = Path.Combine(tree.Cache, "go");
        var root = await OfMachine(cancellation) ?? GoRoot(unpacked);
        if (root is null)
        {
            await progress.Step("Go 1.26: unpack Debian's packages", () => Unpack(unpacked, cancellation));
            root = GoRoot(unpacked) ?? throw new Problem($"no bin/go below {unpacked}", $"remove {tree.Cache} and run setup again");
        }

        var version = (await File.ReadAllTextAsync(Path.Combine(root, "VERSION"), cancellation)).Split('\n')[0];
        progress.Ready($"{version} in {root}");
        return root;
    }

    static async Task<string?> OfMachine(CancellationToken cancellation)
    {
        if (Programs.Find("go") is not { } go)
        {
            return null;
        }

        var answer = await Cli.Wrap(go)
            .WithArguments(["env", "GOVERSION", "GOROOT"])
            .WithEnvironmentVariables(new Dictionary<string, string?> { ["GOTOOLCHAIN"] = "local" })
            .Capture(TimeSpan.FromSeconds(30), cancellation);
        var lines = answer.Split('\n');
        var version = GoVersion().Match(lines[0]);
        return version.Success && Version.Parse(version.Groups[1].Value) >= Oldest ? lines[1] : null;
    }

    /// <summary>The compiler and the standard library come in two packages that refer to each other, so they are laid into one folder.</summary>
    async Task Unpack(string folder, CancellationToken cancellation)
    {
        var packages = await archive.Unpack(Packages, cancellation);
        var incoming = $"{folder}.new";
        if (Directory.Exists(incoming))
        {
            Directory.Delete(incoming, recursive: true);
        }

        Directory.CreateDirectory(incoming);
        foreach (var package in packages)
        {
            await Cli.Wrap("cp").WithArguments(["--archive", "--link", $"{package}/.", incoming]).Capture(TimeSpan.FromMinutes(2), cancellation);
        }

        Directory.Move(incoming, folder);
    }

    static string? GoRoot(string folder) => Directory.Exists(Path.Combine(folder, "usr", "lib"))
        ? Directory.GetDirectories(Path.Combine(folder, "usr", "lib"), "go-*").SingleOrDefault(root => File.Exists(Path.Combine(root, "bin", "go")))
        : null;

    [GeneratedRegex(@"^go(\d+\.\d+)")]
    private static partial Regex GoVersion();
}
