namespace EbpfCnf.Eng.Commands;

/// <summary>Runs the kernel matrix alone and publishes its table.</summary>
sealed class KernelsCommand(SourceTree tree, Progress progress)
{
    public async Task<int> Run(bool accept, CancellationToken cancellation)
    {
        var begun = DateTime.UtcNow;
        Environment.SetEnvironmentVariable("CNF_ALL_TESTS_ON_KERNELS", "1");
        var exitCode = await new TestCommand(tree, progress).Run("KernelMatrixTests", fullFeed: null, accept, cancellation);

        KernelTable table = new(tree);
        if (exitCode == 0 && table.IsNewerThan(begun))
        {
            table.Publish();
            progress.Ready("README.md shows this run");
        }

        return exitCode;
    }
}
