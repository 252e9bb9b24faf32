using System.Text.Json;
using System.Text.Json.Serialization;

namespace EbpfCnf.Eng;

/// <summary>Everything that building, testing and booting generated projects needs. Setup writes it down; the tests read it.</summary>
/// <param name="Cache">The folder that setup filled.</param>
/// <param name="GoRoot">The Go toolchain.</param>
/// <param name="ModuleProxy">The address of the local module proxy; null where the one that Go is configured for works.</param>
/// <param name="FullFeed">Whether the package feed serves Verify.Xunit and the template authoring tasks.</param>
/// <param name="Kernels">The unpacked kernels.</param>
/// <param name="BusyBox">The static busybox by architecture.</param>
public sealed record Toolchain(
    string Cache,
    string GoRoot,
    string? ModuleProxy,
    bool FullFeed,
    IReadOnlyList<Kernel> Kernels,
    IReadOnlyDictionary<string, string> BusyBox)
{
    static readonly JsonSerializerOptions Json = new() { WriteIndented = true };

    [JsonIgnore]
    public string Go => Path.Combine(GoRoot, "bin", "go");

    [JsonIgnore]
    public string Gofmt => Path.Combine(GoRoot, "bin", "gofmt");

    [JsonIgnore]
    public string ClangFormat => "clang-format-19";

    /// <summary>The environment in which a generated project's own commands (make, go, go generate) find this toolchain.</summary>
    [JsonIgnore]
    public IReadOnlyDictionary<string, string?> Environment
    {
        get
        {
            Dictionary<string, string?> environment = new()
            {
                ["PATH"] = $"{Path.Combine(GoRoot, "bin")}:{System.Environment.GetEnvironmentVariable("PATH")}:/usr/sbin:/sbin",
                ["GOROOT"] = GoRoot,
                ["GOPATH"] = Path.Combine(Cache, "gopath"),
                ["GOCACHE"] = Path.Combine(Cache, "go-build"),
                ["GOTOOLCHAIN"] = "local",
                // A read-only module cache could not be removed with the rest of .cache.
                ["GOFLAGS"] = "-mod=mod -modcacherw",
                ["CGO_ENABLED"] = "0",
                ["BPF2GO_CC"] = "clang-19",
                ["BPF2GO_STRIP"] = "llvm-strip-19",
                ["CLANG_FORMAT"] = ClangFormat,
            };

            if (ModuleProxy is not null)
            {
                environment["GOPROXY"] = ModuleProxy;
                // Debian's sources lack upstream's test data, so their hashes differ from the published ones.
                environment["GOSUMDB"] = "off";
                environment["GONOSUMDB"] = "*";
            }

            return environment;
        }
    }

    /// <summary>Returns what setup has left, with all kernels, or says that it has to be run.</summary>
    public static Toolchain Load(SourceTree tree) => Find(tree) is { HasAllKernels: true } toolchain
        ? toolchain
        : throw new Problem("the toolchain is not set up", "run: dotnet run --project eng -- setup");

    /// <summary>Returns what an earlier setup has left, or null when a part of it is gone.</summary>
    public static Toolchain? Find(SourceTree tree)
    {
        var file = FilePath(tree);
        var toolchain = File.Exists(file) ? JsonSerializer.Deserialize<Toolchain>(File.ReadAllText(file), Json) : null;
        return toolchain is { IsComplete: true } ? toolchain : null;
    }

    public void Save(SourceTree tree) => File.WriteAllText(FilePath(tree), JsonSerializer.Serialize(this, Json) + "\n");

    bool IsComplete => Directory.Exists(Cache)
        && File.Exists(Go)
        && Kernels.All(kernel => Directory.Exists(kernel.Directory))
        && BusyBox.Values.All(File.Exists);

    bool HasAllKernels => Kernel.Matrix.All(wanted => Kernels.Any(kernel => kernel.Series == wanted.Series && kernel.Arch == wanted.Arch));

    static string FilePath(SourceTree tree) => Path.Combine(tree.Cache, "toolchain.json");
}
