using System.Text.RegularExpressions;

namespace EbpfCnf.Eng.Setup;

/// <summary>A Go module as a Debian package holds it.</summary>
/// <param name="Path">The module's path: golang.org/x/sys, for example.</param>
/// <param name="Version">With its v in front.</param>
/// <param name="Directory">Where its sources are.</param>
/// <param name="GoMod">The text of its go.mod.</param>
sealed record GoModule(string Path, string Version, string Directory, string GoMod);

/// <summary>What a go.mod asks for.</summary>
sealed record GoRequirement(string Path, string Version);

static partial class GoMod
{
    public static string? ModulePath(string text) => ModuleLine().Match(text) is { Success: true } match ? match.Groups[1].Value : null;

    public static IEnumerable<GoRequirement> Requirements(string text) => RequireLine()
        .Matches(text)
        .Select(match => new GoRequirement(match.Groups[1].Value, match.Groups[2].Value));

    [GeneratedRegex(@"^module\s+""?([^\s""]+)", RegexOptions.Multiline)]
    private static partial Regex ModuleLine();

    [GeneratedRegex(@"^\s*(?:require\s+)?""?([\w./~-]+\.[\w./~-]+)""?\s+(v\d[\w.+-]*)", RegexOptions.Multiline)]
    private static partial Regex RequireLine();
}
