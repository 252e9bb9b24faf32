using System.Globalization;
using System.Text.RegularExpressions;
using EbpfCnf.Templates.Tests.Support;

namespace EbpfCnf.Templates.Tests.Matrix;

/// <summary>
/// How many instructions each kernel's verifier looks at, program by program, as of the last time that somebody accepted it. What grows
/// unnoticed ends where a verifier gives up, and makes every start of a CNF slower until then.
/// </summary>
sealed partial class VerifierRecord
{
    /// <summary>Compilers differ a little; growth beyond this is to be accepted on purpose.</summary>
    const double Tolerance = 1.1;

    static readonly string Path = System.IO.Path.Combine(Repository.Snapshots, "verified-instructions.verified.txt");

    readonly Lock gate = new();
    readonly SortedDictionary<string, long> recorded = new(Read(), StringComparer.Ordinal);

    /// <summary>Compares what a suite saw on a kernel with the record, or makes it the record.</summary>
    /// <returns>One sentence for each program that has grown, or that nobody has accepted yet; one if there are no figures at all.</returns>
    public IEnumerable<string> Findings(string suite, string kernel, IEnumerable<TestOutcome> outcomes)
    {
        var seen = Measured(outcomes).ToDictionary(program => $"{suite} | {kernel} | {program.Name}", program => program.Instructions);
        if (seen.Count == 0)
        {
            return [$"{suite} on {kernel}: no test says what was verified, so nothing can be compared"];
        }

        if (!Snapshot.Accepting)
        {
            return Grown(recorded, seen);
        }

        Accept(seen);
        return [];
    }

    internal static IEnumerable<string> Grown(IReadOnlyDictionary<string, long> recorded, IReadOnlyDictionary<string, long> seen) =>
        from program in seen
        let before = recorded.GetValueOrDefault(program.Key)
        where program.Value > before * Tolerance
        select $"{program.Key}: {program.Value} instructions were verified, on record are {before}; "
            + "accept with: dotnet run --project eng -- kernels --accept";

    /// <summary>The lines that the tests of a project print: <c>verified: PROGRAM INSTRUCTIONS</c>. Of several of one name, the largest.</summary>
    internal static IEnumerable<(string Name, long Instructions)> Measured(IEnumerable<TestOutcome> outcomes) =>
        from outcome in outcomes
        from Match line in Line.Matches(outcome.Output)
        group long.Parse(line.Groups["count"].Value, CultureInfo.InvariantCulture) by line.Groups["program"].Value into program
        select (program.Key, program.Max());

    static Dictionary<string, long> Read() => !File.Exists(Path) ? [] : File.ReadLines(Path)
        .Select(line => line.Split(" | "))
        .ToDictionary(cells => string.Join(" | ", cells[..^1]), cells => long.Parse(cells[^1], CultureInfo.InvariantCulture));

    void Accept(Dictionary<string, long> seen)
    {
        lock (gate)
        {
            foreach (var (program, instructions) in seen)
            {
                recorded[program] = instructions;
            }

            File.WriteAllText(Path, string.Concat(recorded.Select(program => $"{program.Key} | {program.Value}\n")));
        }
    }

    [GeneratedRegex(@"\bverified: (?<program>\S+) (?<count>\d+)")]
    static partial Regex Line { get; }
}
