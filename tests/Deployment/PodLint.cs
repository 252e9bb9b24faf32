using System.Text.RegularExpressions;
using k8s.Models;

namespace EbpfCnf.Templates.Tests.Deployment;

/// <summary>
/// What the certification of cloud-native network functions (CNTi) asks of manifests, and what a cautious cluster asks beside it.
/// Three of its checks cannot pass: an init container is privileged, there is a hostPath volume (both for pins that outlive a
/// pod), and process 1 is the network function itself rather than an init system (one would lose the file's capabilities).
/// </summary>
static partial class PodLint
{
    public static IEnumerable<string> Check(Manifests manifests)
    {
        foreach (var (owner, labels, pod) in Pods(manifests))
        {
            var containers = pod.Containers.Select(container => (container, IsInit: false))
                .Concat((pod.InitContainers ?? []).Select(container => (container, IsInit: true)));
            foreach (var finding in CheckPod(pod).Concat(containers.SelectMany(entry => CheckContainer(pod, entry.container, entry.IsInit))))
            {
                yield return $"{owner}: {finding}";
            }

            // What picks a workload by its first label (in the API's order) must find this one alone.
            var first = labels.OrderBy(label => label.Key, StringComparer.Ordinal).First();
            var holders = Pods(manifests).Count(other => other.Labels.TryGetValue(first.Key, out var value) && value == first.Value);
            if (holders != 1)
            {
                yield return $"{owner}: its first label {first.Key}={first.Value} is borne by {holders} workloads";
            }
        }

        foreach (Match address in Address.Matches(manifests.Text))
        {
            if (address.Value is not "127.0.0.1" and not "0.0.0.0")
            {
                yield return $"has the IP address {address.Value}";
            }
        }

        foreach (var forbidden in manifests.Objects.Where(thing => thing.GetType().Name.Contains("Role", StringComparison.Ordinal)))
        {
            yield return $"has a {forbidden.GetType().Name}, yet nothing here asks the API server for anything";
        }
    }

    static IEnumerable<string> CheckPod(V1PodSpec pod)
    {
        if (pod.AutomountServiceAccountToken != false)
        {
            yield return "gets a service account's token";
        }

        if (pod.HostPID == true || pod.HostIPC == true)
        {
            yield return "shares the node's process or IPC namespace";
        }

        if (pod.SecurityContext is not { RunAsNonRoot: true, RunAsUser: > 999, SeccompProfile.Type: "RuntimeDefault", SeLinuxOptions: null })
        {
            yield return "does not run as a non-root user under the runtime's seccomp profile";
        }
    }

    static IEnumerable<string> CheckContainer(V1PodSpec pod, V1Container container, bool isInit)
    {
        var security = container.SecurityContext;
        if (!isInit)
        {
            if (security is not { AllowPrivilegeEscalation: false, Privileged: null or false, RunAsUser: null or > 999, RunAsNonRoot: null or true })
            {
                yield return $"{container.Name} may gain privileges";
            }

            if (security?.Capabilities?.Drop is not ["ALL"])
            {
                yield return $"{container.Name} keeps capabilities that it does not ask for";
            }
        }

        if (security?.ReadOnlyRootFilesystem != true)
        {
            yield return $"{container.Name} can write to its root file system";
        }

        if (container.Resources is not { Limits: { } limits, Requests: { } requests }
            || !new[] { limits, requests }.All(amounts => amounts.ContainsKey("cpu") && amounts.ContainsKey("memory")))
        {
            yield return $"{container.Name} lacks a request or a limit of CPU or memory";
        }

        if (!Tagged.IsMatch(container.Image) || container.Image.Contains(":latest", StringComparison.Ordinal))
        {
            yield return $"{container.Name} names no version of its image {container.Image}";
        }

        foreach (var port in container.Ports ?? [])
        {
            if (port.HostPort is not null || pod.HostNetwork == true)
            {
                yield return $"{container.Name} takes port {port.ContainerPort} of the node";
            }
        }

        foreach (var volume in pod.Volumes ?? [])
        {
            if (volume.HostPath?.Path is { } path && path.EndsWith(".sock", StringComparison.Ordinal))
            {
                yield return $"mounts the socket {path}";
            }
        }
    }

    static IEnumerable<(string Owner, IDictionary<string, string> Labels, V1PodSpec Pod)> Pods(Manifests manifests) =>
        manifests.Objects.OfType<V1DaemonSet>().Select(set => ($"DaemonSet {set.Name()}", set.Spec.Template.Metadata.Labels, set.Spec.Template.Spec))
            .Concat(manifests.Objects.OfType<V1Deployment>().Select(set => ($"Deployment {set.Name()}", set.Spec.Template.Metadata.Labels, set.Spec.Template.Spec)));

    [GeneratedRegex(@"\b\d{1,3}(\.\d{1,3}){3}\b")]
    static partial Regex Address { get; }

    [GeneratedRegex(@":[^:/]+$")]
    static partial Regex Tagged { get; }
}
