using System.Text.RegularExpressions;

namespace EbpfCnf.Templates.Tests.Skills;

/// <summary>Kernel versions and measures in the text must stand in a table that says where they come from.</summary>
static partial class Numbers
{
    public static IEnumerable<string> Findings(Skill skill)
    {
        HashSet<string> sourced =
        [
            .. from document in skill.Documents
               where document.Name.StartsWith("references/", StringComparison.Ordinal)
               from row in document.Rows
               where row.Cells.GetValueOrDefault("Source") is { Length: > 0 }
               from cell in row.Cells
               where cell.Key != "Source"
               from number in In(cell.Value)
               select number,
        ];

        return
            from document in skill.Documents
            from line in document.Prose
            where !IsSourced(document, line)
            from number in In(line.Text)
            where !sourced.Contains(number)
            select $"{document.Name}:{line.Line}: '{number}' is in no table of references/ with a source";
    }

    static bool IsSourced(MarkdownFile document, ProseLine line) =>
        line.IsTable && document.Rows.Any(row => row.Line == line.Line && row.Cells.ContainsKey("Source"));

    static IEnumerable<string> In(string text)
    {
        foreach (Match match in KernelVersion().Matches(text))
        {
            yield return match.Value;
        }

        foreach (Match match in Measure().Matches(text))
        {
            yield return $"{match.Groups[1].Value.Replace(",", "")} {Singular(match.Groups[2].Value)}";
        }
    }

    static string Singular(string unit) => unit.Length > 2 ? unit.TrimEnd('s') : unit;

    [GeneratedRegex(@"(?<![\d.v/])[3-7]\.\d{1,2}(?![\d.]*\d)(?!%)")]
    private static partial Regex KernelVersion();

    [GeneratedRegex(@"(?<![\w.-])(\d[\d,]*(?:\.\d+)?) ?(ns|µs|us|ms|bytes?|bits?|KiB|MiB|GiB|%|instructions?|entries|packets?|tags?|headers?|levels?|programs?|cycles?)(?!\w)")]
    private static partial Regex Measure();
}
