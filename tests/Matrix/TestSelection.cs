using EbpfCnf.Templates.Tests.Support;

namespace EbpfCnf.Templates.Tests.Matrix;

/// <summary>
/// Which tests of a project run on a kernel in a virtual machine. Those are slow, and most of what a test shows no other kernel changes.
/// The oldest kernel has the strictest verifier and lacks most, the other architecture has a compiler of its own: these two run all tests
/// of the monitor; the oldest kernel also compares each function with a plain implementation and with real traffic. On every other
/// kernel programs load for a plain user, count exactly, and are restarted. <c>eng -- kernels</c> runs all tests on all.
/// </summary>
/// <param name="Binary">The test binary; null for all of the suite.</param>
/// <param name="Tests">Their names; empty for all.</param>
sealed record TestSelection(string? Binary, params IReadOnlyList<string> Tests)
{
    const string Loads = "TestRunsWithTheNamedCapabilitiesOnly";
    const string Restarts = "TestRestartsUnderTrafficLoseAndLeakNothing";

    const string Oldest = "6.1 amd64";
    const string OtherArchitecture = "6.12 arm64";

    static readonly TestSelection All = new(Binary: null);

    static bool RunsAll { get; } = Environment.GetEnvironmentVariable("CNF_ALL_TESTS_ON_KERNELS") == "1";

    public static TestSelection For(Combination variant, string kernel) => (variant["function"], kernel) switch
    {
        _ when RunsAll => All,
        ("monitor", Oldest or OtherArchitecture) => All,
        ("monitor", _) => new("traffic.test", Loads, Restarts, variant["hook"] == "kprobe" ? "TestSocketsAreCountedExactly" : "TestEveryPacketIsCounted"),
        ("firewall", Oldest) => new(null, Loads, "TestDifferentialOfPolicies", "TestRulesDecideAndAreCounted"),
        ("rate-limiter", Oldest) => new(null, Loads, "TestBurstPassesAndTheRestIsDropped", "TestBurstArrivesAndTheRestIsDropped"),
        ("load-balancer", Oldest) => new(null, Loads, "TestFlowsGoWhereTheRingSays", "TestReloadMovesNoConnection"),
        _ => new("traffic.test", Loads),
    };

    /// <summary>The value of the kernel runner's <c>--suite</c>.</summary>
    public string Of(TestSuite suite)
    {
        var path = Binary is null ? suite.Folder : Path.Combine(suite.Folder, Binary);
        return Tests.Count == 0 ? $"{suite.Name}={path}" : $"{suite.Name}={path}=^({string.Join('|', Tests)})$";
    }
}
