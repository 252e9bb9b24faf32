using System.Diagnostics;

namespace EbpfCnf.Eng.Setup;

/// <summary>The kernels of the matrix and the busybox that each architecture's virtual machine starts with.</summary>
sealed class Kernels(DebianArchive archive, Progress progress)
{
    /// <summary>Asks for nothing that an earlier setup has found already.</summary>
    public async Task<(IReadOnlyList<Kernel> Kernels, IReadOnlyDictionary<string, string> BusyBox)> Ensure(Toolchain? earlier, CancellationToken cancellation)
    {
        var clock = Stopwatch.StartNew();
        List<Kernel> kernels = [];
        foreach (var (series, arch) in Kernel.Matrix)
        {
            var known = earlier?.Kernels.FirstOrDefault(kernel => kernel.Series == series && kernel.Arch == arch);
            kernels.Add(known ?? await archive.Kernel(series, arch, cancellation));
        }

        Dictionary<string, string> busyBox = [];
        foreach (var arch in Kernel.Matrix.Select(kernel => kernel.Arch).Distinct())
        {
            busyBox[arch] = earlier?.BusyBox.GetValueOrDefault(arch) ?? await archive.BusyBox(arch, cancellation);
        }

        var names = string.Join(", ", kernels.Select(kernel => $"{kernel.Series} {kernel.Arch}"));
        progress.Ready($"kernels {names} ({Duration.Text(clock.Elapsed)})");
        return (kernels, busyBox);
    }
}
