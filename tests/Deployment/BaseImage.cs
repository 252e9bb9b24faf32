using EbpfCnf.Templates.Tests.Support;

namespace EbpfCnf.Templates.Tests.Deployment;

/// <summary>
/// Stands for the image that the build stage starts from, which only a registry has: an empty one that borrows this
/// machine's /usr and this repository's Go, modules and build cache. Its path leads to no more than that image has, and
/// its apt-get adds what a package brings, so that a package that the Dockerfile forgets is missing here, too.
/// </summary>
static class BaseImage
{
    const string Tools = "/opt/bin";
    const string Packages = "/opt/packages";

    static readonly string[] Programs =
    [
        "awk", "bash", "cat", "chmod", "cp", "cut", "date", "env", "find", "git", "grep", "head", "id", "install", "ls", "mkdir", "mv", "rm", "sed",
        "sh", "sort", "tail", "touch", "tr", "uname",
    ];

    static readonly Dictionary<string, string[]> ProgramsOfPackages = new()
    {
        ["clang-19"] = ["clang-19"],
        ["libbpf-dev"] = [],
        ["libcap2-bin"] = ["getcap", "setcap"],
        ["llvm-19"] = ["llvm-strip-19"],
        ["make"] = ["make"],
    };

    const string AptGet = $$"""
        #!/bin/sh
        set -e
        if [ "$1" != install ]; then exit; fi
        shift
        for argument; do
            case $argument in
            -*) ;;
            *)
                [ -d "{{Packages}}/$argument" ] || { echo "E: Unable to locate package $argument"; exit 100; }
                cp -a "{{Packages}}/$argument/." {{Tools}}
                ;;
            esac
        done

        """;

    /// <summary>What a build mounts, as <c>--volume</c> takes it. Go writes to its caches only.</summary>
    public static IEnumerable<string> Volumes =>
    [
        "/usr:/usr:ro",
        "/etc/ssl:/etc/ssl:ro",
        $"{Toolbox.Toolchain.GoRoot}:{Toolbox.Toolchain.GoRoot}:ro",
        $"{Toolbox.Toolchain.Cache}:{Toolbox.Toolchain.Cache}:ro",
        $"{GoFolder("GOPATH")}:{GoFolder("GOPATH")}",
        $"{GoFolder("GOCACHE")}:{GoFolder("GOCACHE")}",
    ];

    /// <summary>Writes the context of a build that makes the image.</summary>
    public static void WriteContextTo(string folder)
    {
        var root = Path.Combine(folder, "root");
        foreach (var directory in (string[])["etc", "root", "tmp", "usr"])
        {
            Directory.CreateDirectory(Path.Combine(root, directory));
        }

        foreach (var name in (string[])["bin", "lib", "lib64", "sbin"])
        {
            File.CreateSymbolicLink(Path.Combine(root, name), $"usr/{name}");
        }

        File.WriteAllText(Path.Combine(root, "etc", "passwd"), "root:x:0:0:root:/root:/bin/sh\n");
        Link($"{root}{Tools}", [.. Programs.Select(Find), Toolbox.Toolchain.Go, Toolbox.Toolchain.Gofmt]);
        foreach (var (package, programs) in ProgramsOfPackages)
        {
            Link($"{root}{Packages}/{package}", programs.Select(Find));
        }

        File.WriteAllText(Path.Combine(folder, "apt-get"), AptGet);
        Dictionary<string, string?> variables = new(Toolbox.Toolchain.Environment.Where(variable => variable.Key.StartsWith("GO", StringComparison.Ordinal)))
        {
            ["PATH"] = Tools,
            ["HOME"] = "/root",
            ["GOFLAGS"] = "-modcacherw",
        };
        File.WriteAllText(
            Path.Combine(folder, "Dockerfile"),
            $"""
            FROM scratch
            COPY root/ /
            COPY --chmod=0755 apt-get {Tools}/
            ENV {string.Join(' ', variables.Select(variable => $"{variable.Key}={variable.Value}"))}

            """);
    }

    static string GoFolder(string variable) => Toolbox.Toolchain.Environment[variable]!;

    static void Link(string folder, IEnumerable<string> programs)
    {
        Directory.CreateDirectory(folder);
        foreach (var program in programs)
        {
            // Links such as those in /etc/alternatives lead nowhere in the image. Its own name tells a program what to do.
            var target = File.ResolveLinkTarget(program, returnFinalTarget: true)?.FullName ?? program;
            File.CreateSymbolicLink(Path.Combine(folder, Path.GetFileName(program)), target);
        }
    }

    static string Find(string program) => $"{Toolbox.Toolchain.Environment["PATH"]}"
        .Split(':')
        .Select(folder => Path.Combine(folder, program))
        .First(File.Exists);
}
