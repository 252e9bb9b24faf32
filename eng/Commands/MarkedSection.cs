namespace EbpfCnf.Eng.Commands;

/// <summary>The part of a document that a command writes, between two comments: <c>&lt;!-- name --&gt;</c> and <c>&lt;!-- /name --&gt;</c>.</summary>
static class MarkedSection
{
    public static void Replace(string file, string name, string content)
    {
        var (begin, end) = ($"<!-- {name} -->", $"<!-- /{name} -->");
        var text = File.ReadAllText(file);
        var from = text.IndexOf(begin, StringComparison.Ordinal);
        var to = text.IndexOf(end, StringComparison.Ordinal);
        if (from < 0 || to < from)
        {
            throw new Problem($"{Path.GetFileName(file)} lacks the lines {begin} and {end}", "put them where the section shall stand");
        }

        File.WriteAllText(file, $"{text[..(from + begin.Length)]}\n{content.Trim()}\n{text[to..]}");
    }
}
