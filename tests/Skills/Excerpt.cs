using System.Text.RegularExpressions;

namespace EbpfCnf.Templates.Tests.Skills;

/// <summary>Cuts a named piece out of a source file.</summary>
static partial class Excerpt
{
    /// <summary>Pieces separated by commas, joined by an empty line.</summary>
    public static string Pieces(string file, string text, string names) =>
        string.Join('\n', names.Split(',').Select(name => Region(text, name) ?? Symbol(file, text, name) ?? throw new FormatException($"{file} has no '{name}'")));

    static string? Region(string text, string name)
    {
        var lines = Lines(text);
        var begin = lines.FindIndex(line => Begin().Match(line) is { Success: true } match && match.Groups[1].Value == name);
        if (begin < 0)
        {
            return null;
        }

        var end = lines.FindIndex(begin, line => End().IsMatch(line));
        return end < 0 ? throw new FormatException($"snippet '{name}' has no end") : Join(lines.GetRange(begin + 1, end - begin - 1));
    }

    static string? Symbol(string file, string text, string name)
    {
        var declares = Declaration(file, name);
        List<List<string>> found = [.. Items(Lines(text), parentheses: file.EndsWith(".go", StringComparison.Ordinal)).Where(item => item.Any(line => declares.IsMatch(line)))];
        // A prototype declares the name as well; what has a body is the definition.
        return (found.FirstOrDefault(item => item.Any(line => line.Contains('{'))) ?? found.FirstOrDefault()) is { } symbol ? Join(symbol) : null;
    }

    static Regex Declaration(string file, string name)
    {
        var symbol = Regex.Escape(name.Split('.')[^1]);
        var pattern = Path.GetExtension(file) switch
        {
            ".go" when name.Contains('.') => $@"^func \(\w+ \*?{Regex.Escape(name.Split('.')[0])}(\[\w+\])?\) {symbol}\(",
            ".go" => $@"^(func|type|var|const) {symbol}\b",
            ".c" or ".h" => $@"^(struct|union|enum) {symbol} \{{|^\}} {symbol}\b|^#define {symbol}\b|^(?![\s/*#}}]).*\b{symbol}(\(| =|;|\[)",
            ".sh" => $@"^{symbol}\(\) ?\{{",
            _ => $@"^{symbol}( ?[:?+]?= ?|:)",
        };
        return new(pattern);
    }

    /// <summary>Top-level items: lines without an empty one between them, outside of braces. Go's groups are in parentheses; a shell's case has unbalanced ones.</summary>
    static IEnumerable<List<string>> Items(List<string> lines, bool parentheses)
    {
        List<string> item = [];
        var depth = 0;
        var inComment = false;
        foreach (var line in lines)
        {
            if (line == "" && depth == 0 && !inComment)
            {
                if (item.Count > 0)
                {
                    yield return item;
                }

                item = [];
                continue;
            }

            item.Add(line);
            inComment = inComment ? !line.Contains("*/") : line.Contains("/*") && !line[line.IndexOf("/*", StringComparison.Ordinal)..].Contains("*/");
            var code = Literal().Replace(line, "");
            depth += code.Count(c => c == '{' || (parentheses && c == '(')) - code.Count(c => c == '}' || (parentheses && c == ')'));
        }

        if (item.Count > 0)
        {
            yield return item;
        }
    }

    static List<string> Lines(string text) => [.. text.TrimEnd('\n').Split('\n')];

    static string Join(List<string> lines) => string.Concat(lines.Where(line => !Begin().IsMatch(line) && !End().IsMatch(line)).Select(line => line + "\n"));

    [GeneratedRegex(@"^\s*(?:/\*|//|#) snippet: (\S+)(?: \*/)?$")]
    private static partial Regex Begin();

    [GeneratedRegex(@"^\s*(?:/\*|//|#) end snippet(?: \*/)?$")]
    private static partial Regex End();

    [GeneratedRegex("""("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|//.*$|/\*.*?\*/|^\s*\*.*$)""")]
    private static partial Regex Literal();
}
