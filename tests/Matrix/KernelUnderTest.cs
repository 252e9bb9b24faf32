using System.IO.Compression;
using System.Runtime.InteropServices;
using EbpfCnf.Eng;
using EbpfCnf.Templates.Tests.Support;

namespace EbpfCnf.Templates.Tests.Matrix;

/// <summary>A kernel on which the suites of all projects run: in one virtual machine, or on this machine.</summary>
abstract class KernelUnderTest(string name, string architecture)
{
    /// <summary>A machine keeps one processor busy, whether it is virtual or this one.</summary>
    static readonly SemaphoreSlim Processors = new(Environment.ProcessorCount);

    readonly Lock gate = new();
    Task<IReadOnlyList<TestOutcome>>? run;

    public string Name => name;

    public string Architecture => architecture;

    /// <summary>Boots and runs when it is first asked for, and never again.</summary>
    public Task<IReadOnlyList<TestOutcome>> Outcomes(Func<Task<IReadOnlyList<TestSuite>>> suites)
    {
        lock (gate)
        {
            return run ??= RunAfter(suites);
        }
    }

    protected abstract Task<IReadOnlyList<TestOutcome>> Run(IReadOnlyList<TestSuite> suites);

    async Task<IReadOnlyList<TestOutcome>> RunAfter(Func<Task<IReadOnlyList<TestSuite>>> suites)
    {
        var all = await suites();
        await Processors.WaitAsync();
        try
        {
            return
            [
                .. all.Where(suite => suite.Problem is not null).Select(suite => new TestOutcome(suite.Name, "build", "", TestStatus.Fail, suite.Problem!)),
                .. await Run([.. all.Where(suite => suite.Problem is null)]),
            ];
        }
        finally
        {
            Processors.Release();
        }
    }
}

/// <summary>A kernel of Debian's, booted in QEMU by the runner that every generated project carries.</summary>
sealed class VirtualKernel(string series, string architecture) : KernelUnderTest($"{series} {architecture}", architecture)
{
    static readonly TimeSpan Limit = TimeSpan.FromMinutes(40);

    protected override async Task<IReadOnlyList<TestOutcome>> Run(IReadOnlyList<TestSuite> suites)
    {
        var kernel = Toolbox.Toolchain.Kernels.Single(kernel => kernel.Series == series && kernel.Arch == Architecture);
        var results = Path.Combine(Repository.Artifacts, "tests", $"results-{series}-{Architecture}.json");
        File.Delete(results);

        var project = await ProjectFolder.Of(Offered.Default("tcx"));
        var runner = Path.Combine(project.Path, "dist", "kernels");
        await project.Run("go", "build", "-o", runner, "./test/kernels");
        // Its exit code says that a test has failed, and so do the results.
        var output = await Toolbox.Run(
            runner,
            [
                "--kernel", kernel.Directory, "--arch", Architecture, "--busybox", Toolbox.Toolchain.BusyBox[Architecture],
                "--results", results, "--timeout", $"{Limit.TotalSeconds}s", "--test-timeout", "10m",
                .. suites.SelectMany(suite => (string[])["--suite", TestSelection.For(suite.Variant, Name).Of(suite)]),
            ],
            project.Path,
            Limit + TimeSpan.FromMinutes(1));

        Assert.True(File.Exists(results), output.Everything);
        return TestOutcome.ReadResults(results);
    }
}

/// <summary>The kernel of this machine, in network and mount namespaces of its own.</summary>
sealed class HostKernel() : KernelUnderTest(HostName, RuntimeInformation.ProcessArchitecture == System.Runtime.InteropServices.Architecture.Arm64 ? "arm64" : "amd64")
{
    public const string HostName = "host";

    static readonly Lazy<HashSet<string>?> Config = new(ReadConfig);

    static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    protected override async Task<IReadOnlyList<TestOutcome>> Run(IReadOnlyList<TestSuite> suites)
    {
        List<TestOutcome> outcomes = [];
        foreach (var suite in suites.Where(suite => Lacks(suite.Hook) is null))
        {
            foreach (var binary in suite.Binaries)
            {
                outcomes.AddRange(await Run(suite, binary));
            }
        }

        return outcomes;
    }

    static async Task<IReadOnlyList<TestOutcome>> Run(TestSuite suite, string binary)
    {
        var result = await Tool.Run(
            "unshare",
            ["--mount", "--net", "sh", "-c", "ip link set lo up && exec \"$0\" -test.v -test.timeout 4m \"$@\"", binary, .. suite.IsOfMonitor ? (string[])[] : ["-test.short"]],
            suite.Folder,
            Limit,
            new Dictionary<string, string?> { ["CNF_BINARY"] = Path.Combine(suite.Folder, "cnf") });
        return TestOutcome.ReadVerbose(suite.Name, Path.GetFileName(binary), result.ExitCode, result.Output + result.Error);
    }

    /// <summary>The option that this kernel was built without and the hook cannot do without; null when it has all.</summary>
    public static string? Lacks(string hook) => hook == "kprobe" && Config.Value?.Contains("CONFIG_KPROBE_EVENTS=y") == false
        ? "CONFIG_KPROBE_EVENTS"
        : null;

    /// <summary>A kernel that keeps its configuration to itself is taken to have everything.</summary>
    static HashSet<string>? ReadConfig()
    {
        const string path = "/proc/config.gz";
        if (!File.Exists(path))
        {
            return null;
        }

        using StreamReader reader = new(new GZipStream(File.OpenRead(path), CompressionMode.Decompress));
        return [.. reader.ReadToEnd().Split('\n')];
    }
}
