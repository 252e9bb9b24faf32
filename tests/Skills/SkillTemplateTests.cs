using System.Text.Json;
using EbpfCnf.Templates.Tests.Support;

namespace EbpfCnf.Templates.Tests.Skills;

/// <summary>What <c>dotnet new cnf-skills</c> and <c>dotnet new ebpf-cnf --skills true</c> write.</summary>
public sealed class SkillTemplateTests : IDisposable
{
    readonly Projects projects = new();

    static IReadOnlyDictionary<string, byte[]> Sources { get; } = Skill.All()
        .SelectMany(skill => skill.Files.Select(file => (Name: $"{skill.Name}/{file}", Content: File.ReadAllBytes(skill.PathOf(file)))))
        .ToDictionary(file => file.Name, file => file.Content);

    public static TheoryData<string> Skills => [.. Skill.Names];

    public void Dispose() => projects.Dispose();

    [Fact]
    public void By_default_all_skills_a_guide_and_dev_docs_are_written()
    {
        var project = projects.Skills("My CNF 2", []);

        MustHoldSkills(project, ".claude/skills/");
        Assert.Equal(
            ["AGENTS.md", "CLAUDE.md", "dev/active/my-cnf-2/my-cnf-2-context.md", "dev/active/my-cnf-2/my-cnf-2-plan.md", "dev/active/my-cnf-2/my-cnf-2-tasks.md"],
            project.Files.Keys.Where(file => !file.StartsWith('.')));
        Assert.Equal("@AGENTS.md\n", project.Text("CLAUDE.md"));
        Assert.InRange(project.Text("AGENTS.md").Split('\n').Length, 20, 199);
        Assert.StartsWith("# my-cnf-2: plan\n", project.Text("dev/active/my-cnf-2/my-cnf-2-plan.md"));
    }

    [Theory]
    [InlineData("claude", ".claude/skills/")]
    [InlineData("agents", ".agents/skills/")]
    [InlineData("both", ".claude/skills/", ".agents/skills/")]
    public void Skills_are_copied_byte_for_byte_to_where_the_agents_look(string agents, params string[] folders)
    {
        var project = projects.Skills("my-cnf", new() { ["agents"] = agents, ["guide"] = "false", ["devDocs"] = "false" });

        Assert.Equal(Sources.Count * folders.Length, project.Files.Count);
        foreach (var folder in folders)
        {
            MustHoldSkills(project, folder);
        }
    }

    [Theory]
    [MemberData(nameof(Skills))]
    public void One_skill_can_be_had_alone(string skill)
    {
        var project = projects.Skills("my-cnf", new() { ["skills"] = skill, ["guide"] = "false", ["devDocs"] = "false" });

        Assert.NotEmpty(project.Files);
        Assert.All(project.Files.Keys, file => Assert.StartsWith($".claude/skills/{skill}/", file));
    }

    [Fact]
    public void Two_skills_can_be_chosen_together()
    {
        var project = projects.Skills("my-cnf", new() { ["skills"] = "ebpf-packet-parser|ebpf-attach-hook", ["guide"] = "false", ["devDocs"] = "false" });

        Assert.Equal(["ebpf-attach-hook", "ebpf-packet-parser"], project.Files.Keys.Select(file => file.Split('/')[2]).Distinct());
    }

    [Fact]
    public async Task A_new_project_can_bring_the_same_skills_along()
    {
        using var engine = TemplateEngine.Open(Repository.Templates);

        var project = await engine.Generate("ebpf-cnf", "my-cnf", new Dictionary<string, string> { ["skills"] = "true" });

        MustHoldSkills(project, ".claude/skills/");
        Assert.Contains("dev/active/my-cnf/my-cnf-plan.md", project.Files.Keys);
    }

    [Fact]
    public void The_choices_are_the_skills() => Assert.Equal(Skill.Names, TemplateConfig.Load("skills").Symbols["skills"].Values());

    [Fact]
    public void The_marketplace_offers_every_skill()
    {
        using var marketplace = JsonDocument.Parse(File.ReadAllText(Path.Combine(Repository.Root, ".claude-plugin", "marketplace.json")));
        var plugin = marketplace.RootElement.GetProperty("plugins").EnumerateArray().Single();
        var source = plugin.GetProperty("source").GetString()!;

        Assert.Equal("./templates/skills", source);
        Assert.Equal(Skill.Names, plugin.GetProperty("skills").EnumerateArray().Select(skill => skill.GetString()!["./skills/".Length..]));
        Assert.All(Skill.Names, name => Assert.True(File.Exists(Path.Combine(Repository.Root, source, "skills", name, "SKILL.md"))));
    }

    static void MustHoldSkills(GeneratedProject project, string folder)
    {
        var written = project.Under(folder).ToDictionary(file => file[folder.Length..], file => project.Files[file]);
        Assert.Equal(Sources.Keys.Order(StringComparer.Ordinal), written.Keys.Order(StringComparer.Ordinal));
        Assert.All(Sources, file => Assert.True(file.Value.AsSpan().SequenceEqual(written[file.Key]), file.Key));
    }
}
