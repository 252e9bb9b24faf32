using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.Serialization;

namespace EbpfCnf.Templates.Tests.Skills;

/// <summary>What can be said about a skill by reading it.</summary>
sealed partial class SkillFormat(Skill skill)
{
    public const int LeastTokens = 800;
    public const int MostTokens = 2500;
    public const int MostLines = 300;
    public const int MostDescription = 500;
    public const int LeastPitfalls = 8;
    public const int LinesWithoutContents = 100;

    static readonly string[] Fields = ["name", "description", "license", "compatibility", "metadata", "allowed-tools"];

    static readonly string[] Headings =
        ["When to use", "Decide", "Smallest complete example", "Patterns", "Pitfalls", "Before you say done", "Related skills"];

    static readonly string[] Folders = ["assets", "references", "scripts"];

    readonly List<string> findings = [];

    public static IReadOnlyList<string> Check(Skill skill)
    {
        SkillFormat format = new(skill);
        format.CheckEverything();
        return [.. format.findings.Select(finding => $"{skill}/{finding}")];
    }

    void CheckEverything()
    {
        if (skill.Main is not { } main)
        {
            findings.Add("SKILL.md: is missing");
            return;
        }

        CheckFrontMatter(main);
        CheckSize(main);
        CheckHeadings(main);
        CheckPitfalls(main);
        CheckSubstitution(main);
        CheckSiblings(main);
        CheckFiles(main);
        foreach (var document in skill.Documents)
        {
            findings.AddRange(document.Findings);
            CheckLinks(document);
            CheckContents(document);
            CheckTables(document);
        }

        findings.AddRange(Numbers.Findings(skill));
        findings.AddRange(skill.Assets.SelectMany(asset => asset.Findings()));
    }

    void CheckFrontMatter(MarkdownFile main)
    {
        var end = main.Lines.Skip(1).ToList().IndexOf("---");
        if (main.Lines[0] != "---" || end < 0)
        {
            findings.Add("SKILL.md: does not begin with front matter between two lines of ---");
            return;
        }

        var raw = string.Join('\n', main.Lines.Skip(1).Take(end));
        Dictionary<string, object> fields;
        try
        {
            fields = new DeserializerBuilder().WithDuplicateKeyChecking().Build().Deserialize<Dictionary<string, object>>(raw) ?? [];
        }
        catch (YamlException exception)
        {
            findings.Add($"SKILL.md: front matter: {exception.Message}");
            return;
        }

        foreach (var field in fields.Keys.Except(Fields))
        {
            findings.Add($"SKILL.md: '{field}' is not a field that every agent knows");
        }

        if (raw.Contains("---"))
        {
            findings.Add("SKILL.md: front matter has --- inside, where simple readers cut it");
        }

        CheckName(fields.GetValueOrDefault("name") as string ?? "");
        CheckDescription(fields.GetValueOrDefault("description") as string ?? "", raw);

        if (fields.GetValueOrDefault("compatibility") is { } compatibility && compatibility is not string { Length: > 0 and <= 500 })
        {
            findings.Add("SKILL.md: compatibility is not a text of up to 500 characters");
        }

        if (fields.GetValueOrDefault("metadata") is { } metadata && (metadata is not Dictionary<object, object> map || map.Values.Any(value => value is not string)))
        {
            findings.Add("SKILL.md: metadata is not a map of texts");
        }

        if (fields.GetValueOrDefault("license") as string is null or "")
        {
            findings.Add("SKILL.md: says no license");
        }
    }

    void CheckName(string name)
    {
        if (!KebabCase().IsMatch(name) || name.Length > 64)
        {
            findings.Add($"SKILL.md: name '{name}' is not lower case words with single hyphens, 64 characters at most");
        }

        if (name != skill.Name)
        {
            findings.Add($"SKILL.md: name '{name}' is not the folder's, '{skill.Name}'");
        }
    }

    void CheckDescription(string description, string raw)
    {
        if (description.Length is 0 or >= MostDescription)
        {
            findings.Add($"SKILL.md: description has {description.Length} characters; 1 to {MostDescription - 1} fit every agent's list");
        }

        if (description.IndexOfAny(['<', '>']) >= 0)
        {
            findings.Add("SKILL.md: description has angle brackets");
        }

        if (!Regex.IsMatch(raw, """^description: "[^"]*"$""", RegexOptions.Multiline))
        {
            findings.Add("SKILL.md: description is not in double quotes on one line");
        }

        // "Parses packets ...", not "I parse", "You can", "Use this to".
        if (!Regex.IsMatch(description, @"^[A-Z][a-z]+s\b") || Regex.IsMatch(description, @"\b(I|you|your|we)\b", RegexOptions.IgnoreCase))
        {
            findings.Add("SKILL.md: description does not begin with a verb in the third person, or speaks to somebody");
        }

        if (!description.Contains("Use when ") || !description.Contains("Not for "))
        {
            findings.Add("SKILL.md: description lacks 'Use when …' or 'Not for …'");
        }

        if (!Skill.Names.Where(name => name != skill.Name).Any(description.Contains))
        {
            findings.Add("SKILL.md: description names no sibling for what it is not for");
        }
    }

    void CheckSize(MarkdownFile main)
    {
        if (main.Lines.Count > MostLines)
        {
            findings.Add($"SKILL.md: has {main.Lines.Count} lines; {MostLines} at most");
        }

        var tokens = Tokens(main.Text);
        if (tokens is < LeastTokens or > MostTokens)
        {
            findings.Add($"SKILL.md: has about {tokens} tokens; {LeastTokens} to {MostTokens} work best");
        }
    }

    /// <summary>The usual estimate of four characters for each.</summary>
    public static int Tokens(string text) => text.Length / 4;

    void CheckHeadings(MarkdownFile main)
    {
        string[] actual = [.. main.Headings.Where(heading => heading.Level == 2).Select(heading => heading.Text)];
        if (!actual.SequenceEqual(Headings))
        {
            findings.Add($"SKILL.md: its headings are '{string.Join(", ", actual)}' instead of '{string.Join(", ", Headings)}'");
        }

        if (main.Section("Decide") is { } decide && !main.Rows.Any(row => row.Line >= decide.First && row.Line <= decide.Last))
        {
            findings.Add("SKILL.md: 'Decide' has no table");
        }

        if (main.Section("Smallest complete example") is { } example && !main.Blocks.Any(block => block.Line >= example.First && block.Line <= example.Last))
        {
            findings.Add("SKILL.md: 'Smallest complete example' has no code");
        }

        if (main.Section("Before you say done") is { } check && !main.InlineCode().Any(code => code.Line >= check.First && code.Line <= check.Last && CommandNames.IsCommand(code.Code)))
        {
            findings.Add("SKILL.md: 'Before you say done' has no command to run");
        }
    }

    void CheckPitfalls(MarkdownFile main)
    {
        string[] assets = [.. skill.Assets.Where(asset => asset.IsPitfall).Select(asset => asset.Slug).Distinct().Order(StringComparer.Ordinal)];
        var section = main.Section("Pitfalls") ?? (0, -1);
        string[] rows =
        [
            .. from link in main.Links()
               where link.Line >= section.First && link.Line <= section.Last
               let match = PitfallLink().Match(link.Target)
               where match.Success
               select match.Groups[1].Value,
        ];
        var text = skill.Documents.FirstOrDefault(document => document.Name == "references/pitfalls.md");
        string[] sections = text is null ? [] : [.. text.Headings.Where(heading => heading is { Level: 2, Text: not "Contents" }).Select(heading => heading.Text)];

        MustBeSame("assets/pitfalls", assets, "rows under 'Pitfalls'", rows);
        MustBeSame("assets/pitfalls", assets, "sections of references/pitfalls.md", sections);
        if (assets.Length < LeastPitfalls)
        {
            findings.Add($"SKILL.md: has {assets.Length} pitfalls; {LeastPitfalls} at least");
        }

        foreach (var slug in sections.Intersect(assets))
        {
            var (first, last) = text!.Section(slug)!.Value;
            Block[] blocks = [.. text.Blocks.Where(block => block.Line >= first && block.Line <= last)];
            var own = $"assets/pitfalls/{slug}";
            if (!blocks.Any(block => block.Source?.StartsWith(own, StringComparison.Ordinal) == true && !block.Source.EndsWith("#message", StringComparison.Ordinal)))
            {
                findings.Add($"references/pitfalls.md: '{slug}' does not show the wrong code");
            }

            if (!blocks.Any(block => block.Source?.StartsWith(own, StringComparison.Ordinal) == true && block.Source.EndsWith("#message", StringComparison.Ordinal)))
            {
                findings.Add($"references/pitfalls.md: '{slug}' does not show the message");
            }
        }
    }

    void MustBeSame(string one, string[] left, string other, string[] right)
    {
        foreach (var name in left.Except(right))
        {
            findings.Add($"SKILL.md: '{name}' is in {one}, but not in {other}");
        }

        foreach (var name in right.Except(left))
        {
            findings.Add($"SKILL.md: '{name}' is in {other}, but not in {one}");
        }

        foreach (var name in right.GroupBy(name => name).Where(names => names.Count() > 1).Select(names => names.Key))
        {
            findings.Add($"SKILL.md: '{name}' is in {other} twice");
        }
    }

    void CheckSubstitution(MarkdownFile main)
    {
        for (var i = 0; i < main.Lines.Count; i++)
        {
            var line = main.Lines[i];
            if (Positional().IsMatch(line) || line.Contains("${CLAUDE", StringComparison.Ordinal))
            {
                findings.Add($"SKILL.md:{i + 1}: agents replace words such as $1 when they load the skill");
            }

            if (Executed().IsMatch(line))
            {
                findings.Add($"SKILL.md:{i + 1}: agents execute !`command` and ```! when they load the skill");
            }

            if (Attached().IsMatch(line))
            {
                findings.Add($"SKILL.md:{i + 1}: agents attach the file that @path names");
            }
        }

        foreach (var file in skill.Files)
        {
            var text = skill.Text(file);
            if (Forbidden().Match(text) is { Success: true } word)
            {
                findings.Add($"{file}: mentions {word.Value}");
            }

            if (text.Contains('\r') || text.StartsWith('\uFEFF') || !text.EndsWith('\n'))
            {
                findings.Add($"{file}: has CR, a byte order mark, or no newline at the end");
            }
        }
    }

    void CheckSiblings(MarkdownFile main)
    {
        foreach (var document in skill.Documents)
        {
            foreach (var (line, code) in document.InlineCode().Where(span => SkillLike().IsMatch(span.Code) && !Skill.Names.Contains(span.Code)))
            {
                findings.Add($"{document.Name}:{line}: there is no skill '{code}'");
            }
        }

        var related = main.Section("Related skills") ?? (0, -1);
        HashSet<string> named = [.. main.InlineCode().Where(span => span.Line >= related.First && span.Line <= related.Last).Select(span => span.Code)];
        foreach (var sibling in Skill.Names.Where(name => name != skill.Name && !named.Contains(name)))
        {
            findings.Add($"SKILL.md: 'Related skills' does not name `{sibling}`");
        }
    }

    void CheckFiles(MarkdownFile main)
    {
        HashSet<string> linked = [.. main.Links().Select(link => link.Target.Split('#')[0])];
        foreach (var file in skill.Files.Where(file => file != "SKILL.md"))
        {
            var parts = file.Split('/');
            if (!Folders.Contains(parts[0]) || (parts[0] == "references" && parts.Length != 2))
            {
                findings.Add($"{file}: lies neither directly in references nor in assets or scripts");
            }

            if (parts[0] == "references" && !linked.Contains(file))
            {
                findings.Add($"{file}: SKILL.md does not say when to read it");
            }
        }
    }

    void CheckLinks(MarkdownFile document)
    {
        foreach (var (line, target) in document.Links())
        {
            if (target.StartsWith("https://", StringComparison.Ordinal))
            {
                continue;
            }

            var (file, anchor) = target.Split('#', 2) is [var before, var after] ? (before, after) : (target, null);
            // Paths are relative to the skill's folder in every document.
            var name = file == "" ? document.Name : file;
            if (name.Split('/').Contains("..") || Path.IsPathRooted(name) || !skill.Files.Contains(name))
            {
                findings.Add($"{document.Name}:{line}: the link '{target}' leads to no file of the skill");
            }
            else if (anchor is not null && skill.Documents.FirstOrDefault(candidate => candidate.Name == name)?.Headings.Any(heading => heading.Slug == anchor) != true)
            {
                findings.Add($"{document.Name}:{line}: the link '{target}' leads to no heading");
            }
        }
    }

    void CheckContents(MarkdownFile document)
    {
        if (document.Name != "SKILL.md" && document.Lines.Count > LinesWithoutContents && document.Headings.All(heading => heading.Text != "Contents"))
        {
            findings.Add($"{document.Name}: has {document.Lines.Count} lines and no 'Contents'");
        }
    }

    void CheckTables(MarkdownFile document)
    {
        foreach (var row in document.Rows.Where(row => row.Cells.GetValueOrDefault("Source") is "" or "-"))
        {
            findings.Add($"{document.Name}:{row.Line}: the row has no source");
        }

        foreach (var row in document.Rows.Where(row => row.Cells.ContainsKey("Minimum") && row.Cells.ContainsKey("Proof")))
        {
            var proof = row.Cells["Proof"].Trim('`');
            var asset = skill.Assets.FirstOrDefault(asset => asset.File == proof);
            if (proof.StartsWith("assets/", StringComparison.Ordinal) && (asset is null || (asset.From ?? asset.Before) != row.Cells["Minimum"]))
            {
                findings.Add($"{document.Name}:{row.Line}: {proof} does not show that the minimum is {row.Cells["Minimum"]}");
            }

            if (proof.StartsWith("Test", StringComparison.Ordinal) && !skill.Files.Any(file => file.EndsWith("_test.go", StringComparison.Ordinal) && skill.Text(file).Contains($"func {proof}(")))
            {
                findings.Add($"{document.Name}:{row.Line}: there is no test {proof}");
            }
        }
    }

    [GeneratedRegex("^[a-z0-9]+(-[a-z0-9]+)*$")]
    private static partial Regex KebabCase();

    [GeneratedRegex(@"^references/pitfalls\.md#([a-z0-9-]+)$")]
    private static partial Regex PitfallLink();

    [GeneratedRegex(@"(?<!\\)\$(\d|ARGUMENTS)")]
    private static partial Regex Positional();

    [GeneratedRegex(@"(^|\s)!`|^\s*```+\s*!")]
    private static partial Regex Executed();

    [GeneratedRegex(@"(^|\s)@[\w.~/-]+/")]
    private static partial Regex Attached();

    [GeneratedRegex(@"\b[Dd][Pp][Dd][Kk]\b|\b(Claude|Codex|Copilot|Cursor|Gemini)\b|(?<![\w.])/(work|root)/")]
    private static partial Regex Forbidden();

    [GeneratedRegex("^(ebpf|cnf)-[a-z]+(-[a-z]+)*$")]
    private static partial Regex SkillLike();
}
