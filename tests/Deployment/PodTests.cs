using EbpfCnf.Templates.Tests.Matrix;
using EbpfCnf.Templates.Tests.Support;

namespace EbpfCnf.Templates.Tests.Deployment;

/// <summary>
/// The manifests at work: a container runtime starts the init container and the container with exactly what the manifest
/// grants, on this machine's own kernel, in namespaces that end with the test. Hooks that this kernel may lack run with the
/// same user and capabilities in the kernel matrix, through the traffic tests of each project.
/// </summary>
[Collection(WholeMachine.Name)]
public sealed class PodTests(Images images)
{
    /// <summary>Variables for the test's devices and cgroup in place of a node's; pod.sh fills in @group@.</summary>
    static readonly Dictionary<string, Dictionary<string, string>> Variables = new()
    {
        ["tcx"] = new() { ["CNF_INTERFACE"] = "/^v[01]$/" },
        ["xdp"] = new() { ["CNF_INTERFACE"] = "/^v[01]$/" },
        ["cgroup"] = new() { ["CNF_CGROUP"] = "/host/cgroup/@group@" },
        ["tracepoint"] = [],
    };

    public static TheoryData<string> Hooks => [.. Variables.Keys];

    public static TheoryData<string, string> HooksAndCapabilities
    {
        get
        {
            TheoryData<string, string> rows = [];
            foreach (var hook in Variables.Keys)
            {
                rows.Add(hook, "BPF");
                rows.Add(hook, hook == "tracepoint" ? "PERFMON" : "NET_ADMIN");
            }

            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(Hooks))]
    public async Task The_pod_works_with_what_the_manifest_grants_and_then_gives_it_up(string hook)
    {
        using var pod = await Of(hook);

        var result = await pod.Run(Variables[hook], pod.Capabilities);

        Assert.True(result.ExitCode == 0, result.Log);
        Assert.Contains("200 OK", result.Ready, StringComparison.Ordinal);
        Assert.Contains("Uid:\t65532\t65532\t65532\t65532", result.Status, StringComparison.Ordinal);
        Assert.Contains("NoNewPrivs:\t1", result.Status, StringComparison.Ordinal);
        foreach (var set in (string[])["CapInh", "CapPrm", "CapEff", "CapAmb"])
        {
            Assert.Contains($"{set}:\t0000000000000000", result.Status, StringComparison.Ordinal);
        }

        Assert.Contains("cnf_links_wanted", result.Metrics, StringComparison.Ordinal);
        Assert.Contains("bpf/pins/links/", result.Pins, StringComparison.Ordinal);
    }

    /// <summary>For all hooks: this needs no kernel.</summary>
    [Theory]
    [MemberData(nameof(ManifestTests.HooksAndOverlays), MemberType = typeof(ManifestTests))]
    public async Task The_binary_accepts_what_the_manifest_tells_it(string hook, string overlay)
    {
        var manifests = await Manifests.Of(hook, overlay);
        using TemporaryFolder settings = new();
        File.WriteAllText(settings["settings.yaml"], manifests.Settings);

        var result = await Check(
            hook,
            manifests.Container.Args.Select(argument => argument.Replace("/etc/my-cnf/settings.yaml", settings["settings.yaml"], StringComparison.Ordinal)),
            manifests.Container.Env.Where(variable => variable.Value is not null).ToDictionary(variable => variable.Name, variable => (string?)variable.Value));

        Assert.Equal("the settings are valid\n", result.MustSucceed().Output);
    }

    [Theory]
    [MemberData(nameof(ManifestTests.Hooks), MemberType = typeof(ManifestTests))]
    public async Task The_binary_accepts_what_the_unit_tells_it(string hook)
    {
        var project = await Offered.Project(Offered.Default(hook));
        using TemporaryFolder settings = new();
        File.WriteAllText(settings["settings.yaml"], project.Text("deploy/systemd/my-cnf.yaml"));
        var line = project.Text("deploy/systemd/my-cnf.service").Split('\n').Single(line => line.StartsWith("ExecStart=", StringComparison.Ordinal));

        var result = await Check(hook, line.Replace("/etc/my-cnf.yaml", settings["settings.yaml"], StringComparison.Ordinal).Split(' ').Skip(1), new Dictionary<string, string?>());

        Assert.Equal("the settings are valid\n", result.MustSucceed().Output);
    }

    [Theory]
    [MemberData(nameof(HooksAndCapabilities))]
    public async Task Without_one_of_them_it_ends_with_a_sentence_that_names_it(string hook, string missing)
    {
        using var pod = await Of(hook);
        Assert.Contains(missing, pod.Capabilities);

        var result = await pod.Run(Variables[hook], pod.Capabilities.Where(capability => capability != missing));

        Assert.Equal(1, result.ExitCode);
        Assert.Contains($"CAP_{missing} missing", result.Log, StringComparison.Ordinal);
        Assert.Empty(result.Status);
    }

    [Theory]
    [MemberData(nameof(Hooks))]
    public async Task The_next_pod_takes_over_what_the_last_one_left_attached(string hook)
    {
        using var pod = await Of(hook);

        var result = await pod.Run(Variables[hook], pod.Capabilities, replace: true);

        Assert.True(result.ExitCode == 0, result.Log);
        Assert.DoesNotContain("is replaced, not updated", result.Log, StringComparison.Ordinal);
        Assert.Equal(2, result.Log.Split("capabilities dropped").Length - 1);
        Assert.Contains("200 OK", result.Ready, StringComparison.Ordinal);
    }

    static async Task<ToolResult> Check(string hook, IEnumerable<string> arguments, IReadOnlyDictionary<string, string?> environment)
    {
        var folder = await ProjectFolder.Of(Offered.Default(hook));
        return await Tool.Run(await folder.Build("amd64"), [.. arguments, "--check"], environment: environment);
    }

    async Task<Pod> Of(string hook) => await Pod.Create(await Manifests.Of(hook), await images.Of(hook, "amd64"));
}
