using System.Text.RegularExpressions;

namespace EbpfCnf.Templates.Tests.Skills;

enum Outcome
{
    Loads,
    Refused,
    DoesNotCompile,
    Misbehaves,
    Runs,
    Fails,
}

/// <summary>A file of a skill whose header says what must happen to it, and on which kernels.</summary>
sealed partial class Asset
{
    static readonly string[] Keys = ["proof", "from", "before", "otherwise", "message", "capabilities", "host", "shown-by", "where"];

    readonly List<(string Key, string Value)> header;

    public Asset(Skill skill, string file)
    {
        Skill = skill;
        File = file;
        header = [.. ReadHeader(skill.Text(file))];
    }

    public Skill Skill { get; }

    public string File { get; }

    public bool IsC => File.EndsWith(".bpf.c", StringComparison.Ordinal);

    public bool IsShell => File.EndsWith(".sh", StringComparison.Ordinal);

    public bool IsGo => File.EndsWith(".go", StringComparison.Ordinal);

    public bool IsPitfall => File.StartsWith("assets/pitfalls/", StringComparison.Ordinal);

    /// <summary>The name that the text gives to a pitfall.</summary>
    public string Slug => File.Split('/')[2].Split('.')[0];

    public Outcome Proof => Value("proof") is { } value ? ParseOutcome(value) : IsShell ? Outcome.Runs : Outcome.Loads;

    public string? From => Value("from");

    public string? Before => Value("before");

    public Outcome? Otherwise => Value("otherwise") is { } value ? ParseOutcome(value) : null;

    public IReadOnlyList<string> Messages => [.. header.Where(line => line.Key == "message").Select(line => line.Value)];

    public IReadOnlyList<string> Capabilities => Value("capabilities")?.Split(' ', StringSplitOptions.RemoveEmptyEntries) ?? [];

    /// <summary>Why the build host cannot load it, if so.</summary>
    public string? HostReason => Value("host") is { } value && value.StartsWith("no, ", StringComparison.Ordinal) ? value[4..] : null;

    public string? ShownBy => Value("shown-by");

    public string Where => Value("where") ?? "netns";

    /// <summary>What the text quotes as the message.</summary>
    public string MessageBlock => string.Concat(Messages.Select(message => message + "\n"));

    /// <summary>Pitfall folders hold Go packages; their header is in the file that has one.</summary>
    public static bool IsOne(string file) =>
        file.StartsWith("assets/", StringComparison.Ordinal) &&
        (file.EndsWith(".bpf.c", StringComparison.Ordinal)
            || file.EndsWith(".sh", StringComparison.Ordinal)
            || (file.StartsWith("assets/pitfalls/", StringComparison.Ordinal) && file.EndsWith(".go", StringComparison.Ordinal)));

    public IEnumerable<string> Findings()
    {
        foreach (var (key, value) in header)
        {
            if (key is "proof" or "otherwise" && !IsOutcome(value))
            {
                yield return $"{File}: '{value}' is not a proof";
            }

            if (key is "from" or "before" && !Version().IsMatch(value))
            {
                yield return $"{File}: '{value}' is not a kernel version such as 6.6";
            }
        }

        foreach (var key in header.GroupBy(line => line.Key).Where(lines => lines.Key != "message" && lines.Count() > 1).Select(lines => lines.Key))
        {
            yield return $"{File}: '{key}' is said twice";
        }

        if (header.Any(line => line.Key is "proof" or "otherwise" && !IsOutcome(line.Value)))
        {
            yield break;
        }

        if (IsPitfall && Value("proof") is null && (!IsGo || header.Count > 0))
        {
            yield return $"{File}: a pitfall says what it proves";
        }

        if (IsPitfall && Proof is Outcome.Loads or Outcome.Runs)
        {
            yield return $"{File}: nothing goes wrong";
        }

        if (!IsPitfall && Proof is not (Outcome.Loads or Outcome.Runs))
        {
            yield return $"{File}: wrong code belongs into assets/pitfalls";
        }

        if ((From ?? Before) is not null != Otherwise is not null)
        {
            yield return $"{File}: 'otherwise' and one of 'from' and 'before' go together";
        }

        if ((Proof is not (Outcome.Loads or Outcome.Runs) || Otherwise is Outcome.Refused) && Messages.Count == 0 && (!IsGo || header.Count > 0))
        {
            yield return $"{File}: says that it fails, but not with which message";
        }

        if (IsC && Proof == Outcome.Misbehaves && ShownBy is null)
        {
            yield return $"{File}: misbehaves, but no test shows it";
        }

        if (Where is not ("netns" or "project" or "pack" or "vm"))
        {
            yield return $"{File}: '{Where}' is not a place";
        }

        if (Value("host") is { } && HostReason is null)
        {
            yield return $"{File}: host says 'no, ' and why";
        }

        if (Capabilities.Except(["bpf", "net_admin", "perfmon", "sys_admin"]).FirstOrDefault() is { } unknown)
        {
            yield return $"{File}: '{unknown}' is not a capability";
        }
    }

    public override string ToString() => $"{Skill.Name}/{File}";

    string? Value(string key) => header.Where(line => line.Key == key).Select(line => line.Value).FirstOrDefault();

    static bool IsOutcome(string value) => value is "loads" or "refused" or "does-not-compile" or "misbehaves" or "runs" or "fails";

    static Outcome ParseOutcome(string value) => Enum.Parse<Outcome>(value.Replace("-", ""), ignoreCase: true);

    static IEnumerable<(string, string)> ReadHeader(string text)
    {
        foreach (var line in text.Split('\n').SkipWhile(line => line.StartsWith("#!", StringComparison.Ordinal) || line.Contains("SPDX-License-Identifier")))
        {
            if (HeaderLine().Match(line) is not { Success: true } match || !Keys.Contains(match.Groups[1].Value))
            {
                yield break;
            }

            yield return (match.Groups[1].Value, match.Groups[2].Value);
        }
    }

    [GeneratedRegex(@"^(?://|#) ([a-z-]+): (.+)$")]
    private static partial Regex HeaderLine();

    [GeneratedRegex(@"^\d+\.\d+$")]
    private static partial Regex Version();
}
