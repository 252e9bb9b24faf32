using System.Text.RegularExpressions;
using EbpfCnf.Templates.Tests.Support;

namespace EbpfCnf.Templates.Tests.Deployment;

/// <summary>The capabilities that each part of a project names, in Kubernetes' spelling: BPF, NET_ADMIN.</summary>
static partial class Capabilities
{
    /// <summary>What the hook's requirements() says; doctor and the errors of run go by it too.</summary>
    public static IReadOnlyList<string> RequiredByTheCode(GeneratedProject project)
    {
        var code = string.Join('\n', project.Under("internal/datapath/").Where(file => file.EndsWith(".go", StringComparison.Ordinal)).Select(project.Text));
        var list = Requirement.Matches(code).Select(match => match.Groups[1].Value).Distinct().Single();
        return Sorted(GoName.Matches(list).Select(match => match.Groups[1].Value switch
        {
            "BPF" => "BPF",
            "NetAdmin" => "NET_ADMIN",
            "Perfmon" => "PERFMON",
            "SysAdmin" => "SYS_ADMIN",
            var other => throw new ArgumentException($"unknown capability {other}"),
        }));
    }

    public static IReadOnlyList<string> OfTheImage(GeneratedProject project) =>
        Sorted(Setcap.Matches(project.Text("Dockerfile")).Single().Groups[1].Value.Split(',').Select(Kubernetes));

    public static IReadOnlyList<string> OfTheUnit(GeneratedProject project, string directive)
    {
        var unit = project.Text($"deploy/systemd/{Manifests.ProjectName}.service");
        var line = unit.Split('\n').Single(line => line.StartsWith($"{directive}=", StringComparison.Ordinal));
        return Sorted(line[(directive.Length + 1)..].Split(' ').Select(Kubernetes));
    }

    public static IReadOnlyList<string> Sorted(IEnumerable<string> capabilities) => [.. capabilities.Order(StringComparer.Ordinal)];

    static string Kubernetes(string capability) => capability.ToUpperInvariant()["CAP_".Length..];

    [GeneratedRegex(@"Capabilities:\s*\[\]privilege\.Capability\{([^}]*)\}")]
    static partial Regex Requirement { get; }

    [GeneratedRegex(@"privilege\.(\w+)")]
    static partial Regex GoName { get; }

    [GeneratedRegex(@"setcap (\S+)\+p ")]
    static partial Regex Setcap { get; }
}
