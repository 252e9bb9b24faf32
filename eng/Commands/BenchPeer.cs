using CliWrap;
using EbpfCnf.Eng.Processes;
using EbpfCnf.Eng.Setup;

namespace EbpfCnf.Eng.Commands;

/// <summary>Provides the object of a peer: compiled from eng/Bench/peers, or taken from Debian's libxdp1, which carries those of xdp-filter.</summary>
sealed class BenchPeer(SourceTree tree, Progress progress)
{
    const string Source = ".bpf.c";

    public Task<string> Make(Toolchain toolchain, string peer, string project, CancellationToken cancellation) =>
        peer.EndsWith(Source, StringComparison.Ordinal) ? Compile(toolchain, peer, project, cancellation) : Unpack(peer, cancellation);

    async Task<string> Compile(Toolchain toolchain, string peer, string project, CancellationToken cancellation)
    {
        var output = Path.Combine(project, "build", Path.ChangeExtension(peer, ".o"));
        await progress.Step($"compile the peer {peer}", () => Cli.Wrap(toolchain.Environment["BPF2GO_CC"]!)
            .WithArguments(
                ["-target", "bpf", "-O2", "-g", "-mcpu=v3", $"-I{project}/bpf/include", "-c", Path.Combine(tree.Root, "eng", "Bench", "peers", peer), "-o", output])
            .Capture(TimeSpan.FromMinutes(1), cancellation));
        return output;
    }

    async Task<string> Unpack(string peer, CancellationToken cancellation) => await progress.Step($"unpack the peer {peer}", async () =>
    {
        var folder = await Programs
            .Bash(Path.Combine(tree.KernelScripts, "debian.sh"), Path.Combine(tree.Cache, "debian"), Architecture.Debian, "libxdp1/forky")
            .Capture(TimeSpan.FromMinutes(5), cancellation);
        return Directory.EnumerateFiles(folder.Trim(), peer, SearchOption.AllDirectories).Single();
    });
}
