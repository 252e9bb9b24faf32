using System.Diagnostics;
using CliWrap;
using EbpfCnf.Eng.Demo;
using EbpfCnf.Eng.Processes;
using EbpfCnf.Eng.Setup;

namespace EbpfCnf.Eng.Commands;

/// <summary>What a newcomer does, from the package to a running CNF that counts real packets.</summary>
sealed class DemoCommand(SourceTree tree, Progress progress)
{
    const string Name = "demo-cnf";

    public async Task<int> Run(string hook, string? series, CancellationToken cancellation)
    {
        var clock = Stopwatch.StartNew();
        if (!Environment.IsPrivilegedProcess)
        {
            throw new Problem("the demo makes network namespaces and loads BPF programs, which a plain user may not", "run it as root");
        }

        var lack = series is null ? await HostKernel.Lacks(hook, cancellation) : null;
        var machine = series ?? (lack is null ? null : HookDemo.KernelWith(hook));
        var toolchain = await new SetupCommand(tree, progress).Run(cancellation, withKernels: machine is not null);
        var package = await new PackCommand(tree, progress).Run(toolchain.FullFeed, cancellation);

        using TemporaryFolder temporary = new();
        var project = Path.Combine(temporary.Path, Name);
        await Scaffold(package, hook, project, Path.Combine(temporary.Path, "hive"), cancellation);
        await progress.Step("make", () => Make(toolchain, project).Follow(progress.Detail, TimeSpan.FromMinutes(10), cancellation));

        if (lack is not null)
        {
            progress.Say($"     {lack}: a virtual machine with Linux {machine} runs it");
        }

        var exitCode = machine is null
            ? await Show(Make(toolchain, project, "demo"), TimeSpan.FromMinutes(5), cancellation)
            : await Show(Make(toolchain, project, "demo-vm", $"KERNELS={machine}", $"ARCH={Architecture.Debian}"), TimeSpan.FromMinutes(10), cancellation);

        progress.Say(exitCode == 0
            ? $" ok  {hook}: what the CNF counted is what was sent ({Duration.Text(clock.Elapsed)} in all)"
            : $"error: the demo of {hook} ended with exit code {exitCode}; its last lines above say why");
        return exitCode == 0 ? 0 : 1;
    }

    /// <summary>Exactly the two commands that a user types, with a template hive of its own so that the user's stays as it is.</summary>
    async Task Scaffold(string package, string hook, string project, string hive, CancellationToken cancellation)
    {
        await progress.Step($"dotnet new install {Path.GetFileName(package)} (into a throw-away hive)", () => Programs
            .Dotnet("new", "install", package, "--debug:custom-hive", hive)
            .Capture(TimeSpan.FromMinutes(2), cancellation));
        await progress.Step($"dotnet new ebpf-cnf --hook {hook} -n {Name}", () => Programs
            .Dotnet("new", "ebpf-cnf", "--hook", hook, "-n", Name, "-o", project, "--no-update-check", "--debug:custom-hive", hive)
            .Capture(TimeSpan.FromMinutes(1), cancellation));
    }

    async Task<int> Show(Command command, TimeSpan limit, CancellationToken cancellation)
    {
        progress.Say($"...  {command}");
        return await command.Stream(progress.Say, limit, cancellation);
    }

    Command Make(Toolchain toolchain, string project, params IEnumerable<string> arguments) => Cli.Wrap("make")
        .WithArguments(["--no-print-directory", .. arguments])
        .WithWorkingDirectory(project)
        .WithEnvironmentVariables(toolchain.Environment)
        // The project's own Makefile must cope with Go's defaults, as it must for its users.
        .With("GOFLAGS", "-modcacherw")
        // What an interrupted program leaves goes with the project.
        .With("TMPDIR", Directory.CreateDirectory(Path.Combine(project, "..", "tmp")).FullName)
        .With("KERNEL_CACHE", Path.Combine(tree.Cache, "debian"));
}
