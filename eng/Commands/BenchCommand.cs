using System.Globalization;
using CliWrap;
using EbpfCnf.Eng.Demo;
using EbpfCnf.Eng.Processes;
using EbpfCnf.Eng.Setup;

namespace EbpfCnf.Eng.Commands;

/// <summary>
/// Measures the generated functions beside what people use otherwise, in one run and on the same packets: the designs of
/// eng/Bench/peers, and xdp-filter as Debian ships it. A run of everything is published in eng/Bench/README.md.
/// </summary>
sealed class BenchCommand(SourceTree tree, Progress progress)
{
    public const int Rounds = 11;

    const string Name = "bench-cnf";

    public static IReadOnlyList<string> Functions { get; } = [.. BenchProject.All.Select(project => project.Function).Distinct()];

    string Folder => Path.Combine(tree.Root, "eng", "Bench");

    public async Task<int> Run(string? function, int rounds, CancellationToken cancellation)
    {
        if (!Environment.IsPrivilegedProcess)
        {
            throw new Problem("the benchmark makes network namespaces and loads BPF programs, which a plain user may not", "run it as root");
        }

        var toolchain = await new SetupCommand(tree, progress).Run(cancellation, withKernels: false, HostTool.Nftables);
        var package = await new PackCommand(tree, progress).Run(toolchain.FullFeed, cancellation);
        using TemporaryFolder temporary = new();
        var hive = Path.Combine(temporary.Path, "hive");
        var results = Directory.CreateDirectory(Path.Combine(temporary.Path, "results")).FullName;
        await Programs.Dotnet("new", "install", package, "--debug:custom-hive", hive).Capture(TimeSpan.FromMinutes(2), cancellation);

        var isGood = true;
        foreach (var project in BenchProject.All.Where(project => function is null || project.Function == function))
        {
            var folder = Path.Combine(temporary.Path, $"{project.Hook}-{project.Function}");
            await Build(toolchain, project, folder, hive, cancellation);
            isGood &= await Measure(toolchain, project, folder, results, rounds, cancellation);
        }

        var measured = BenchResults.Read(results);
        if (function is null)
        {
            var scaffolding = await progress.Step("measure dotnet new", () => new BenchScaffolding(hive, temporary.Path).Measure(rounds, cancellation));
            measured = measured with { Figures = [.. measured.Figures, scaffolding] };
        }

        var table = BenchTable.Write(measured);
        progress.Say($"\n{table}");
        if (isGood && function is null && rounds >= Rounds)
        {
            Publish(table);
        }

        return isGood ? 0 : 1;
    }

    async Task Build(Toolchain toolchain, BenchProject project, string folder, string hive, CancellationToken cancellation)
    {
        await progress.Step($"dotnet new ebpf-cnf --hook {project.Hook} --function {project.Function} -n {Name}", () => Programs
            .Dotnet("new", "ebpf-cnf", "--hook", project.Hook, "--function", project.Function, "-n", Name, "-o", folder, "--no-update-check", "--debug:custom-hive", hive)
            .Capture(TimeSpan.FromMinutes(1), cancellation));
        foreach (var test in project.Tests.SelectMany(tests => Directory.EnumerateFiles(Path.Combine(Folder, tests), "*.go")))
        {
            // They import the template's packages, as its own tests do.
            var text = (await File.ReadAllTextAsync(test, cancellation)).Replace("example.com/cnf-template", $"example.com/{Name}");
            await File.WriteAllTextAsync(Path.Combine(folder, "test", "traffic", $"beside_{Path.GetFileName(test)}"), text, cancellation);
        }

        await progress.Step("make", () => Cli.Wrap("make")
            .WithArguments(["--no-print-directory", "build", "build/suite/traffic.test"])
            .WithWorkingDirectory(folder)
            .WithEnvironmentVariables(toolchain.Environment)
            .With("GOFLAGS", "-modcacherw")
            .Follow(progress.Detail, TimeSpan.FromMinutes(10), cancellation));
    }

    async Task<bool> Measure(Toolchain toolchain, BenchProject project, string folder, string results, int rounds, CancellationToken cancellation)
    {
        var peers = Directory.CreateDirectory(Path.Combine(folder, "build", "peers")).FullName;
        foreach (var peer in project.Peers)
        {
            await new BenchPeer(tree, progress).Make(toolchain, peer, folder, peers, cancellation);
        }

        var test = Cli.Wrap(Path.Combine(folder, "build", "suite", "traffic.test"))
            .WithArguments(["-test.run", "^TestBench", "-test.timeout", "20m", "-rounds", rounds.ToString(CultureInfo.InvariantCulture)])
            .WithWorkingDirectory(folder)
            .WithEnvironmentVariables(toolchain.Environment)
            .With("CNF_BINARY", Path.Combine(folder, Name))
            .With("CNF_FUNCTION", project.Function)
            .With("CNF_PEERS", peers)
            .With("CNF_RESULTS", results);
        return await progress.Step($"measure {project.Title}", () => test.Stream(progress.Detail, TimeSpan.FromMinutes(25), cancellation)) == 0;
    }

    void Publish(string table)
    {
        var document = Path.Combine(Folder, "README.md");
        MarkedSection.Replace(document, "figures", table);
        progress.Ready($"{Path.GetRelativePath(tree.Root, document)} shows this run");
    }
}
