using EbpfCnf.Templates.Tests.Lint;
using EbpfCnf.Templates.Tests.Support;

namespace EbpfCnf.Templates.Tests;

public sealed class EngineTests
{
    static readonly string[] Folders = [.. Directory.GetDirectories(Repository.Templates).Select(folder => Path.GetFileName(folder)!)];

    public static TheoryData<string> Templates => [.. Folders];

    [Fact]
    public async Task The_engine_accepts_every_template_of_the_package()
    {
        using var engine = TemplateEngine.Open((await PackedTemplates.Current).Path);

        Expect.NoFindings(await engine.Validate());
        Assert.Equal(
            Folders.Select(folder => TemplateConfig.Load(folder).ShortName).Order(StringComparer.Ordinal),
            await engine.ShortNames());
    }

    [Theory]
    [MemberData(nameof(Templates))]
    public void The_lint_finds_nothing(string template) =>
        Expect.NoFindings(TemplateLint.Check(Path.Combine(Repository.Templates, template)));

    [Fact]
    public void Every_hook_says_which_kernel_it_needs()
    {
        var choices = TemplateConfig.Load("ebpf-cnf").Symbols["hook"].Choices!;

        Assert.Equal(6, choices.Length);
        Assert.All(choices, choice => Assert.Matches(@"Linux [67]\.\d+", choice.Description));
    }

    [Fact]
    public async Task No_combination_leaves_a_marker_or_a_placeholder_behind()
    {
        var config = TemplateConfig.Load("ebpf-cnf");
        HashSet<(string Path, byte[] Content)> seen = [];
        List<string> findings = [];

        foreach (var combination in Offered.Combinations)
        {
            var project = await Offered.Project(combination);
            Assert.NotEmpty(project.Files);
            GeneratedProject unseen = new(project.Files.Where(file => seen.Add((file.Key, file.Value))).ToDictionary());
            findings.AddRange(TemplateLint.CheckOutput(config, unseen).Select(finding => $"{combination}: {finding}"));
        }

        Expect.NoFindings(findings);
    }

    [Fact]
    public async Task The_package_and_its_contents_give_the_same_project()
    {
        using var package = TemplateEngine.Open((await PackedTemplates.Current).Path);
        var contents = await TemplateEngine.Packed;

        var first = await package.Generate("ebpf-cnf", "my-firewall");
        var second = await contents.Generate("ebpf-cnf", "my-firewall");

        Assert.Equal(first.Files, second.Files);
    }
}
