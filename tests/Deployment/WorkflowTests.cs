using System.Text.RegularExpressions;
using EbpfCnf.Templates.Tests.Support;
using YamlDotNet.RepresentationModel;

namespace EbpfCnf.Templates.Tests.Deployment;

/// <summary>What a workflow that is handed out must not do to the repository that takes it.</summary>
public sealed partial class WorkflowTests
{
    public static TheoryData<string> Hooks => [.. Offered.Hooks];

    [Theory]
    [MemberData(nameof(Hooks))]
    public async Task Workflows_run_pinned_actions_with_the_least_permissions(string hook)
    {
        var project = await Offered.Project(Offered.Default(hook));
        var files = project.Under(".github/").Where(file => file.EndsWith(".yml", StringComparison.Ordinal)).ToList();

        Assert.Contains(".github/workflows/release.yml", files);
        Expect.NoFindings(files.SelectMany(file => Check(file, project.Text(file)).Select(finding => $"{file}: {finding}")));
    }

    [Theory]
    [InlineData("actions/checkout@v7", "is not pinned")]
    [InlineData("actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1", "is not pinned")]
    public void An_action_that_is_not_pinned_is_found(string action, string finding) =>
        Assert.Contains(Check("a.yml", $"steps:\n  - uses: {action}\n"), found => found.Contains(finding, StringComparison.Ordinal));

    [Fact]
    public void A_workflow_that_takes_too_much_is_found()
    {
        const string Workflow = """
            on: pull_request_target
            permissions: write-all
            jobs:
              build:
                permissions: {contents: write}
                steps:
                  - run: echo ${{ github.event.pull_request.title }}
            """;

        Assert.Equal(5, Check(".github/workflows/ci.yml", Workflow).Count());
    }

    static IEnumerable<string> Check(string file, string text)
    {
        foreach (var line in text.Split('\n').Where(line => Uses.IsMatch(line) && !Pinned.IsMatch(line)))
        {
            yield return $"{line.Trim()} is not pinned to a commit, with its version beside it";
        }

        if (!file.StartsWith(".github/workflows/", StringComparison.Ordinal))
        {
            yield break;
        }

        if (text.Contains("pull_request_target", StringComparison.Ordinal))
        {
            yield return "runs foreign code with this repository's token";
        }

        if (Injection.IsMatch(text))
        {
            yield return "puts what others typed into a script";
        }

        YamlStream yaml = [];
        yaml.Load(new StringReader(text));
        var root = (YamlMappingNode)yaml.Documents[0].RootNode;
        if (!root.Children.TryGetValue("permissions", out var permissions) || permissions is YamlScalarNode
            || ((YamlMappingNode)permissions).Any(permission => permission.Value.ToString() != "read"))
        {
            yield return "gives every job more than reading";
        }

        foreach (var (name, job) in (YamlMappingNode)root["jobs"])
        {
            var children = ((YamlMappingNode)job).Children;
            if (!children.ContainsKey("timeout-minutes"))
            {
                yield return $"job {name} may run for six hours";
            }

            var writes = children.TryGetValue("permissions", out var own) && ((YamlMappingNode)own).Any(permission => permission.Value.ToString() == "write");
            if (writes && !file.EndsWith("/release.yml", StringComparison.Ordinal))
            {
                yield return $"job {name} may write";
            }
        }
    }

    [GeneratedRegex(@"\buses: (?!\./)")]
    static partial Regex Uses { get; }

    [GeneratedRegex(@"\buses: [\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$")]
    static partial Regex Pinned { get; }

    [GeneratedRegex(@"run:.*\$\{\{\s*github\.(event|head_ref)")]
    static partial Regex Injection { get; }
}
