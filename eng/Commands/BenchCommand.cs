using CliWrap;
using EbpfCnf.Eng.Demo;
using EbpfCnf.Eng.Processes;
using EbpfCnf.Eng.Setup;

namespace EbpfCnf.Eng.Commands;

/// <summary>
/// Measures the generated functions beside what people use otherwise, in one run and on the same packets: the designs of
/// eng/Bench/peers, and xdp-filter as Debian ships it.
/// </summary>
sealed class BenchCommand(SourceTree tree, Progress progress)
{
    const string Name = "bench-cnf";

    const string XdpFilter = "/usr/lib/x86_64-linux-gnu/bpf/xdpfilt_alw_ip.o";

    /// <summary>What a function is measured against: a source in eng/Bench/peers, or an object of a Debian package.</summary>
    static readonly (string Function, string Title, string? Source)[] Peers =
    [
        ("monitor", "LRU per-CPU hash and ktime", "monitor"),
        ("firewall", "xdp-filter with 512 addresses", null),
        ("rate-limiter", "hash, spin lock and ktime", "rate-limiter"),
        ("load-balancer", "LRU hash, ring and ktime; IP in IP", "load-balancer"),
    ];

    public static IReadOnlyList<string> Functions { get; } = [.. Peers.Select(peer => peer.Function)];

    public async Task<int> Run(string? function, CancellationToken cancellation)
    {
        if (!Environment.IsPrivilegedProcess)
        {
            throw new Problem("the benchmark makes network namespaces and loads BPF programs, which a plain user may not", "run it as root");
        }

        var toolchain = await new SetupCommand(tree, progress).Run(cancellation, withKernels: false);
        var package = await new PackCommand(tree, progress).Run(toolchain.FullFeed, cancellation);
        using TemporaryFolder temporary = new();
        var exitCode = 0;
        foreach (var peer in Peers.Where(peer => function is null || peer.Function == function))
        {
            var project = Path.Combine(temporary.Path, peer.Function);
            await Scaffold(package, peer.Function, project, Path.Combine(temporary.Path, "hive"), cancellation);
            File.Copy(Path.Combine(tree.Root, "eng", "Bench", "peers_test.go"), Path.Combine(project, "test", "traffic", "peers_test.go"));
            await progress.Step("make", () => Make(toolchain, project, "build", "build/suite/traffic.test")
                .Follow(progress.Detail, TimeSpan.FromMinutes(10), cancellation));
            var program = peer.Source is null
                ? await XdpFilterObject(project, cancellation)
                : await Compile(toolchain, project, peer.Source, cancellation);
            exitCode = Math.Max(exitCode, await Measure(toolchain, project, peer.Function, $"{peer.Title}={program}", cancellation));
        }

        return exitCode;
    }

    async Task Scaffold(string package, string function, string project, string hive, CancellationToken cancellation)
    {
        await Programs.Dotnet("new", "install", package, "--force", "--debug:custom-hive", hive).Capture(TimeSpan.FromMinutes(2), cancellation);
        await progress.Step($"dotnet new ebpf-cnf --hook xdp --function {function} -n {Name}", () => Programs
            .Dotnet("new", "ebpf-cnf", "--hook", "xdp", "--function", function, "-n", Name, "-o", project, "--no-update-check", "--debug:custom-hive", hive)
            .Capture(TimeSpan.FromMinutes(1), cancellation));
    }

    async Task<string> Compile(Toolchain toolchain, string project, string source, CancellationToken cancellation)
    {
        var output = Path.Combine(project, "build", $"{source}.o");
        await progress.Step($"compile {source}.bpf.c", () => Cli.Wrap(toolchain.Environment["BPF2GO_CC"]!)
            .WithArguments(
                ["-target", "bpf", "-O2", "-g", "-mcpu=v3", $"-I{project}/bpf/include", "-c", Path.Combine(tree.Root, "eng", "Bench", "peers", $"{source}.bpf.c"), "-o", output])
            .Capture(TimeSpan.FromMinutes(1), cancellation));
        return output;
    }

    /// <summary>libxdp1 carries the objects of xdp-filter; it is unpacked, not installed.</summary>
    async Task<string> XdpFilterObject(string project, CancellationToken cancellation)
    {
        var folder = "";
        await progress.Step("xdp-filter: unpack libxdp1", async () => folder = (await Cli.Wrap("bash")
            .WithWorkingDirectory(project)
            .WithArguments(["test/kernels/debian.sh", Path.Combine(tree.Cache, "debian"), Architecture.Debian, "libxdp1/forky"])
            .Capture(TimeSpan.FromMinutes(5), cancellation)).Trim());
        return folder + XdpFilter;
    }

    async Task<int> Measure(Toolchain toolchain, string project, string function, string peer, CancellationToken cancellation)
    {
        var test = Cli.Wrap(Path.Combine(project, "build", "suite", "traffic.test"))
            .WithArguments(["-test.run", "^TestPeers$", "-test.timeout", "20m"])
            .WithWorkingDirectory(project)
            .WithEnvironmentVariables(toolchain.Environment)
            .With("CNF_BINARY", Path.Combine(project, Name))
            .With("CNF_FUNCTION", function)
            .With("CNF_PEERS", peer);
        progress.Say($"...  {function} beside {peer.Split('=')[0]}");
        return await test.Stream(progress.Say, TimeSpan.FromMinutes(25), cancellation) == 0 ? 0 : 1;
    }

    static Command Make(Toolchain toolchain, string project, params IEnumerable<string> arguments) => Cli.Wrap("make")
        .WithArguments(["--no-print-directory", .. arguments])
        .WithWorkingDirectory(project)
        .WithEnvironmentVariables(toolchain.Environment)
        .With("GOFLAGS", "-modcacherw");
}
