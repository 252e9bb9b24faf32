using System.Text.Json;

namespace EbpfCnf.Eng.Commands;

/// <summary>What a packet costs a function and its peer, in ns, for each number of flows.</summary>
sealed record CostsBeside(string Machine, string Function, string Case, string Peer, long[] Flows, double[] Ours, double[] Theirs);

/// <summary>Anything else that was measured, beside what it should be.</summary>
sealed record Figure(string What, string Reached, string Target);

/// <summary>What the tests in eng/Bench have recorded, one JSON object a line.</summary>
sealed record BenchResults(IReadOnlyList<CostsBeside> Costs, IReadOnlyList<Figure> Figures)
{
    public static BenchResults Read(string folder) =>
        new(Lines<CostsBeside>(Path.Combine(folder, "costs.jsonl")), Lines<Figure>(Path.Combine(folder, "figures.jsonl")));

    static T[] Lines<T>(string file) => File.Exists(file)
        ? [.. File.ReadLines(file).Select(line => JsonSerializer.Deserialize<T>(line, JsonSerializerOptions.Web)!)]
        : [];
}
