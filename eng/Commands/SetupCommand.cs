using System.Diagnostics;
using EbpfCnf.Eng.Setup;

namespace EbpfCnf.Eng.Commands;

/// <summary>Brings everything onto the machine that building and testing generated projects needs; what is there already is left alone.</summary>
sealed class SetupCommand(SourceTree tree, Progress progress)
{
    public async Task<Toolchain> Run(CancellationToken cancellation, bool withKernels = true)
    {
        var clock = Stopwatch.StartNew();
        Directory.CreateDirectory(tree.Cache);
        DebianArchive archive = new(tree, progress);

        await new HostTools(progress).Ensure(cancellation);
        var goRoot = await new GoCompiler(tree, archive, progress).Ensure(cancellation);
        var moduleProxy = await new GoModules(tree, archive, progress).Ensure(goRoot, cancellation);
        var isFull = await new PackageFeed(tree, progress).IsFull(cancellation);
        var (kernels, busyBox) = withKernels ? await new Kernels(archive, progress).Ensure(cancellation) : ([], new Dictionary<string, string>());

        Toolchain toolchain = new(tree.Cache, goRoot, moduleProxy, isFull, kernels, busyBox);
        toolchain.Save(tree);
        progress.Say($" ok  setup ({Duration.Text(clock.Elapsed)})");
        return toolchain;
    }
}
