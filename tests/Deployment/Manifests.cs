using System.Collections.Concurrent;
using EbpfCnf.Templates.Tests.Support;
using k8s;
using k8s.Models;

namespace EbpfCnf.Templates.Tests.Deployment;

/// <summary>What <c>kubectl apply -k</c> would send: an overlay of a generated project, rendered and read strictly.</summary>
sealed class Manifests(string text, IReadOnlyList<object> objects)
{
    public const string ProjectName = "my-cnf";

    public static readonly IReadOnlyList<string> Overlays = ["base", "overlays/prometheus", "overlays/demo"];

    static readonly Dictionary<string, Type> Known = new()
    {
        ["v1/ConfigMap"] = typeof(V1ConfigMap),
        ["v1/Namespace"] = typeof(V1Namespace),
        ["v1/Service"] = typeof(V1Service),
        ["apps/v1/DaemonSet"] = typeof(V1DaemonSet),
        ["apps/v1/Deployment"] = typeof(V1Deployment),
        ["networking.k8s.io/v1/NetworkPolicy"] = typeof(V1NetworkPolicy),
        ["monitoring.coreos.com/v1/PodMonitor"] = typeof(PodMonitor),
        ["monitoring.coreos.com/v1/PrometheusRule"] = typeof(PrometheusRule),
    };

    static readonly ConcurrentDictionary<(string Hook, string Overlay), Lazy<Task<Manifests>>> Rendered = new();

    public string Text { get; } = text;

    public IReadOnlyList<object> Objects { get; } = objects;

    public V1DaemonSet DaemonSet => Single<V1DaemonSet>();

    public V1PodSpec Pod => DaemonSet.Spec.Template.Spec;

    public V1Container Container => Pod.Containers.Single();

    /// <summary>The file of settings that the pods get.</summary>
    public string Settings => Single<V1ConfigMap>(map => map.Name() == SettingsVolume.Name).Data["settings.yaml"];

    public V1ConfigMapVolumeSource SettingsVolume => Pod.Volumes.Single(volume => volume.ConfigMap is not null).ConfigMap;

    public T Single<T>(Func<T, bool>? condition = null) => Objects.OfType<T>().Single(condition ?? (_ => true));

    public static Task<Manifests> Of(string hook, string overlay = "base") =>
        Rendered.GetOrAdd((hook, overlay), _ => new(() => Generate(hook, overlay))).Value;

    /// <summary>Renders after <paramref name="change"/> has had the project's folder.</summary>
    public static async Task<Manifests> Generate(string hook, string overlay, Action<string>? change = null)
    {
        var project = await Offered.Project(Offered.Default(hook));
        using TemporaryFolder folder = new();
        project.WriteTo(folder.Path);
        change?.Invoke(folder.Path);
        return Read(await Kubectl.Kustomize(Path.Combine(folder.Path, "deploy", "kubernetes", overlay)));
    }

    /// <summary>Refuses unknown kinds and fields, duplicate keys and values of the wrong type.</summary>
    public static Manifests Read(string text) => new(text, KubernetesYaml.LoadAllFromString(text, Known, strict: true));
}
