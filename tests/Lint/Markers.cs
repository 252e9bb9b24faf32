using System.Text.RegularExpressions;

namespace EbpfCnf.Templates.Tests.Lint;

readonly record struct Marker(int Line, string Keyword, string Condition);

/// <summary>The <c>cnf:if</c> markers of one file, and what is wrong with them.</summary>
static partial class Markers
{
    public static IEnumerable<Marker> In(string text)
    {
        var lines = text.Split('\n');
        for (var index = 0; index < lines.Length; index++)
        {
            foreach (Match match in Keyword.Matches(lines[index]))
            {
                yield return new(index + 1, match.Groups["keyword"].Value, match.Groups["rest"].Value.Trim());
            }
        }
    }

    public static IEnumerable<string> Findings(string path, string text)
    {
        var form = path.EndsWith(".md", StringComparison.Ordinal) ? MarkdownLine : CodeLine;
        var lines = text.Split('\n');
        Stack<Marker> open = new();

        foreach (var marker in In(text))
        {
            if (!form.IsMatch(lines[marker.Line - 1]))
            {
                yield return $"{path}:{marker.Line}: the engine does not take '{lines[marker.Line - 1].Trim()}' for a marker in this kind of file";
            }

            switch (marker.Keyword)
            {
                case "if":
                    open.Push(marker);
                    break;
                case "endif" when open.Count == 0:
                    yield return $"{path}:{marker.Line}: endif without if";
                    break;
                case "endif":
                    open.Pop();
                    break;
                case "else" or "elseif" when open.Count == 0:
                    yield return $"{path}:{marker.Line}: {marker.Keyword} without if";
                    break;
            }
        }

        foreach (var marker in open.Reverse())
        {
            yield return $"{path}:{marker.Line}: if without endif; the engine would drop the rest of the file";
        }
    }

    public static string ConditionOf(Marker marker) =>
        marker.Condition.EndsWith("-->", StringComparison.Ordinal) ? marker.Condition[..^3].Trim() : marker.Condition;

    [GeneratedRegex(@"cnf:(?<keyword>if|elseif|else|endif)\b(?<rest>.*)")]
    static partial Regex Keyword { get; }

    [GeneratedRegex(@"^\s*(//|#)cnf:((if|elseif) \(.*\)|else|endif)$")]
    static partial Regex CodeLine { get; }

    [GeneratedRegex(@"^\s*<!--cnf:((if|elseif) \(.*\)|else|endif)-->$")]
    static partial Regex MarkdownLine { get; }
}
