using k8s;
using k8s.Models;

namespace EbpfCnf.Templates.Tests.Deployment;

// The parts of the Prometheus operator's API that the manifests use; whatever else they say is refused.

sealed class PodMonitor : IKubernetesObject<V1ObjectMeta>
{
    public string ApiVersion { get; set; } = "";

    public string Kind { get; set; } = "";

    public V1ObjectMeta Metadata { get; set; } = new();

    public PodMonitorSpec Spec { get; set; } = new();
}

sealed class PodMonitorSpec
{
    public V1LabelSelector Selector { get; set; } = new();

    public List<PodMetricsEndpoint> PodMetricsEndpoints { get; set; } = [];
}

sealed class PodMetricsEndpoint
{
    public string? Port { get; set; }

    public string? Interval { get; set; }

    public List<Relabeling> Relabelings { get; set; } = [];
}

sealed class Relabeling
{
    public List<string> SourceLabels { get; set; } = [];

    public string? Regex { get; set; }

    public string? Replacement { get; set; }

    public string? TargetLabel { get; set; }

    public string? Action { get; set; }
}

sealed class PrometheusRule : IKubernetesObject<V1ObjectMeta>
{
    public string ApiVersion { get; set; } = "";

    public string Kind { get; set; } = "";

    public V1ObjectMeta Metadata { get; set; } = new();

    public PrometheusRuleSpec Spec { get; set; } = new();
}

sealed class PrometheusRuleSpec
{
    public List<RuleGroup> Groups { get; set; } = [];
}

sealed class RuleGroup
{
    public string Name { get; set; } = "";

    public List<AlertingRule> Rules { get; set; } = [];
}

sealed class AlertingRule
{
    public string Alert { get; set; } = "";

    public string Expr { get; set; } = "";

    public string? For { get; set; }

    public Dictionary<string, string> Labels { get; set; } = [];

    public Dictionary<string, string> Annotations { get; set; } = [];
}
