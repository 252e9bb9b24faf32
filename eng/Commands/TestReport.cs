using System.Xml.Linq;

namespace EbpfCnf.Eng.Commands;

sealed record TestResult(string Name, string Outcome, string Reason)
{
    /// <summary>How many lines of a long message say what it is about.</summary>
    const int HeadLines = 12;

    /// <summary>The name, and the first lines of the reason below it.</summary>
    public string Headline => string.Join("\n         ", Reason.Split('\n').Take(HeadLines).Prepend(Name).Select(line => line.TrimEnd())).TrimEnd();
}

/// <summary>What a run of `dotnet test` came to, read from the file that it leaves.</summary>
sealed record TestReport(IReadOnlyList<TestResult> Results, int ExitCode, DateTime Begun)
{
    static readonly XNamespace Trx = "http://microsoft.com/schemas/VisualStudio/TeamTest/2010";

    public IEnumerable<TestResult> Failed => Results.Where(result => result.Outcome is not ("Passed" or "NotExecuted"));

    public IEnumerable<TestResult> Skipped => Results.Where(result => result.Outcome == "NotExecuted");

    int Passed => Results.Count(result => result.Outcome == "Passed");

    /// <summary>No test, a skip without a reason, and a runner that ended badly all count as failure.</summary>
    public bool IsGreen => ExitCode == 0 && Passed > 0 && !Failed.Any() && Skipped.All(result => result.Reason != "");

    public string Total => $"{Passed} passed, {Failed.Count()} failed, {Skipped.Count()} skipped";

    public static TestReport Read(string file, int exitCode, DateTime begun)
    {
        if (!File.Exists(file))
        {
            return new([], exitCode == 0 ? 1 : exitCode, begun);
        }

        var results = XDocument.Load(file)
            .Descendants(Trx + "UnitTestResult")
            .Select(result => new TestResult(
                (string?)result.Attribute("testName") ?? "",
                (string?)result.Attribute("outcome") ?? "",
                result.Descendants(Trx + "Message").FirstOrDefault()?.Value.Trim() ?? ""));
        return new([.. results], exitCode, begun);
    }
}
