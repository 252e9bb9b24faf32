using EbpfCnf.Templates.Tests.Support;
using Xunit.Sdk;

namespace EbpfCnf.Templates.Tests.Matrix;

/// <summary>A project's test binaries and the CNF that they run, in one folder, as the kernel runner wants them.</summary>
/// <param name="Name">Names the hook, and the function unless it is the monitor.</param>
/// <param name="Hook">The hook of the project.</param>
/// <param name="Folder">Where everything lies.</param>
/// <param name="Selection">A regular expression for the tests to run; null for all.</param>
/// <param name="Problem">Why the suite could not be built; other projects are tested all the same.</param>
sealed record TestSuite(string Name, string Hook, string Folder, string? Selection = null, string? Problem = null)
{
    /// <summary>
    /// What emulated machines run of a function when they do not run all: its programs load for a plain user with the named capabilities,
    /// see what they have to see, and do what the function is for.
    /// </summary>
    static readonly Dictionary<string, string> Essence = new()
    {
        ["firewall"] = "TestRulesDecideAndAreCounted",
        ["rate-limiter"] = "TestBurstArrivesAndTheRestIsDropped",
        ["load-balancer"] = "TestReloadMovesNoConnection",
    };

    /// <summary>Emulated machines are slow, and what BPF_PROG_RUN shows of a function no other kernel changes: real traffic is enough there.</summary>
    static IEnumerable<string> Packages(Combination variant, bool emulated) =>
        emulated && variant["function"] != "monitor" ? ["traffic"] : ["datapath", "traffic"];

    /// <summary>Emulated machines take their time; <c>eng -- kernels</c> gives it to them.</summary>
    static string? SelectionFor(Combination variant, bool emulated) =>
        emulated && Essence.TryGetValue(variant["function"], out var test) && Environment.GetEnvironmentVariable("CNF_ALL_TESTS_ON_KERNELS") != "1"
            ? $"^(TestRunsWithTheNamedCapabilitiesOnly|{test})$"
            : null;

    /// <summary>The other functions' suites are run without what the monitor's show as well.</summary>
    public bool IsOfMonitor => Name == Hook;

    public IReadOnlyList<string> Binaries => [.. Directory.GetFiles(Folder, "*.test").Order(StringComparer.Ordinal)];

    public static string NameOf(Combination variant) =>
        variant["function"] == "monitor" ? variant["hook"] : $"{variant["hook"]}-{variant["function"]}";

    public static async Task<TestSuite> Build(Combination variant, string architecture, bool emulated, string suites)
    {
        var name = NameOf(variant);
        var folder = Path.Combine(suites, name);
        try
        {
            await BuildIn(folder, variant, architecture, Packages(variant, emulated));
            return new(name, variant["hook"], folder, SelectionFor(variant, emulated));
        }
        catch (XunitException exception)
        {
            return new(name, variant["hook"], folder, Problem: exception.Message);
        }
    }

    static async Task BuildIn(string folder, Combination variant, string architecture, IEnumerable<string> packages)
    {
        var project = await ProjectFolder.Of(Offered.Default(variant["hook"], variant["function"]));
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }

        Directory.CreateDirectory(folder);
        await project.Generate();
        // Without symbol tables the archives that the virtual machines unpack are a third smaller.
        await project.RunFor(architecture, "go", "build", "-ldflags=-s -w", "-o", Path.Combine(folder, "cnf"), "./cmd/my-cnf");
        foreach (var package in packages.Where(package => project.Under($"test/{package}/").Any()))
        {
            await project.RunFor(architecture, "go", "test", "-c", "-ldflags=-s -w", "-o", Path.Combine(folder, $"{package}.test"), $"./test/{package}");
        }
    }
}
