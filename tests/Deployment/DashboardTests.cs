using System.Text.Json;
using System.Text.RegularExpressions;
using EbpfCnf.Templates.Tests.Support;
using k8s.Models;

namespace EbpfCnf.Templates.Tests.Deployment;

public sealed partial class DashboardTests
{
    [Fact]
    public async Task Every_query_names_a_metric_that_exists()
    {
        var exported = await Exported();
        var dashboard = await Dashboard();
        List<string> queries =
        [
            .. Strings(dashboard, "expr"),
            .. Strings(dashboard, "query").Where(query => query.Contains("label_values", StringComparison.Ordinal)),
            .. (await Manifests.Of("tcx", "overlays/prometheus")).Single<PrometheusRule>().Spec.Groups.SelectMany(group => group.Rules).Select(rule => rule.Expr),
        ];

        Assert.True(queries.Count >= 15, $"Only {queries.Count} queries were found.");
        Expect.NoFindings(
            from query in queries
            let metrics = Metric.Matches(query).Select(match => match.Value).ToList()
            from finding in metrics.Count == 0 ? ["names no metric"] : metrics.Except(exported).Select(metric => $"{metric} does not exist")
            select $"{query}: {finding}");
    }

    [Fact]
    public async Task Every_panel_says_what_it_shows_and_none_covers_another()
    {
        var panels = Array((await Dashboard()).GetProperty("panels"));

        Assert.All(panels, panel => Assert.False(string.IsNullOrWhiteSpace(panel.GetProperty("description").GetString())));
        Assert.Equal(panels.Count, panels.Select(panel => panel.GetProperty("id").GetInt32()).Distinct().Count());
        var cells = panels.SelectMany(panel =>
        {
            var place = panel.GetProperty("gridPos");
            int Number(string name) => place.GetProperty(name).GetInt32();
            return from x in Enumerable.Range(Number("x"), Number("w"))
                   from y in Enumerable.Range(Number("y"), Number("h"))
                   select (x, y);
        }).ToList();
        Assert.Equal(cells.Count, cells.Distinct().Count());
        Assert.All(cells, cell => Assert.InRange(cell.x, 0, 23));
    }

    /// <summary>The list that each project's own tests compare with its code.</summary>
    static async Task<IReadOnlyList<string>> Exported()
    {
        var project = await Offered.Project(Offered.Default("tcx"));
        List<string> names = [.. Listed.Matches(project.Text("docs/metrics.md")).Select(match => match.Groups[1].Value)];
        Assert.NotEmpty(names);
        return names;
    }

    static async Task<JsonElement> Dashboard()
    {
        var maps = (await Manifests.Of("tcx", "overlays/prometheus")).Objects.OfType<V1ConfigMap>();
        return JsonDocument.Parse(maps.Single(map => map.Labels() is { } labels && labels.ContainsKey("grafana_dashboard")).Data.Single().Value).RootElement;
    }

    static IEnumerable<string> Strings(JsonElement element, string property) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().AsEnumerable().SelectMany(entry =>
            entry.Name == property && entry.Value.ValueKind == JsonValueKind.String ? [entry.Value.GetString()!] : Strings(entry.Value, property)),
        JsonValueKind.Array => Array(element).SelectMany(item => Strings(item, property)),
        _ => [],
    };

    // KubernetesClient has extensions that make a foreach over the enumerator itself ambiguous.
    static IReadOnlyList<JsonElement> Array(JsonElement element) => [.. element.EnumerateArray().AsEnumerable()];

    [GeneratedRegex(@"^\| `(cnf_[a-z_]+)`", RegexOptions.Multiline)]
    static partial Regex Listed { get; }

    [GeneratedRegex(@"\bcnf_[a-z_]+\b")]
    static partial Regex Metric { get; }
}
