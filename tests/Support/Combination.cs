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

    public override string ToString() => string.Join(' ', Options.Select(option => $"{option.Key}={option.Value}"));

    public void Serialize(IXunitSerializationInfo info) => info.AddValue("options", JsonSerializer.Serialize(Options));

    public void Deserialize(IXunitSerializationInfo info) =>
        Options = JsonSerializer.Deserialize<Dictionary<string, string>>(info.GetValue<string>("options"))!;
}

/// <summary>What ebpf-cnf offers, read from template.json so that no test forgets a new option.</summary>
static class Offered
{
    static readonly TemplateConfig Config = TemplateConfig.Load("ebpf-cnf");

    public static IReadOnlyList<string> Hooks { get; } = Config.Symbols["hook"].Values();

    public static IReadOnlyList<Combination> Combinations { get; } = [.. Config.Combinations().Select(options => new Combination(options))];
}
