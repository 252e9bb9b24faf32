using EbpfCnf.Eng.Processes;

namespace EbpfCnf.Eng.Setup;

/// <summary>Unpacked Debian packages, through the two scripts that every generated project carries.</summary>
sealed class DebianArchive(SourceTree tree, Progress progress)
{
    readonly string cache = Path.Combine(tree.Cache, "debian");

    public async Task<IReadOnlyList<string>> Unpack(IEnumerable<string> packages, CancellationToken cancellation) =>
        await Run("debian.sh", [Architecture.Debian, .. packages], cancellation);

    public async Task<Kernel> Kernel(string series, string architecture, CancellationToken cancellation) =>
        new(series, architecture, (await Run("fetch.sh", [architecture, series], cancellation)).Single());

    public async Task<string> BusyBox(string architecture, CancellationToken cancellation) =>
        (await Run("fetch.sh", [architecture, "busybox"], cancellation)).Single();

    async Task<IReadOnlyList<string>> Run(string script, IEnumerable<string> arguments, CancellationToken cancellation)
    {
        var output = await Programs
            .Bash(Path.Combine(tree.KernelScripts, script), [cache, .. arguments])
            .Capture(TimeSpan.FromMinutes(10), cancellation, progress.Detail);
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
