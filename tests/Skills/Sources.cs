using EbpfCnf.Templates.Tests.Support;

namespace EbpfCnf.Templates.Tests.Skills;

/// <summary>Where a block comes from: a file of its skill, or one of a generated project.</summary>
sealed record SourceReference(string? Hook, string? Function, string File, string? Piece)
{
    public bool IsProject => Hook is not null;

    public static SourceReference Parse(string text)
    {
        var (place, piece) = text.Split('#', 2) switch
        {
            [var before, var after] => (before, after),
            var whole => (whole[0], (string?)null),
        };
        if (place.Split(':', 2) is not [var project, var file])
        {
            return new(null, null, place, piece);
        }

        return project.Split('/') switch
        {
            ["project"] => new("tcx", "monitor", file, piece),
            ["project", var hook] => new(hook, "monitor", file, piece),
            ["project", var hook, var function] => new(hook, function, file, piece),
            _ => throw new FormatException($"'{text}' is no source"),
        };
    }
}

/// <summary>Generated projects, made when first asked for.</summary>
sealed class Projects : IDisposable
{
    public const string Name = "my-cnf";

    readonly Lazy<TemplateEngine> engine = new(() => TemplateEngine.Open(Repository.Templates));
    readonly Dictionary<(string Hook, string Function), GeneratedProject> projects = [];

    public GeneratedProject Get(string hook, string function = "monitor")
    {
        if (!projects.TryGetValue((hook, function), out var project))
        {
            Dictionary<string, string> options = new() { ["hook"] = hook, ["function"] = function };
            project = engine.Value.Generate("ebpf-cnf", Name, options).GetAwaiter().GetResult();
            projects.Add((hook, function), project);
        }

        return project;
    }

    public GeneratedProject Skills(string name, Dictionary<string, string> options) => engine.Value.Generate("cnf-skills", name, options).GetAwaiter().GetResult();

    public void Dispose()
    {
        if (engine.IsValueCreated)
        {
            engine.Value.Dispose();
        }
    }
}

/// <summary>Compares blocks with their sources.</summary>
sealed class BlockCheck(Projects projects)
{
    public IEnumerable<string> Findings(Skill skill) => skill.Blocks.Select(block => Finding(skill, block)).OfType<string>();

    public string? Finding(Skill skill, Block block)
    {
        if (block.Source is null)
        {
            return $"{skill}/{block}: names no source";
        }

        try
        {
            var reference = SourceReference.Parse(block.Source);
            var expected = Expected(skill, reference);
            if (expected != block.Text)
            {
                return $"{skill}/{block}: differs from {block.Source}: {FirstDifference(block.Text, expected)}";
            }

            return Languages(reference).Contains(block.Language)
                ? null
                : $"{skill}/{block}: is tagged '{block.Language}', but {block.Source} is {string.Join(" or ", Languages(reference))}";
        }
        catch (Exception exception) when (exception is FormatException or FileNotFoundException or KeyNotFoundException or DirectoryNotFoundException or Xunit.Sdk.XunitException)
        {
            return $"{skill}/{block}: {block.Source}: {exception.Message}";
        }
    }

    /// <summary>Writes the sources' text into the blocks, for a person to review.</summary>
    public void Fill(Skill skill)
    {
        foreach (var document in skill.Documents)
        {
            List<string> lines = [.. document.Lines];
            foreach (var block in document.Blocks.Where(block => block.Source is not null).Reverse())
            {
                lines.RemoveRange(block.Line, block.Text.Count(c => c == '\n'));
                lines.InsertRange(block.Line, Expected(skill, SourceReference.Parse(block.Source!)).TrimEnd('\n').Split('\n'));
            }

            File.WriteAllText(skill.PathOf(document.Name), string.Join('\n', lines));
        }
    }

    public string Expected(Skill skill, SourceReference reference)
    {
        if (reference is { Piece: "message", IsProject: false })
        {
            return new Asset(skill, reference.File).MessageBlock;
        }

        var text = reference.IsProject ? projects.Get(reference.Hook!, reference.Function!).Text(reference.File) : skill.Text(reference.File);
        return reference.Piece is null ? text : Excerpt.Pieces(reference.File, text, reference.Piece);
    }

    public static string Kind(SourceReference reference) => Languages(reference)[0];

    static string[] Languages(SourceReference reference) => Path.GetFileName(reference.File) switch
    {
        _ when reference.Piece == "message" => ["text"],
        "Makefile" => ["makefile"],
        var name => Path.GetExtension(name) switch
        {
            ".c" or ".h" => ["c"],
            ".go" => ["go"],
            ".sh" => ["sh", "bash"],
            ".mk" => ["makefile"],
            ".yaml" or ".yml" => ["yaml"],
            ".json" => ["json"],
            ".out" => ["text"],
            _ => throw new FormatException("no kind of file that can be proven"),
        },
    };

    static string FirstDifference(string actual, string expected)
    {
        var (left, right) = (actual.Split('\n'), expected.Split('\n'));
        var line = left.Zip(right).TakeWhile(pair => pair.First == pair.Second).Count();
        return $"line {line + 1} is '{left.ElementAtOrDefault(line)}' instead of '{right.ElementAtOrDefault(line)}'";
    }
}
