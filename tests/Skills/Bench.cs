using System.Text.Json;
using EbpfCnf.Eng;
using EbpfCnf.Templates.Tests.Support;

namespace EbpfCnf.Templates.Tests.Skills;

/// <summary>One test of one binary, as the kernel runner reports it.</summary>
sealed record KernelResult(string Kernel, string Arch, string Suite, string Binary, string Test, string Status, double Seconds, string Output);

/// <summary>The tools that the lab works with.</summary>
sealed class Bench
{
    static readonly TimeSpan Long = TimeSpan.FromMinutes(5);

    // The shared libraries of iproute2 travel with it: the guests have none.
    static readonly string[] ToolPackages =
        ["iproute2", "libc6", "libbpf1", "libelf1t64", "libmnl0", "libcap2", "libtirpc3t64", "libselinux1", "libpcre2-8-0", "zlib1g", "libzstd1", "libgssapi-krb5-2", "libkrb5-3", "libk5crypto3", "libcom-err2", "libkrb5support0", "libkeyutils1", "libbsd0", "libmd0", "libxtables12", "libdb5.3t64", "libssl3t64"];

    public IReadOnlyList<string> Architectures { get; } = [.. Toolbox.Toolchain.Kernels.Select(kernel => kernel.Arch).Distinct()];

    public IReadOnlyList<Kernel> Kernels { get; } = Toolbox.Toolchain.Kernels;

    public Task<ToolResult> Run(string program, string[] arguments, string folder, Dictionary<string, string?>? environment = null) =>
        Toolbox.Run(program, arguments, folder, Long, environment);

    /// <summary>Boots every kernel of an architecture once.</summary>
    public async Task<IReadOnlyList<KernelResult>> Boot(string architecture, string project, string suite, string results)
    {
        string[] kernels = [.. Kernels.Where(kernel => kernel.Arch == architecture).SelectMany(kernel => (string[])["--kernel", kernel.Directory])];
        // The runner ends with 1 when a test has failed; which one stands in the results.
        var run = await Run(
            "go",
            ["run", "./test/kernels", .. kernels, "--busybox", Toolbox.Toolchain.BusyBox[architecture], "--arch", architecture, "--suite", $"skills={suite}", "--results", results, "--timeout", "4m"],
            project);
        Assert.True(File.Exists(results), run.Everything);
        return JsonSerializer.Deserialize<KernelResult[]>(await File.ReadAllTextAsync(results), JsonSerializerOptions.Web)!;
    }

    /// <summary>Puts the newest ip, tc and bridge with all that they load into a folder.</summary>
    public async Task CopyNetworkTools(string architecture, string project, string folder)
    {
        var cache = Path.Combine(Toolbox.Toolchain.Cache, "debian");
        var unpacked = await Run("bash", ["test/kernels/debian.sh", cache, architecture, .. ToolPackages.Select(package => $"{package}/trixie")], project);
        unpacked.MustSucceed();
        foreach (var package in unpacked.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            foreach (var file in Directory.EnumerateFiles(package, "*", SearchOption.AllDirectories))
            {
                if (Target(file) is { } target)
                {
                    File.Copy(file, Path.Combine(folder, target), overwrite: true);
                }
            }
        }
    }

    static string? Target(string file) => Path.GetFileName(file) switch
    {
        "ip" or "tc" or "bridge" when file.Contains("bin/", StringComparison.Ordinal) => Path.GetFileName(file) + ".tool",
        var name when name.StartsWith("ld-linux", StringComparison.Ordinal) => "ld.so",
        var name when name.Contains(".so.", StringComparison.Ordinal) && file.Contains("/lib", StringComparison.Ordinal) => name,
        _ => null,
    };
}
