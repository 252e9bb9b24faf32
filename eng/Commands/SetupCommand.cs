using System.Diagnostics;
using EbpfCnf.Eng.Setup;

namespace EbpfCnf.Eng.Commands;

/// <summary>Brings everything onto the machine that building and testing generated projects needs; what is there already is left alone.</summary>
sealed class SetupCommand(SourceTree tree, Progress progress)
{
    /// <param name="cancellation">Ends it.</param>
    /// <param name="withKernels">Whether a virtual machine is going to be booted; the kernels are the largest download.</param>
    /// <param name="more">Programs that one command needs beside the usual ones.</param>
    public async Task<Toolchain> Run(CancellationToken cancellation, bool withKernels = true, params IReadOnlyList<HostTool> more)
    {
        var clock = Stopwatch.StartNew();
        Directory.CreateDirectory(tree.Cache);
        var earlier = Toolchain.Find(tree);
        DebianArchive archive = new(tree, progress);

        await new HostTools(progress).Ensure([.. HostTool.All, .. more], cancellation);
        var goRoot = await new GoCompiler(tree, archive, progress).Ensure(cancellation);
        var moduleProxy = await new GoModules(tree, archive, progress).Ensure(goRoot, cancellation);
        var isFull = await new PackageFeed(tree, progress).IsFull(cancellation);
        var (kernels, busyBox) = withKernels
            ? await new Kernels(archive, progress).Ensure(earlier, cancellation)
            : (earlier?.Kernels ?? [], earlier?.BusyBox ?? new Dictionary<string, string>());

        Toolchain toolchain = new(tree.Cache, goRoot, moduleProxy, isFull, kernels, busyBox);
        toolchain.Save(tree);
        progress.Say($" ok  setup ({Duration.Text(clock.Elapsed)})");
        return toolchain;
    }
}
