using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using EbpfCnf.Templates.Tests.Support;

namespace EbpfCnf.Templates.Tests.Lint;

/// <summary>Finds in a template what the engine lets pass without a word.</summary>
sealed partial class TemplateLint
{
    const string Instructions = "AC1156F7-BB77-4DB8-B28F-24EEBCCA1E5C";

    readonly string folder;
    readonly List<string> findings = [];

    TemplateLint(string folder) => this.folder = folder;

    public static IReadOnlyList<string> Check(string folder)
    {
        TemplateLint lint = new(folder);
        lint.CheckEverything();
        return lint.findings;
    }

    /// <summary>Markers and placeholders that generation has left behind in names or contents.</summary>
    public static IEnumerable<string> CheckOutput(TemplateConfig config, GeneratedProject project)
    {
        string[] leftovers =
        [
            "cnf:if", "cnf:elseif", "cnf:else", "cnf:endif",
            .. config.Symbols.Values.Select(symbol => symbol.Replaces).OfType<string>(),
            .. config.Symbols.Values.Select(symbol => symbol.FileRename).OfType<string>(),
        ];

        return
            from file in project.Files
            let text = Encoding.UTF8.GetString(file.Value)
            from leftover in leftovers.Distinct()
            where file.Key.Contains(leftover, StringComparison.Ordinal) || text.Contains(leftover, StringComparison.Ordinal)
            select $"{file.Key}: still has '{leftover}'";
    }

    void CheckEverything()
    {
        TemplateConfig config;
        TemplateHostConfig host;
        try
        {
            config = TemplateConfig.LoadFrom(folder);
            host = TemplateConfig.LoadHostFrom(folder);
        }
        catch (JsonException exception)
        {
            findings.Add(exception.Message);
            return;
        }

        CheckSymbols(config);
        CheckReferences(config);
        CheckHost(config, host);
        CheckPostActions(config);
        CheckMarkers(config);
        CheckOverlays(config);
    }

    void CheckSymbols(TemplateConfig config)
    {
        foreach (var (name, symbol) in config.Symbols.Where(symbol => symbol.Value.Type == "parameter"))
        {
            if (string.IsNullOrWhiteSpace(symbol.Description))
            {
                findings.Add($"symbol {name}: has no description");
            }

            if (symbol.DefaultValue is null && symbol.IsRequired is null)
            {
                findings.Add($"symbol {name}: has no default");
            }

            if (symbol.Datatype is "choice" or "bool" && symbol.DefaultValue is { } value)
            {
                findings.AddRange(
                    from part in symbol.AllowMultipleValues ? value.Split('|') : [value]
                    where !symbol.Values().Contains(part)
                    select $"symbol {name}: the default '{part}' is not one of its values");
            }

            foreach (var choice in symbol.Choices ?? [])
            {
                if (string.IsNullOrWhiteSpace(choice.Description))
                {
                    findings.Add($"symbol {name}: choice '{choice.Choice}' has no description");
                }
            }

            // The engine finds identifiers by their beginning: with a flag `map`, `mapper` would be true as well.
            foreach (var longer in config.Symbols.Keys.Where(other => other != name && other.StartsWith(name, StringComparison.Ordinal)))
            {
                findings.Add($"symbol {longer}: begins with the name of symbol {name}");
            }
        }
    }

    void CheckReferences(TemplateConfig config)
    {
        HashSet<string> variables = [.. config.Symbols.Keys, "name"];
        HashSet<string> forms = [.. config.Forms.Keys];

        foreach (var (name, symbol) in config.Symbols)
        {
            switch (symbol)
            {
                case { Type: "parameter", Datatype: "choice" or "bool" or "text" or "string" }:
                    break;
                case { Type: "derived", ValueSource: not null, ValueTransform: not null }:
                    MustExist(variables, symbol.ValueSource, $"symbol {name}: value source");
                    MustExist(forms, symbol.ValueTransform, $"symbol {name}: form");
                    break;
                case { Type: "generated", Generator: "constant", Parameters.Value: not null }:
                    break;
                case { Type: "generated", Generator: "coalesce", Parameters: { SourceVariableName: not null, FallbackVariableName: not null } parameters }:
                    MustExist(variables, parameters.SourceVariableName, $"symbol {name}: source variable");
                    MustExist(variables, parameters.FallbackVariableName, $"symbol {name}: fallback variable");
                    break;
                case { Type: "generated", Generator: "join", Parameters: { Symbols: not null, Separator: not null } parameters }:
                    foreach (var part in parameters.Symbols.Where(part => part.Type == "ref"))
                    {
                        MustExist(variables, part.Value, $"symbol {name}: joined variable");
                    }

                    break;
                case { Type: "computed", Value: not null }:
                    CheckCondition(config, symbol.Value, $"symbol {name}");
                    break;
                default:
                    findings.Add($"symbol {name}: is of a kind that no template here uses, or lacks a part of it");
                    break;
            }

            if (symbol.IsRequired is { } required)
            {
                CheckCondition(config, required, $"symbol {name}");
            }
        }

        foreach (var step in config.Forms.Values.SelectMany(form => form.Steps ?? []))
        {
            MustExist(forms, step, "forms: step");
        }
    }

    void MustExist(HashSet<string> known, string name, string what)
    {
        if (!known.Contains(name))
        {
            findings.Add($"{what} '{name}' does not exist");
        }
    }

    void CheckHost(TemplateConfig config, TemplateHostConfig host)
    {
        foreach (var name in host.SymbolInfo.Keys.Where(name => config.Symbols.GetValueOrDefault(name)?.Type != "parameter"))
        {
            findings.Add($"dotnetcli.host.json: there is no parameter '{name}'");
        }

        foreach (var name in config.Symbols.Where(symbol => symbol.Value.Type == "parameter").Select(symbol => symbol.Key))
        {
            if (!host.SymbolInfo.ContainsKey(name))
            {
                findings.Add($"dotnetcli.host.json: parameter '{name}' is missing, so its option gets a name by chance");
            }
        }
    }

    void CheckPostActions(TemplateConfig config)
    {
        foreach (var action in config.PostActions)
        {
            if (action.ActionId != Instructions)
            {
                findings.Add($"post action {action.Id}: is not an instruction; a script would wait for an answer that a build server cannot give");
            }

            foreach (var condition in action.ManualInstructions.Select(instruction => instruction.Condition).Append(action.Condition).OfType<string>())
            {
                CheckCondition(config, condition, $"post action {action.Id}");
            }
        }
    }

    void CheckMarkers(TemplateConfig config)
    {
        var copied = config.Sources.Where(source => source.CopyOnly.Contains(CopiedFiles.Everything)).Select(source => Root(source)).ToList();
        foreach (var file in Content().Where(file => !copied.Any(root => file.StartsWith(root, StringComparison.Ordinal))))
        {
            var text = File.ReadAllText(Path.Combine(folder, file));
            findings.AddRange(Markers.Findings(file, text));
            foreach (var marker in Markers.In(text).Where(marker => marker.Keyword is "if" or "elseif"))
            {
                CheckCondition(config, Markers.ConditionOf(marker), $"{file}:{marker.Line}");
            }
        }
    }

    Condition? CheckCondition(TemplateConfig config, string text, string where)
    {
        Condition condition;
        try
        {
            condition = Condition.Parse(text);
        }
        catch (FormatException exception)
        {
            findings.Add($"{where}: {exception.Message}");
            return null;
        }

        var before = findings.Count;
        foreach (var term in condition.Terms())
        {
            switch (term)
            {
                case Condition.Comparison comparison when !config.Symbols.ContainsKey(comparison.Symbol):
                    findings.Add($"{where}: there is no symbol '{comparison.Symbol}'");
                    break;
                case Condition.Comparison comparison when !config.Symbols[comparison.Symbol].Values().Contains(comparison.Choice):
                    findings.Add($"{where}: '{comparison.Choice}' is not a choice of {comparison.Symbol}");
                    break;
                case Condition.Flag flag when config.Symbols.GetValueOrDefault(flag.Symbol) is not ({ Datatype: "bool" } or { Type: "computed" }):
                    findings.Add($"{where}: '{flag.Symbol}' is not a flag");
                    break;
            }
        }

        return findings.Count == before ? condition : null;
    }

    void CheckOverlays(TemplateConfig config)
    {
        List<Overlay> overlays = [];
        foreach (var source in config.Sources)
        {
            var condition = source.Condition is { } text ? CheckCondition(config, text, $"source {source.Source}") : null;
            if (!FolderForm.IsMatch(source.Source) || !source.Target.StartsWith("./", StringComparison.Ordinal) || !source.Target.EndsWith('/'))
            {
                findings.Add($"source {source.Source}: source and target are not both of the form './folder/'");
                continue;
            }

            var root = Path.GetFullPath(Path.Combine(folder, source.Source));
            if (!Directory.Exists(root))
            {
                findings.Add($"source {source.Source}: the folder does not exist");
                continue;
            }

            Overlay overlay = new(root, source.Target[2..], condition, [.. Files(root)]);
            findings.AddRange(CopiedFiles.Findings(config, source, root, overlay.Files));
            overlays.Add(overlay);
        }

        CheckOwners(overlays);
        foreach (var combination in config.Combinations())
        {
            CheckCollisions(config, overlays, combination);
        }
    }

    void CheckOwners(List<Overlay> overlays)
    {
        foreach (var file in Content())
        {
            // One folder may be laid over several targets.
            var path = Path.GetFullPath(Path.Combine(folder, file));
            var owners = overlays.Select(overlay => overlay.Root).Distinct().Count(root => path.StartsWith(root, StringComparison.Ordinal));
            if (owners != 1)
            {
                findings.Add($"{file}: belongs to {owners} overlays");
            }
        }
    }

    void CheckCollisions(TemplateConfig config, List<Overlay> overlays, Dictionary<string, string> combination)
    {
        var doubles =
            from overlay in overlays
            where overlay.Condition?.Evaluate(combination) ?? true
            from file in overlay.Files
            group Path.GetRelativePath(folder, overlay.Root + file) by Rename(config, combination, overlay.Target + file) into files
            where files.Count() > 1
            select $"{string.Join(" and ", files)}: both become {files.Key}";

        findings.AddRange(doubles.Except(findings).ToList());
    }

    static string Root(TemplateSource source) => source.Source.TrimStart('.', '/');

    static string Rename(TemplateConfig config, Dictionary<string, string> combination, string path) =>
        config.Symbols
            .Where(symbol => symbol.Value.FileRename is not null && combination.ContainsKey(symbol.Key))
            .Aggregate(path, (renamed, symbol) => renamed.Replace(symbol.Value.FileRename!, combination[symbol.Key], StringComparison.Ordinal));

    IEnumerable<string> Content() => Files(folder).Where(file => !file.StartsWith(".template.config/", StringComparison.Ordinal));

    static IEnumerable<string> Files(string root) =>
        Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(root, file).Replace('\\', '/'))
            .Order(StringComparer.Ordinal);

    // A template may take from its neighbours in the package.
    [GeneratedRegex(@"^(\./|\.\./[a-z-]+/)([a-z-]+/)+$")]
    static partial Regex FolderForm { get; }

    sealed record Overlay(string Root, string Target, Condition? Condition, IReadOnlyList<string> Files);
}
