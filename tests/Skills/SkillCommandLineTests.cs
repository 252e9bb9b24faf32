using EbpfCnf.Templates.Tests.Support;

namespace EbpfCnf.Templates.Tests.Skills;

/// <summary><c>dotnet new cnf-skills</c> as a person types it.</summary>
[Trait("Category", "Snapshots")]
public sealed class SkillCommandLineTests(DotnetNew dotnet) : IClassFixture<DotnetNew>, IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task The_help_explains_every_option_and_choice()
    {
        var result = await dotnet.In(folder.Path, "cnf-skills", "--help");

        await Snapshot.VerifyText("cnf-skills.help", result.MustSucceed().Output);
    }

    [Fact]
    public async Task Skills_go_into_the_folder_where_one_stands_and_dev_docs_get_its_name()
    {
        var here = Directory.CreateDirectory(folder["My Filter"]).FullName;

        (await dotnet.In(here, "cnf-skills")).MustSucceed();

        Assert.Equal([".claude", "AGENTS.md", "CLAUDE.md", "dev"], Directory.GetFileSystemEntries(here).Select(entry => Path.GetFileName(entry)).Order(StringComparer.Ordinal));
        Assert.True(File.Exists(Path.Combine(here, "dev", "active", "my-filter", "my-filter-tasks.md")));
        Assert.True(File.Exists(Path.Combine(here, ".claude", "skills", "ebpf-packet-parser", "SKILL.md")));
    }

    [Fact]
    public async Task A_file_that_is_there_already_is_not_overwritten_unless_forced()
    {
        File.WriteAllText(folder["AGENTS.md"], "mine\n");

        var refused = await dotnet.In(folder.Path, "cnf-skills");

        Assert.Equal(73, refused.ExitCode);
        Assert.Contains("AGENTS.md", refused.Everything);
        Assert.Contains("--force", refused.Everything);
        Assert.Equal([folder["AGENTS.md"]], Directory.GetFileSystemEntries(folder.Path));
        Assert.Equal("mine\n", File.ReadAllText(folder["AGENTS.md"]));

        (await dotnet.In(folder.Path, "cnf-skills", "--force")).MustSucceed();

        Assert.NotEqual("mine\n", File.ReadAllText(folder["AGENTS.md"]));
    }

    [Fact]
    public async Task A_project_with_a_guide_of_its_own_gets_the_skills_alone()
    {
        (await dotnet.In(folder.Path, "ebpf-cnf", "-n", "my-cnf")).MustSucceed();
        var guide = File.ReadAllText(folder["my-cnf/AGENTS.md"]);

        (await dotnet.In(folder["my-cnf"], "cnf-skills", "--guide", "false", "--agents", "both")).MustSucceed();

        Assert.Equal(guide, File.ReadAllText(folder["my-cnf/AGENTS.md"]));
        Assert.True(File.Exists(folder["my-cnf/.claude/skills/ebpf-attach-hook/SKILL.md"]));
        Assert.True(File.Exists(folder["my-cnf/.agents/skills/ebpf-attach-hook/SKILL.md"]));
    }

    [Fact]
    public async Task Several_skills_can_be_named()
    {
        (await dotnet.In(folder.Path, "cnf-skills", "--skills", "ebpf-map-handler", "--skills", "ebpf-packet-parser", "--guide", "false", "--dev-docs", "false")).MustSucceed();

        Assert.Equal([folder[".claude"]], Directory.GetFileSystemEntries(folder.Path));
        Assert.Equal(["ebpf-map-handler", "ebpf-packet-parser"], Directory.GetDirectories(folder[".claude/skills"]).Select(entry => Path.GetFileName(entry)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task An_unknown_skill_gives_the_list()
    {
        var result = await dotnet.In(folder.Path, "cnf-skills", "--skills", "ebpf-parser");

        Assert.Equal(127, result.ExitCode);
        Assert.All(Skill.Names, name => Assert.Contains(name, result.Everything));
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
    }
}
