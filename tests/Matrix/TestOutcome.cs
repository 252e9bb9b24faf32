using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;

namespace EbpfCnf.Templates.Tests.Matrix;

enum TestStatus
{
    Pass,
    Fail,
    Skip,
}

/// <summary>One Go test on one kernel; a whole binary that came to a bad end has no test name.</summary>
sealed partial record TestOutcome(string Suite, string Binary, string Test, TestStatus Status, string Output)
{
    static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { Converters = { new JsonStringEnumConverter() } };

    public bool IsSubtest => Test.Contains('/');

    public override string ToString() => $"{Status} {Suite} {Binary} {Test}: {Output.Trim()}";

    /// <summary>Reads the results file of the kernel runner.</summary>
    public static IReadOnlyList<TestOutcome> ReadResults(string file) =>
        JsonSerializer.Deserialize<TestOutcome[]>(File.ReadAllText(file), Json)!;

    /// <summary>Reads what a test binary prints with -test.v.</summary>
    public static IReadOnlyList<TestOutcome> ReadVerbose(string suite, string binary, int exitCode, string output)
    {
        List<TestOutcome> outcomes = [];
        string? earlier = null;
        foreach (var line in output.Split('\n'))
        {
            if (Verdict.Match(line) is { Success: true } match)
            {
                outcomes.Add(new(suite, binary, match.Groups["test"].Value, Enum.Parse<TestStatus>(match.Groups["status"].Value, ignoreCase: true), earlier ?? ""));
                earlier = null;
            }
            else if (StartOrPause.IsMatch(line))
            {
                earlier = null;
            }
            else
            {
                // Go prints what a test had to say before its verdict.
                earlier += line + "\n";
            }
        }

        if (exitCode != 0 || outcomes.Count == 0)
        {
            outcomes.Add(new(suite, binary, "", TestStatus.Fail, $"exit code {exitCode}\n{output[Math.Max(0, output.Length - 4000)..]}"));
        }

        return outcomes;
    }

    [GeneratedRegex(@"^\s*--- (?<status>PASS|FAIL|SKIP): (?<test>\S+) \(")]
    static partial Regex Verdict { get; }

    [GeneratedRegex(@"^=== (RUN|PAUSE|CONT|NAME)")]
    static partial Regex StartOrPause { get; }
}
