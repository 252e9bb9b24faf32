using EbpfCnf.Templates.Tests.Support;

namespace EbpfCnf.Templates.Tests.Skills;

/// <summary>What can be checked without a compiler or a kernel.</summary>
public sealed class SkillTests : IDisposable
{
    readonly Projects projects = new();

    public static TheoryData<string> SkillNames => [.. Skill.All().Select(skill => skill.Name)];

    public void Dispose() => projects.Dispose();

    [Fact]
    public void All_skills_are_there() => Assert.Equal(Skill.Names.Order(StringComparer.Ordinal), Skill.All().Select(skill => skill.Name));

    [Theory]
    [MemberData(nameof(SkillNames))]
    public void A_skill_keeps_the_format(string name) => Expect.NoFindings(SkillFormat.Check(Load(name)));

    [Theory]
    [MemberData(nameof(SkillNames))]
    public void Every_block_equals_its_source(string name)
    {
        var skill = Load(name);

        Assert.NotEmpty(skill.Blocks);
        if (Environment.GetEnvironmentVariable("ACCEPT_BLOCKS") == "true")
        {
            new BlockCheck(projects).Fill(skill);
            skill = Load(name);
        }

        Expect.NoFindings(new BlockCheck(projects).Findings(skill));
    }

    [Theory]
    [MemberData(nameof(SkillNames))]
    public void Every_command_exists(string name) => Expect.NoFindings(new CommandNames(projects).Findings(Load(name)));

    [Fact]
    public void Descriptions_together_fit_the_list_of_every_agent()
    {
        const int Budget = 8000;

        Assert.InRange(Skill.All().Sum(skill => skill.Main!.Lines.First(line => line.StartsWith("description:", StringComparison.Ordinal)).Length), 1, Budget);
    }

    static Skill Load(string name) => Skill.Load(Path.Combine(Skill.Home, name));
}
