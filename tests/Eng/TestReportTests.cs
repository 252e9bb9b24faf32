using EbpfCnf.Eng.Commands;
using EbpfCnf.Templates.Tests.Support;

namespace EbpfCnf.Templates.Tests.Eng;

public sealed class TestReportTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("", "0 passed, 0 failed, 0 skipped", false)]
    [InlineData("Passed", "1 passed, 0 failed, 0 skipped", true)]
    [InlineData("Passed Failed", "1 passed, 1 failed, 0 skipped", false)]
    [InlineData("Passed Error", "1 passed, 1 failed, 0 skipped", false)]
    [InlineData("Passed Skipped:no_netkit_here", "1 passed, 0 failed, 1 skipped", true)]
    [InlineData("Passed Skipped:", "1 passed, 0 failed, 1 skipped", false)]
    [InlineData("Skipped:all_of_them", "0 passed, 0 failed, 1 skipped", false)]
    public void Results_are_counted_and_a_skip_needs_a_reason(string outcomes, string total, bool isGreen)
    {
        var report = Read(outcomes, exitCode: 0);

        Assert.Equal(total, report.Total);
        Assert.Equal(isGreen, report.IsGreen);
    }

    [Fact]
    public void A_runner_that_ended_badly_is_never_green() => Assert.False(Read("Passed", exitCode: 1).IsGreen);

    [Fact]
    public void A_run_that_left_no_results_is_never_green() =>
        Assert.False(TestReport.Read(Path.Combine(folder.Path, "none.trx"), exitCode: 0, DateTime.UtcNow).IsGreen);

    [Fact]
    public void A_failure_is_named_with_the_head_of_its_message()
    {
        var lines = Enumerable.Range(1, 100).Select(line => $"line {line}");

        var headline = new TestResult("a test", "Failed", string.Join('\n', lines)).Headline.Split('\n');

        Assert.Equal(["a test", "         line 1"], headline[..2]);
        Assert.Equal("         line 12", headline[^1]);
        Assert.Equal("a test", new TestResult("a test", "Failed", "").Headline);
    }

    TestReport Read(string outcomes, int exitCode)
    {
        var results = outcomes.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(outcome => outcome.Split(':') switch
        {
            ["Skipped", var reason] => $"""<UnitTestResult testName="t" outcome="NotExecuted"><Output><ErrorInfo><Message>{reason}</Message></ErrorInfo></Output></UnitTestResult>""",
            [var other, ..] => $"""<UnitTestResult testName="t" outcome="{other}" />""",
            [] => "",
        });
        var file = Path.Combine(folder.Path, "tests.trx");
        File.WriteAllText(file, $"""<TestRun xmlns="http://microsoft.com/schemas/VisualStudio/TeamTest/2010"><Results>{string.Concat(results)}</Results></TestRun>""");
        return TestReport.Read(file, exitCode, DateTime.UtcNow);
    }
}
