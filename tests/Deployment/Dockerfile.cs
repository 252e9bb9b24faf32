using System.Text.RegularExpressions;
using EbpfCnf.Templates.Tests.Support;

namespace EbpfCnf.Templates.Tests.Deployment;

/// <summary>What each stage of a Dockerfile starts from.</summary>
sealed partial class Dockerfile(GeneratedProject project)
{
    public IReadOnlyList<string> Stages { get; } = [.. From.Matches(project.Text("Dockerfile")).Select(match => match.Groups[1].Value)];

    /// <summary>The image that the first stage starts from.</summary>
    public string Base => Stages[0].Split(' ').Single(word => word.Contains(':', StringComparison.Ordinal));

    [GeneratedRegex("^FROM (.+)$", RegexOptions.Multiline)]
    static partial Regex From { get; }
}
