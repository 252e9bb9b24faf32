using CliWrap;
using EbpfCnf.Eng.Processes;
using EbpfCnf.Eng.Setup;

namespace EbpfCnf.Eng.Commands;

/// <summary>Provides the object of a peer: compiled from eng/Bench/peers, or taken from Debian's libxdp1, which carries those of xdp-filter.</summary>
sealed class BenchPeer(SourceTree tree, Progress progress)
{
    const string Source = ".bpf.c";

    public Task Make(Toolchain toolchain, string peer, string project, string folder, CancellationToken cancellation) =>
        peer.EndsWith(Source, StringComparison.Ordinal) ? Compile(toolchain, peer, project, folder, cancellation) : Unpack(peer, folder, cancellation);

    Task Compile(Toolchain toolchain, string peer, string project, string folder, CancellationToken cancellation) =>
        progress.Step($"compile the peer {peer}", () => Cli.Wrap(toolchain.Environment["BPF2GO_CC"]!)
            .WithArguments(
            [
                "-target", "bpf", "-O2", "-g", "-mcpu=v3", $"-I{project}/bpf/include",
                "-c", Path.Combine(tree.Root, "eng", "Bench", "peers", peer),
                "-o", Path.Combine(folder, $"{peer[..^Source.Length]}.o"),
            ])
            .Capture(TimeSpan.FromMinutes(1), cancellation));

    Task Unpack(string peer, string folder, CancellationToken cancellation) => progress.Step($"unpack the peer {peer}", async () =>
    {
        var package = await Programs
            .Bash(Path.Combine(tree.KernelScripts, "debian.sh"), Path.Combine(tree.Cache, "debian"), Architecture.Debian, "libxdp1/forky")
            .Capture(TimeSpan.FromMinutes(5), cancellation);
        File.Copy(Directory.EnumerateFiles(package.Trim(), peer, SearchOption.AllDirectories).Single(), Path.Combine(folder, peer));
    });
}
