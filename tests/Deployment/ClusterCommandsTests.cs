using System.Text.RegularExpressions;
using EbpfCnf.Templates.Tests.Support;
using k8s.Models;

namespace EbpfCnf.Templates.Tests.Deployment;

/// <summary>
/// The commands of the README that bring a project into a cluster, as they stand there. Two recorders take the places of
/// docker and kubectl; where the cluster would get manifests, the real kubectl renders them.
/// </summary>
public sealed partial class ClusterCommandsTests
{
    const string Recorder = """
        #!/bin/sh
        printf '%s %s\n' "${0##*/}" "$*" >> "$RECORD"
        if [ "$2" = -k ]; then exec "$REAL_KUBECTL" kustomize "$3"; fi

        """;

    public static TheoryData<string> Hooks => [.. Offered.Hooks];

    [Theory]
    [MemberData(nameof(Hooks))]
    public async Task Three_commands_build_an_image_deploy_it_and_wait_for_its_pods(string hook)
    {
        var commands = Commands(await Offered.Project(Offered.Default(hook)));
        Assert.Equal(3, commands.Count);
        var image = ImageArgument.Matches(string.Join('\n', commands)).Select(match => match.Value).Distinct().Single();

        var (manifests, record) = await Run(hook, commands);

        Assert.Equal(3, record.Count);
        Assert.Matches(@"^docker buildx build .*--platform linux/amd64,linux/arm64 .*\bname=" + Regex.Escape(image) + @",push=true\b.* \.$", record[0]);
        Assert.Equal("kubectl apply -k build/kubernetes", record[1]);
        Assert.Equal($"kubectl -n {manifests.DaemonSet.Namespace()} rollout status daemonset/{manifests.DaemonSet.Name()}", record[2]);
        Assert.All([manifests.Container, .. manifests.Pod.InitContainers], container => Assert.Equal(image, container.Image));
    }

    [Theory]
    [MemberData(nameof(Hooks))]
    public async Task An_overlay_adds_what_the_readme_promises(string hook)
    {
        var (prometheus, _) = await Run(hook, [$"make deploy IMAGE={Images.Name} OVERLAY=overlays/prometheus"]);
        var (demo, _) = await Run(hook, [$"make deploy IMAGE={Images.Name} OVERLAY=overlays/demo"]);

        Assert.Single(prometheus.Objects.OfType<PodMonitor>());
        Assert.Single(prometheus.Objects.OfType<PrometheusRule>());
        Assert.Single(prometheus.Objects.OfType<V1ConfigMap>(), map => map.Labels()?.ContainsKey("grafana_dashboard") == true);
        Assert.Equal(2, demo.Objects.OfType<V1Deployment>().Sum(deployment => deployment.Spec.Replicas ?? 1));
        Assert.All([prometheus, demo], manifests => Assert.Equal(Images.Name, manifests.Container.Image));
    }

    [Fact]
    public async Task What_was_deployed_is_deleted()
    {
        var (deployed, _) = await Run("tcx", [$"make deploy IMAGE={Images.Name}"]);

        var (deleted, record) = await Run("tcx", [$"make undeploy IMAGE={Images.Name}"]);

        Assert.Equal("kubectl delete -k build/kubernetes", record.Single());
        Assert.Equal(deployed.Text, deleted.Text);
    }

    [Fact]
    public async Task An_image_without_a_tag_is_refused()
    {
        var (_, record) = await Run("tcx", ["! make deploy IMAGE=registry.example.com:5000/you/my-cnf"]);

        Assert.Empty(record);
    }

    /// <summary>The first indented lines below the heading.</summary>
    static List<string> Commands(GeneratedProject project) =>
    [
        .. project.Text("README.md").Split('\n')
            .SkipWhile(line => line != "## Into a cluster in three commands").Skip(1)
            .SkipWhile(line => line.Length == 0)
            .TakeWhile(line => line.StartsWith("    ", StringComparison.Ordinal))
            .Select(line => line.Trim()),
    ];

    static async Task<(Manifests Manifests, IReadOnlyList<string> Record)> Run(string hook, IEnumerable<string> commands)
    {
        using TemporaryFolder folder = new();
        (await Offered.Project(Offered.Default(hook))).WriteTo(folder["project"]);
        Directory.CreateDirectory(folder["tools"]);
        foreach (var program in (string[])["docker", "kubectl"])
        {
            await File.WriteAllTextAsync(folder[$"tools/{program}"], Recorder);
        }

        (await Tool.Run("chmod", ["-R", "+x", folder["tools"]])).MustSucceed();
        await File.WriteAllTextAsync(folder["record"], "");
        Dictionary<string, string?> environment = new()
        {
            ["PATH"] = $"{folder["tools"]}:{Toolbox.Toolchain.Environment["PATH"]}",
            ["RECORD"] = folder["record"],
            ["REAL_KUBECTL"] = await Kubectl.Program,
            // Without the commands, which would stand between the manifests.
            ["MAKEFLAGS"] = "--silent",
        };
        var output = "";
        foreach (var command in commands)
        {
            output += (await Toolbox.Run("bash", ["-c", command], folder["project"], Tool.Short, environment)).MustSucceed().Output;
        }

        return (Manifests.Read(output), await File.ReadAllLinesAsync(folder["record"]));
    }

    [GeneratedRegex(@"(?<=\bIMAGE=)\S+")]
    static partial Regex ImageArgument { get; }
}
