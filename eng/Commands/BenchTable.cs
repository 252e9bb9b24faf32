using System.Globalization;

namespace EbpfCnf.Eng.Commands;

/// <summary>Writes results of the benchmark as Markdown: a table for each function, and one of all other figures.</summary>
static class BenchTable
{
    public static string Write(BenchResults results) => string.Join("\n\n", Sections(results)) + "\n";

    static IEnumerable<string> Sections(BenchResults results)
    {
        foreach (var machine in results.Costs.Select(costs => costs.Machine).Distinct())
        {
            yield return machine;
        }

        foreach (var function in results.Costs.GroupBy(costs => costs.Function))
        {
            yield return $"### {function.Key}";
            yield return Table(
                ["case", "flows", "ours, ns", "peer, ns", "ratio"],
                function.SelectMany(costs => costs.Flows.Select((flows, i) => Row(costs, flows, costs.Ours[i], costs.Theirs[i]))));
        }

        if (results.Figures.Count > 0)
        {
            yield return "### Other figures";
            yield return Table(["what", "reached", "target"], results.Figures.Select(figure => new[] { figure.What, figure.Reached, figure.Target }));
        }
    }

    static string[] Row(CostsBeside costs, long flows, double ours, double theirs) =>
        [$"{costs.Case}; peer: {costs.Peer}", Text($"{flows:N0}"), Text($"{ours:0.0}"), Text($"{theirs:0.0}"), Ratio(ours, theirs)];

    /// <summary>A cost below what the clock can tell apart has no ratio to speak of.</summary>
    static string Ratio(double ours, double theirs) => ours < 0.5 ? Text($"over {theirs / 0.5:0}x") : Text($"{theirs / ours:0.0}x");

    static string Table(string[] columns, IEnumerable<string[]> rows) => string.Join(
        '\n',
        [Line(columns), Line(columns.Select(_ => "---")), .. rows.Select(Line)]);

    static string Line(IEnumerable<string> cells) => $"| {string.Join(" | ", cells)} |";

    static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
