using System.Text.Json;
using EbpfCnf.Eng;
using EbpfCnf.Templates.Tests.Support;

namespace EbpfCnf.Templates.Tests.Skills;

/// <summary>One test of one binary, as the kernel runner reports it.</summary>
sealed record KernelResult(string Kernel, string Arch, string Suite, string Binary, string Test, string Status, double Seconds, string Output);

/// <summary>The tools that the lab works with.</summary>
sealed class Bench
{
    static readonly TimeSpan Long = TimeSpan.FromMinutes(10);

    // A busy machine takes minutes for what an idle one does in a fraction of that.
    static readonly TimeSpan OneBoot = TimeSpan.FromMinutes(15);

    // The guests have no shared libraries, so the tools bring theirs along.
    static readonly string[] ToolPackages =
    [
        "iproute2", "bpftool", "libc6", "libbpf1", "libcap2", "libelf1t64", "libmnl0", "libpcre2-8-0", "libselinux1", "libxtables12", "libzstd1", "zlib1g",
    ];

    static readonly string[] ToolFiles =
    [
        "ip", "tc", "bridge", "bpftool", "libbpf.so.1", "libc.so.6", "libcap.so.2", "libelf.so.1", "libm.so.6", "libmnl.so.0", "libpcre2-8.so.0",
        "libselinux.so.1", "libxtables.so.12", "libz.so.1", "libzstd.so.1",
    ];

    public IReadOnlyList<string> Architectures { get; } = [.. Toolbox.Toolchain.Kernels.Select(kernel => kernel.Arch).Distinct()];

    public IReadOnlyList<Kernel> Kernels { get; } = Toolbox.Toolchain.Kernels;

    public Task<ToolResult> Run(string program, string[] arguments, string folder, Dictionary<string, string?>? environment = null, TimeSpan? limit = null) =>
        Toolbox.Run(program, arguments, folder, limit ?? Long, environment);

    /// <summary>Boots every kernel of an architecture once.</summary>
    public async Task<IReadOnlyList<KernelResult>> Boot(string architecture, string project, string suite, string results)
    {
        string[] kernels = [.. Kernels.Where(kernel => kernel.Arch == architecture).SelectMany(kernel => (string[])["--kernel", kernel.Directory])];
        // The runner ends with 1 when a test has failed; which one stands in the results.
        var run = await Run(
            "go",
            ["run", "./test/kernels", .. kernels, "--busybox", Toolbox.Toolchain.BusyBox[architecture], "--arch", architecture, "--suite", $"skills={suite}", "--modules", "veth,sch_ingress,cls_bpf,8021q,tun,bridge", "--results", results, "--test-timeout", "10m", "--timeout", $"{OneBoot.TotalMinutes}m"],
            project,
            limit: Long + (OneBoot * Kernels.Count));
        Assert.True(File.Exists(results), run.Everything);
        return JsonSerializer.Deserialize<KernelResult[]>(await File.ReadAllTextAsync(results), JsonSerializerOptions.Web)!;
    }

    /// <summary>Puts a new ip, tc, bridge and bpftool with all that they load into a folder.</summary>
    public async Task CopyNetworkTools(string architecture, string project, string folder)
    {
        var cache = Path.Combine(Toolbox.Toolchain.Cache, "debian");
        var unpacked = await Run("bash", ["test/kernels/debian.sh", cache, architecture, .. ToolPackages.Select(package => $"{package}/trixie")], project);
        unpacked.MustSucceed();
        foreach (var package in unpacked.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            foreach (var file in Directory.EnumerateFiles(package, "*", SearchOption.AllDirectories))
            {
                // An absolute link would lead out of the unpacked package to the host's own file.
                if (Target(file) is { } target && !Path.IsPathRooted(new FileInfo(file).LinkTarget ?? ""))
                {
                    File.Copy(file, Path.Combine(folder, target), overwrite: true);
                }
            }
        }

        Assert.Equal(ToolFiles.Length + 1, Directory.GetFiles(folder).Length);
    }

    static string? Target(string file) => Path.GetFileName(file) switch
    {
        var name when name.StartsWith("ld-linux", StringComparison.Ordinal) => "ld.so",
        var name when !ToolFiles.Contains(name) => null,
        var name when name.Contains(".so", StringComparison.Ordinal) => name,
        var name => file.Contains("bin/", StringComparison.Ordinal) ? $"{name}.tool" : null,
    };
}
