using System.Text.RegularExpressions;
using EbpfCnf.Templates.Tests.Support;

namespace EbpfCnf.Templates.Tests.Deployment;

/// <summary>The systemd unit, before systemd's own checker.</summary>
public sealed partial class UnitTests
{
    public static TheoryData<string> Hooks => [.. Offered.Hooks];

    [Theory]
    [MemberData(nameof(Hooks))]
    public async Task Systemd_finds_no_fault_in_the_unit(string hook)
    {
        var result = await Analyze(hook, unit => unit, "verify", "--man=no");

        Assert.True(result is { ExitCode: 0, Error: "" }, result.Everything);
    }

    /// <summary>A user's name ends at 31 characters, where a project's may go on.</summary>
    [Fact]
    public async Task The_service_s_user_has_a_name_that_systemd_takes()
    {
        var project = await (await TemplateEngine.Packed).Generate("ebpf-cnf", new string('a', 30) + "-" + new string('b', 20));

        var unit = Assert.Single(project.Files.Keys, file => file.EndsWith(".service", StringComparison.Ordinal));
        Assert.Contains($"\nUser={new string('a', 30)}\n", project.Text(unit), StringComparison.Ordinal);
        Assert.Contains($"u {new string('a', 30)} - ", project.Text(unit.Replace(".service", ".sysusers", StringComparison.Ordinal)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Systemd_finds_a_fault_where_there_is_one()
    {
        var result = await Analyze("tcx", unit => unit.Replace("ProtectSystem=strict", "ProtectSystem=sometimes\nProtectAll=yes", StringComparison.Ordinal), "verify", "--man=no");

        Assert.Contains("sometimes", result.Error, StringComparison.Ordinal);
        Assert.Contains("ProtectAll", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Hooks))]
    public async Task The_service_is_as_confined_as_its_work_allows(string hook)
    {
        var result = (await Analyze(hook, unit => unit, "security", "--offline=true")).MustSucceed();

        // systemd's own scale: 0 is shut in, 10 is root; up to 2 reads "OK".
        var exposure = double.Parse(Exposure.Match(result.Output).Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture);
        Assert.True(exposure <= 2, result.Output);
    }

    static async Task<ToolResult> Analyze(string hook, Func<string, string> change, params string[] verb)
    {
        var project = await Offered.Project(Offered.Default(hook));
        using TemporaryFolder folder = new();
        // verify wants to see every program that the unit starts.
        var unit = change(project.Text("deploy/systemd/my-cnf.service")).Replace("/usr/bin/my-cnf", "/bin/true", StringComparison.Ordinal);
        await File.WriteAllTextAsync(folder["my-cnf.service"], unit);
        return await Tool.Run("systemd-analyze", [.. verb, folder["my-cnf.service"]]);
    }

    [GeneratedRegex(@"exposure level for \S+: (\d+(\.\d+)?)")]
    static partial Regex Exposure { get; }
}
