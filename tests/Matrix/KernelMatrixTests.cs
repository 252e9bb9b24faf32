using EbpfCnf.Eng;
using EbpfCnf.Templates.Tests.Support;

namespace EbpfCnf.Templates.Tests.Matrix;

/// <summary>
/// Every hook with every function on every kernel: programs are loaded and attached, real packets counted. Each kernel boots once and runs the
/// suites of all projects; a cell of the matrix looks at the results of its own.
/// </summary>
[Collection(WholeMachine.Name)]
public sealed class KernelMatrixTests(KernelMatrix matrix) : IClassFixture<KernelMatrix>
{
    /// <summary>What a kernel cannot do. Whatever else is skipped is a failure, and so is one of these that is not.</summary>
    static readonly ExpectedSkip[] ExpectedSkips =
    [
        new("tcx", "6.1 amd64", "TestSharesTheHookWithOthers"),
        new("netkit", "6.1 amd64", "TestPeerIsRefused"),
    ];

    public static TheoryData<string, string> Cells
    {
        get
        {
            TheoryData<string, string> cells = [];
            foreach (var (series, architecture) in Kernel.Matrix)
            {
                foreach (var variant in Offered.Variants)
                {
                    cells.Add(TestSuite.NameOf(variant), $"{series} {architecture}");
                }
            }

            return cells;
        }
    }

    /// <summary>Where a hook is missing here, the table says why; the virtual machines have them all.</summary>
    public static TheoryData<string> SuitesOfThisMachine => [.. Offered.Variants.Where(variant => HostKernel.Lacks(variant["hook"]) is null).Select(TestSuite.NameOf)];

    [Theory]
    [MemberData(nameof(Cells))]
    public async Task A_project_sees_real_packets_on_a_kernel(string suite, string kernel)
    {
        var outcomes = await matrix.Outcomes(suite, kernel);

        Expect.NoFindings(outcomes.Where(outcome => outcome.Status == TestStatus.Fail).Select(outcome => outcome.ToString()));
        Assert.Equal(
            ExpectedSkips.Where(skip => skip.Suite == suite && skip.Kernel == kernel).Select(skip => skip.Test).Order(StringComparer.Ordinal),
            Skipped(outcomes).Select(outcome => outcome.Test).Order(StringComparer.Ordinal));
        Assert.All(outcomes.Where(outcome => outcome.Status == TestStatus.Skip), outcome => Assert.NotEqual("", outcome.Output.Trim()));
        var selected = TestSelection.For(Offered.Variants.Single(variant => TestSuite.NameOf(variant) == suite), kernel).Tests;
        MustHaveRun(outcomes, atLeast: selected.Count == 0 ? 3 : 1);
        Expect.NoFindings(
            from test in selected
            where !outcomes.Any(outcome => outcome.Test == test && outcome.Status == TestStatus.Pass)
            select $"{test} has not run");
        Expect.NoFindings(matrix.Verifier.Findings(suite, kernel, outcomes));
    }

    [Theory]
    [MemberData(nameof(SuitesOfThisMachine))]
    public async Task A_project_sees_real_packets_on_this_machine(string suite)
    {
        var outcomes = await matrix.Outcomes(suite, HostKernel.HostName);

        Expect.NoFindings(outcomes.Where(outcome => outcome.Status == TestStatus.Fail).Select(outcome => outcome.ToString()));
        Assert.All(outcomes.Where(outcome => outcome.Status == TestStatus.Skip), outcome => Assert.NotEqual("", outcome.Output.Trim()));
        MustHaveRun(outcomes, atLeast: 3);
    }

    [Fact]
    public void A_test_binary_that_crashes_or_runs_nothing_counts_as_failed()
    {
        Assert.Contains(TestOutcome.ReadVerbose("tcx", "traffic.test", 2, "=== RUN   TestA\npanic: no\n"), outcome => outcome.Status == TestStatus.Fail);
        Assert.Contains(TestOutcome.ReadVerbose("tcx", "traffic.test", 0, "testing: warning: no tests to run\nPASS\n"), outcome => outcome.Status == TestStatus.Fail);
    }

    [Fact]
    public void A_program_that_the_verifier_looks_at_for_longer_is_found()
    {
        TestOutcome outcome = new("tcx", "traffic.test", "TestA", TestStatus.Pass, "    a_test.go:43: verified: a 12\n    a_test.go:43: verified: a 34\n");
        Assert.Equal([("a", 34L)], VerifierRecord.Measured([outcome]));

        Dictionary<string, long> recorded = new() { ["tcx | 6.1 amd64 | a"] = 100, ["tcx | 6.1 amd64 | b"] = 100 };
        Assert.Empty(VerifierRecord.Grown(recorded, recorded));
        Dictionary<string, long> seen = new() { ["tcx | 6.1 amd64 | a"] = 110, ["tcx | 6.1 amd64 | b"] = 111, ["tcx | 6.1 amd64 | c"] = 1 };
        Assert.Equal(["b", "c"], VerifierRecord.Grown(recorded, seen).Select(finding => finding.Split(" | ")[2][..1]).Order());

        Assert.Contains("says what was verified", Assert.Single(new VerifierRecord().Findings("tcx", "6.1 amd64", [outcome with { Output = "" }])));
    }

    [Fact]
    public void The_output_of_a_test_binary_is_read()
    {
        const string output = """
            === RUN   TestA
            === RUN   TestA/part
                a_test.go:12: kernel too old
            --- PASS: TestA (0.01s)
                --- SKIP: TestA/part (0.00s)
            === RUN   TestB
                b_test.go:3: kernel was built without CONFIG_NETKIT
            --- SKIP: TestB (0.00s)
            PASS
            """;

        var outcomes = TestOutcome.ReadVerbose("tcx", "traffic.test", 0, output);

        Assert.Equal(["TestA", "TestA/part", "TestB"], outcomes.Select(outcome => outcome.Test));
        Assert.Equal([TestStatus.Pass, TestStatus.Skip, TestStatus.Skip], outcomes.Select(outcome => outcome.Status));
        Assert.Contains("CONFIG_NETKIT", outcomes[2].Output);
    }

    static IEnumerable<TestOutcome> Skipped(IEnumerable<TestOutcome> outcomes) => outcomes.Where(outcome => outcome.Status == TestStatus.Skip);

    static void MustHaveRun(IEnumerable<TestOutcome> outcomes, int atLeast)
    {
        foreach (var binary in outcomes.GroupBy(outcome => outcome.Binary))
        {
            var passed = binary.Count(outcome => outcome is { Status: TestStatus.Pass, IsSubtest: false });
            Assert.True(passed >= atLeast, $"{binary.Key}: only {passed} tests ran");
        }
    }

    sealed record ExpectedSkip(string Suite, string Kernel, string Test);
}
