using EbpfCnf.Templates.Tests.Support;
using k8s.Models;

namespace EbpfCnf.Templates.Tests.Deployment;

public sealed class ManifestTests
{
    public static TheoryData<string> Hooks => [.. Offered.Hooks];

    public static TheoryData<string, string> HooksAndOverlays
    {
        get
        {
            TheoryData<string, string> rows = [];
            foreach (var hook in Offered.Hooks)
            {
                foreach (var overlay in Manifests.Overlays)
                {
                    rows.Add(hook, overlay);
                }
            }

            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(HooksAndOverlays))]
    public async Task Every_overlay_renders_to_objects_that_the_API_knows(string hook, string overlay)
    {
        var manifests = await Manifests.Of(hook, overlay);

        Assert.All(manifests.Objects.OfType<k8s.IKubernetesObject<V1ObjectMeta>>().Where(thing => thing is not V1Namespace), thing =>
            Assert.StartsWith(Manifests.ProjectName, thing.Metadata.NamespaceProperty, StringComparison.Ordinal));
        Assert.Equal(overlay == "overlays/demo", manifests.Objects.OfType<V1Deployment>().Any());
        Assert.Equal(overlay == "overlays/prometheus", manifests.Objects.OfType<PodMonitor>().Any());
    }

    [Theory]
    [InlineData("replicas: 1", "Spec of a DaemonSet has no such field")]
    [InlineData("selector: {}\n  selector: {}", "the same key twice")]
    [InlineData("minReadySeconds: soon", "not a number")]
    public void A_manifest_that_the_API_would_refuse_is_refused(string spec, string why)
    {
        var text = $"apiVersion: apps/v1\nkind: DaemonSet\nmetadata:\n  name: a\nspec:\n  {spec}\n";

        var refused = Record.Exception(() => Manifests.Read(text));

        Assert.True(refused is not null, $"accepted: {why}");
    }

    [Theory]
    [MemberData(nameof(HooksAndOverlays))]
    public async Task Pods_ask_for_no_more_than_they_need(string hook, string overlay) =>
        Expect.NoFindings(PodLint.Check(await Manifests.Of(hook, overlay)));

    [Theory]
    [MemberData(nameof(Hooks))]
    public async Task The_only_privileged_container_mounts_and_ends_before_the_other_starts(string hook)
    {
        var pod = (await Manifests.Of(hook)).Pod;

        Assert.DoesNotContain(pod.Containers, container => container.SecurityContext.Privileged == true);
        var mount = Assert.Single(pod.InitContainers);
        Assert.Equal(["mount", "/run/my-cnf/bpf", "--owner=65532"], mount.Args);
        Assert.Equal(65532, pod.SecurityContext.RunAsUser);
        Assert.NotEqual("Always", mount.RestartPolicy);
    }

    [Theory]
    [MemberData(nameof(Hooks))]
    public async Task Image_unit_and_manifest_grant_exactly_what_the_hook_requires(string hook)
    {
        var project = await Offered.Project(Offered.Default(hook));
        var required = Capabilities.RequiredByTheCode(project);

        Assert.NotEmpty(required);
        Assert.Equal(required, Capabilities.Sorted((await Manifests.Of(hook)).Container.SecurityContext.Capabilities.Add));
        Assert.Equal(required, Capabilities.OfTheImage(project));
        Assert.Equal(required, Capabilities.OfTheUnit(project, "AmbientCapabilities"));
        Assert.Equal(required, Capabilities.OfTheUnit(project, "CapabilityBoundingSet"));
    }

    [Theory]
    [MemberData(nameof(Hooks))]
    public async Task The_node_s_network_is_shared_only_by_hooks_that_work_on_its_interfaces(string hook)
    {
        var pod = (await Manifests.Of(hook)).Pod;

        Assert.Equal(hook is not ("cgroup" or "kprobe"), pod.HostNetwork == true);
        Assert.Equal(pod.HostNetwork == true ? "ClusterFirstWithHostNet" : null, pod.DnsPolicy);
    }

    [Theory]
    [MemberData(nameof(HooksAndOverlays))]
    public async Task Every_probe_asks_where_the_network_function_listens(string hook, string overlay)
    {
        var manifests = await Manifests.Of(hook, overlay);
        var address = manifests.Container.Env.Single(variable => variable.Name == "CNF_LISTEN").Value;

        V1Probe[] probes = [manifests.Container.StartupProbe, manifests.Container.LivenessProbe, manifests.Container.ReadinessProbe];
        Assert.Equal(["/livez", "/livez", "/readyz"], probes.Select(probe => probe.HttpGet.Path));
        Assert.All(probes, probe =>
        {
            Assert.EndsWith($":{probe.HttpGet.Port.Value}", address, StringComparison.Ordinal);
            // Without a host the kubelet asks the pod's address, where a loopback listener is not.
            Assert.Equal(address.StartsWith("127.0.0.1:", StringComparison.Ordinal) ? "127.0.0.1" : null, probe.HttpGet.Host);
        });
    }

    [Fact]
    public async Task A_changed_setting_rolls_the_pods()
    {
        var before = await Manifests.Of("tcx");

        var after = await Manifests.Generate("tcx", "base", folder =>
            File.AppendAllText(Path.Combine(folder, "deploy", "kubernetes", "base", "settings.yaml"), "events: true\n"));

        Assert.Equal(before.DaemonSet.Name(), after.DaemonSet.Name());
        Assert.NotEqual(before.SettingsVolume.Name, after.SettingsVolume.Name);
    }

    [Fact]
    public async Task What_a_cautious_cluster_refuses_is_found()
    {
        var manifests = Manifests.Read((await Manifests.Of("tcx")).Text);
        var pod = manifests.Pod;
        pod.AutomountServiceAccountToken = null;
        pod.HostPID = true;
        pod.SecurityContext.RunAsUser = 0;
        var container = manifests.Container;
        container.SecurityContext.Privileged = true;
        container.SecurityContext.ReadOnlyRootFilesystem = null;
        container.SecurityContext.Capabilities.Drop = null;
        container.Image = "my-cnf:latest";
        container.Resources.Limits.Remove("memory");
        container.Ports = [new() { ContainerPort = 9464 }];
        Manifests broken = new($"{manifests.Text}\n# 10.0.0.1", manifests.Objects);

        Assert.Equal(10, PodLint.Check(broken).Count());
    }
}
