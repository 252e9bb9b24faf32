using System.Text.RegularExpressions;

namespace EbpfCnf.Templates.Tests.Skills;

/// <summary>A fenced block and the comment above it that says where its text comes from.</summary>
sealed record Block(string File, int Line, string Language, string Text, string? Source)
{
    public override string ToString() => $"{File}:{Line}";
}

sealed record Heading(int Line, int Level, string Text)
{
    /// <summary>The anchor that a link to the heading uses.</summary>
    public string Slug { get; } = Regex.Replace(Text.ToLowerInvariant().Replace("`", "").Replace(' ', '-'), "[^a-z0-9_-]", "");
}

sealed record Row(int Line, IReadOnlyDictionary<string, string> Cells);

sealed record ProseLine(int Line, string Text, bool IsTable);

/// <summary>As much of Markdown as a skill may use, read line by line.</summary>
sealed partial class MarkdownFile
{
    readonly List<Block> blocks = [];
    readonly List<Heading> headings = [];
    readonly List<Row> rows = [];
    readonly List<ProseLine> prose = [];
    readonly List<string> findings = [];

    public MarkdownFile(string name, string text)
    {
        Name = name;
        Text = text;
        Lines = text.Split('\n');
        Read();
    }

    public string Name { get; }

    public string Text { get; }

    public IReadOnlyList<string> Lines { get; }

    public IReadOnlyList<Block> Blocks => blocks;

    public IReadOnlyList<Heading> Headings => headings;

    /// <summary>Rows of all tables, by column.</summary>
    public IReadOnlyList<Row> Rows => rows;

    /// <summary>Everything outside fences, front matter included.</summary>
    public IReadOnlyList<ProseLine> Prose => prose;

    /// <summary>What could not be read: an unclosed or indented fence.</summary>
    public IReadOnlyList<string> Findings => findings;

    public IEnumerable<(int Line, string Code)> InlineCode() =>
        from line in prose
        from Match match in CodeSpan().Matches(line.Text)
        select (line.Line, match.Groups[1].Value);

    public IEnumerable<(int Line, string Target)> Links() =>
        from line in prose
        from Match match in Link().Matches(CodeSpan().Replace(line.Text, ""))
        select (line.Line, match.Groups[1].Value);

    /// <summary>The lines between a heading and the next one of the same or a higher level.</summary>
    public (int First, int Last)? Section(string heading)
    {
        var index = headings.FindIndex(candidate => candidate.Text == heading);
        if (index < 0)
        {
            return null;
        }

        var next = headings.Skip(index + 1).FirstOrDefault(candidate => candidate.Level <= headings[index].Level);
        return (headings[index].Line, (next?.Line ?? (Lines.Count + 1)) - 1);
    }

    void Read()
    {
        string[]? columns = null;
        for (var i = 0; i < Lines.Count; i++)
        {
            var line = Lines[i];
            if (Fence().Match(line) is { Success: true } fence)
            {
                columns = null;
                i = ReadBlock(i, fence);
                continue;
            }

            var isTable = line.StartsWith('|');
            prose.Add(new(i + 1, line, isTable));
            columns = isTable ? ReadRow(i, columns) : null;
            if (HeadingLine().Match(line) is { Success: true } heading)
            {
                headings.Add(new(i + 1, heading.Groups[1].Length, heading.Groups[2].Value));
            }
        }
    }

    int ReadBlock(int first, Match fence)
    {
        var (indent, mark, language) = (fence.Groups[1].Value, fence.Groups[2].Value, fence.Groups[3].Value.Trim());
        var last = first + 1;
        while (last < Lines.Count && Lines[last].Trim() != mark)
        {
            last++;
        }

        if (last == Lines.Count)
        {
            findings.Add($"{Name}:{first + 1}: the fence is never closed");
            return last;
        }

        if (indent != "" || mark != "```")
        {
            findings.Add($"{Name}:{first + 1}: a fence is three back-quotes at the start of a line");
        }

        var source = first > 0 ? SourceComment().Match(Lines[first - 1]) : Match.Empty;
        var text = string.Concat(Lines.Skip(first + 1).Take(last - first - 1).Select(line => line + "\n"));
        blocks.Add(new(Name, first + 1, language, text, source.Success ? source.Groups[1].Value : null));
        return last;
    }

    string[]? ReadRow(int index, string[]? columns)
    {
        string[] cells = [.. Lines[index].Trim().Trim('|').Replace("\\|", "\u0001").Split('|').Select(cell => cell.Replace('\u0001', '|').Trim())];
        if (columns is null)
        {
            return cells;
        }

        if (cells.All(cell => cell.Trim('-', ':') == ""))
        {
            return columns;
        }

        if (cells.Length != columns.Length)
        {
            findings.Add($"{Name}:{index + 1}: the row has {cells.Length} cells and the table {columns.Length} columns");
            return columns;
        }

        rows.Add(new(index + 1, columns.Zip(cells).ToDictionary(pair => pair.First, pair => pair.Second)));
        return columns;
    }

    [GeneratedRegex(@"^(\s*)(`{3,}|~{3,})(.*)$")]
    private static partial Regex Fence();

    [GeneratedRegex(@"^<!-- source: (\S+) -->$")]
    private static partial Regex SourceComment();

    [GeneratedRegex(@"^(#{1,6}) (.+)$")]
    private static partial Regex HeadingLine();

    [GeneratedRegex(@"`([^`]+)`")]
    private static partial Regex CodeSpan();

    [GeneratedRegex(@"\[[^\]]*\]\(([^)\s]+)\)")]
    private static partial Regex Link();
}
