using System.Text;
using EbpfCnf.Templates.Tests.Support;

namespace EbpfCnf.Templates.Tests;

/// <summary>
/// What a person gets, as files to review. The default hook is there whole; every other scenario has the list of its files and
/// those that differ, so that a change of a common file shows once.
/// </summary>
[Trait("Category", "Snapshots")]
public sealed class SnapshotTests
{
    static readonly Combination Whole = Offered.Default("tcx");

    public static TheoryData<string, Combination> Scenarios
    {
        get
        {
            TheoryData<string, Combination> rows = [];
            foreach (var variant in Offered.Variants)
            {
                var combination = Offered.Default(variant["hook"], variant["function"]);
                // Every hook with the first function, every function on the first hook: what a pair has of its own is nothing.
                if (combination.ToString() != Whole.ToString() && (combination["hook"] == Whole["hook"] || combination["function"] == Whole["function"]))
                {
                    rows.Add(combination["hook"] == Whole["hook"] ? combination["function"] : combination["hook"], combination);
                }
            }

            rows.Add("everything-off", Offered.Bare("tcx"));
            return rows;
        }
    }

    [Fact]
    public async Task The_project_of_the_default_hook_is_as_verified()
    {
        var project = await Offered.Project(Whole);

        await Snapshot.VerifyTree("ebpf-cnf.tcx", Reviewed(project).ToDictionary());
    }

    [Theory]
    [MemberData(nameof(Scenarios))]
    public async Task A_project_differs_from_that_of_the_default_hook_as_verified(string name, Combination combination)
    {
        var whole = await Offered.Project(Whole);
        var project = await Offered.Project(combination);

        var differing = Reviewed(project)
            .Where(file => !whole.Files.TryGetValue(file.Key, out var content) || !content.AsSpan().SequenceEqual(file.Value))
            .Append(new("files.txt", Encoding.UTF8.GetBytes(string.Join('\n', Reviewed(project).Select(file => file.Key)) + "\n")));

        await Snapshot.VerifyTree($"ebpf-cnf.{name}", differing.ToDictionary());
    }

    /// <summary>The skills are the files of another template, byte for byte, which their own tests compare.</summary>
    static IEnumerable<KeyValuePair<string, byte[]>> Reviewed(GeneratedProject project) =>
        project.Files.Where(file => !file.Key.StartsWith(".claude/skills/", StringComparison.Ordinal));
}
