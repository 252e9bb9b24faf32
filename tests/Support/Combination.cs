using System.Collections.Concurrent;
using System.Text.Json;
using Xunit.Abstractions;

namespace EbpfCnf.Templates.Tests.Support;

/// <summary>One combination of options, such as <c>hook=tcx function=monitor github=false</c>.</summary>
public sealed class Combination(IReadOnlyDictionary<string, string> options) : IXunitSerializable
{
    [Obsolete("For xunit, which fills it by Deserialize.")]
    public Combination()
        : this(new Dictionary<string, string>())
    {
    }

    public IReadOnlyDictionary<string, string> Options { get; private set; } = options;

    public string this[string option] => Options[option];

    public bool Has(Combination part) => part.Options.All(option => Options[option.Key] == option.Value);

    public Combination Only(params string[] names) => new(Options.Where(option => names.Contains(option.Key)).ToDictionary());

    public override string ToString() => string.Join(' ', Options.Select(option => $"{option.Key}={option.Value}"));

    public void Serialize(IXunitSerializationInfo info) => info.AddValue("options", JsonSerializer.Serialize(Options));

    public void Deserialize(IXunitSerializationInfo info) =>
        Options = JsonSerializer.Deserialize<Dictionary<string, string>>(info.GetValue<string>("options"))!;
}

/// <summary>What ebpf-cnf offers, read from template.json so that no test forgets a new option.</summary>
static class Offered
{
    static readonly TemplateConfig Config = TemplateConfig.Load("ebpf-cnf");

    static readonly ConcurrentDictionary<string, Lazy<Task<GeneratedProject>>> Projects = new();

    public static IReadOnlyList<string> Hooks { get; } = Config.Symbols["hook"].Values();

    public static IReadOnlyList<string> Functions { get; } = Config.Symbols["function"].Values();

    /// <summary>The full product of options, without the pairs of hook and function that make no sense.</summary>
    public static IReadOnlyList<Combination> Combinations { get; } =
        [.. Config.Combinations().Select(options => new Combination(options)).Where(combination => GoTogether(combination["hook"], combination["function"]))];

    /// <summary>Every pair of hook and function.</summary>
    public static IReadOnlyList<Combination> Variants { get; } =
    [
        .. Combinations
            .Select(combination => combination.Only("hook", "function"))
            .DistinctBy(variant => variant.ToString()),
    ];

    /// <summary>A hook and a function, and what one gets when one says nothing else.</summary>
    public static Combination Default(string hook, string function = "monitor") => With(hook, function, symbol => symbol.DefaultValue!);

    /// <summary>A hook and a function, and nothing else.</summary>
    public static Combination Bare(string hook, string function = "monitor") => With(hook, function, _ => "false");

    /// <summary>Every pair that the template must refuse.</summary>
    public static IEnumerable<(string Hook, string Function)> Refused =>
        from hook in Hooks from function in Functions where !GoTogether(hook, function) select (hook, function);

    static bool GoTogether(string hook, string function) => function switch
    {
        "monitor" => true,
        "load-balancer" => hook is "xdp" or "tcx",
        _ => hook is not ("kprobe" or "tracepoint"),
    };

    static Combination With(string hook, string function, Func<TemplateSymbol, string> other) => Combinations.Single(combination =>
        combination.Options.All(option => option.Value == option.Key switch
        {
            "hook" => hook,
            "function" => function,
            _ => other(Config.Symbols[option.Key]),
        }));

    /// <summary>The project of a combination, generated once.</summary>
    public static Task<GeneratedProject> Project(Combination combination) => Projects
        .GetOrAdd(combination.ToString(), _ => new(async () => await (await TemplateEngine.Packed).Generate("ebpf-cnf", "my-cnf", combination.Options)))
        .Value;
}
