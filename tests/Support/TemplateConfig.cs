using System.Text.Json;
using System.Text.Json.Serialization;

namespace EbpfCnf.Templates.Tests.Support;

/// <summary>
/// template.json, read strictly: the engine ignores a key that it does not know, so a misspelt one would pass unseen.
/// What is not declared here is refused; a template that needs more of the format adds it here.
/// </summary>
sealed record TemplateConfig
{
    static readonly JsonSerializerOptions Strict = new()
    {
        AllowDuplicateProperties = false,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        RespectNullableAnnotations = true,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    };

    [JsonPropertyName("$schema")]
    public required string Schema { get; init; }

    public required string Author { get; init; }

    public required string[] Classifications { get; init; }

    public required string Identity { get; init; }

    public required string GroupIdentity { get; init; }

    public required string Name { get; init; }

    public required string ShortName { get; init; }

    public required string Description { get; init; }

    public required TemplateTags Tags { get; init; }

    public bool PreferNameDirectory { get; init; }

    public OrderedDictionary<string, TemplateSymbol> Symbols { get; init; } = [];

    public OrderedDictionary<string, TemplateForm> Forms { get; init; } = [];

    public TemplateSource[] Sources { get; init; } = [];

    [JsonPropertyName("SpecialCustomOperations")]
    public OrderedDictionary<string, TemplateOperations> SpecialCustomOperations { get; init; } = [];

    public TemplatePostAction[] PostActions { get; init; } = [];

    public static TemplateConfig Load(string template) =>
        LoadFrom(Path.Combine(Repository.Templates, template));

    public static TemplateConfig LoadFrom(string folder) =>
        Parse<TemplateConfig>(Path.Combine(folder, ".template.config", "template.json"));

    public static TemplateHostConfig LoadHostFrom(string folder) =>
        Parse<TemplateHostConfig>(Path.Combine(folder, ".template.config", "dotnetcli.host.json"));

    /// <summary>The full product of choices and flags.</summary>
    public IEnumerable<Dictionary<string, string>> Combinations()
    {
        IEnumerable<Dictionary<string, string>> product = [[]];
        foreach (var (name, symbol) in Symbols)
        {
            if (symbol.CombinedValues() is { Count: > 0 } values)
            {
                product = product.SelectMany(_ => values, (options, value) => new Dictionary<string, string>(options) { [name] = value });
            }
        }

        return product;
    }

    static T Parse<T>(string path) =>
        JsonSerializer.Deserialize<T>(File.ReadAllBytes(path), Strict) ?? throw new JsonException($"{path} is null.");
}

sealed record TemplateTags
{
    public required string Language { get; init; }

    public required string Type { get; init; }
}

sealed record TemplateSymbol
{
    public required string Type { get; init; }

    public string? Datatype { get; init; }

    public bool AllowMultipleValues { get; init; }

    public string? DefaultValue { get; init; }

    public string? DisplayName { get; init; }

    public string? Description { get; init; }

    public string? Replaces { get; init; }

    public string? FileRename { get; init; }

    public string? IsRequired { get; init; }

    public TemplateChoice[]? Choices { get; init; }

    public string? ValueSource { get; init; }

    public string? ValueTransform { get; init; }

    public string? Generator { get; init; }

    public TemplateGenerator? Parameters { get; init; }

    public string? Value { get; init; }

    /// <summary>Every value that a person can choose; none for free text and for what the engine works out.</summary>
    public IReadOnlyList<string> Values() => this switch
    {
        { Type: "parameter", Datatype: "choice" } => [.. Choices!.Select(choice => choice.Choice)],
        { Type: "parameter", Datatype: "bool" } => ["true", "false"],
        _ => [],
    };

    /// <summary>The values to combine with those of other symbols: of a list, its default and each member alone.</summary>
    public IReadOnlyList<string> CombinedValues() => AllowMultipleValues ? [DefaultValue!, .. Values()] : Values();
}

sealed record TemplateChoice
{
    public required string Choice { get; init; }

    public string? DisplayName { get; init; }

    public required string Description { get; init; }
}

sealed record TemplateGenerator
{
    public string? SourceVariableName { get; init; }

    public string? FallbackVariableName { get; init; }

    public string? Value { get; init; }

    public string? Separator { get; init; }

    public TemplateJoinPart[]? Symbols { get; init; }
}

sealed record TemplateJoinPart
{
    public required string Type { get; init; }

    public required string Value { get; init; }
}

sealed record TemplateForm
{
    public required string Identifier { get; init; }

    public string? Pattern { get; init; }

    public string? Replacement { get; init; }

    public string[]? Steps { get; init; }
}

sealed record TemplateSource
{
    public required string Source { get; init; }

    public required string Target { get; init; }

    public string[] CopyOnly { get; init; } = [];

    public string? Condition { get; init; }
}

sealed record TemplateOperations
{
    public required string FlagPrefix { get; init; }

    public required TemplateOperation[] Operations { get; init; }
}

sealed record TemplateOperation
{
    public required string Type { get; init; }

    public required TemplateConditional Configuration { get; init; }
}

sealed record TemplateConditional
{
    public string? Style { get; init; }

    public string? StartToken { get; init; }

    public string? EndToken { get; init; }

    public string? KeywordPrefix { get; init; }

    public string[]? If { get; init; }

    public string[]? Elseif { get; init; }

    public string[]? Else { get; init; }

    public string[]? Endif { get; init; }

    public bool Trim { get; init; }

    public bool WholeLine { get; init; }

    public string? Evaluator { get; init; }
}

sealed record TemplatePostAction
{
    public required string Id { get; init; }

    public required string Description { get; init; }

    public required string ActionId { get; init; }

    public string? Condition { get; init; }

    public bool ContinueOnError { get; init; }

    public bool ApplyFileRenamesToManualInstructions { get; init; }

    public required TemplateInstruction[] ManualInstructions { get; init; }
}

sealed record TemplateInstruction
{
    public string? Id { get; init; }

    public string? Condition { get; init; }

    public required string Text { get; init; }
}

sealed record TemplateHostConfig
{
    [JsonPropertyName("$schema")]
    public required string Schema { get; init; }

    public OrderedDictionary<string, TemplateHostSymbol> SymbolInfo { get; init; } = [];
}

sealed record TemplateHostSymbol
{
    public string? LongName { get; init; }

    public string? ShortName { get; init; }

    public bool IsHidden { get; init; }
}
