using EbpfCnf.Templates.Tests.Support;
using Xunit.Abstractions;

namespace EbpfCnf.Templates.Tests.Skills;

/// <summary>Builds everything once, and boots each kernel once, for all skills.</summary>
public sealed class LabFixture : IAsyncLifetime
{
    Lab? lab;

    internal Projects Projects { get; } = new();

    internal IReadOnlyList<Skill> Skills { get; } = Skill.All();

    internal Lab Lab => lab!;

    public async Task InitializeAsync()
    {
        lab = new(Projects, Skills, new Bench(), Path.Combine(Repository.Artifacts, "tests", "skills"));
        await lab.BuildEverything();
        await lab.RunOnHost();
        await lab.RunOnKernels();
        lab.JudgeMisbehaviour();
    }

    public Task DisposeAsync()
    {
        Projects.Dispose();
        return Task.CompletedTask;
    }
}

[Collection(Matrix.WholeMachine.Name)]
public sealed class SkillProofTests(LabFixture fixture, ITestOutputHelper output) : IClassFixture<LabFixture>
{
    public static TheoryData<string> SkillNames => [.. Skill.All().Select(skill => skill.Name)];

    [Theory]
    [MemberData(nameof(SkillNames))]
    public void Every_file_does_what_its_header_says(string name)
    {
        var skill = fixture.Skills.Single(skill => skill.Name == name);

        Expect.NoFindings(fixture.Lab.Proofs.Where(proof => proof.Skill == name && proof.Failed).Select(proof => proof.ToString()));
        Expect.NoFindings(
            from asset in skill.Assets
            where asset.IsC || asset.IsShell
            where !fixture.Lab.Proofs.Any(proof => proof.Skill == name && proof.File == asset.File && proof.Status == "pass")
            select $"{asset}: was never tried");
    }

    [Fact]
    public void The_harness_itself_has_no_failure() =>
        Expect.NoFindings(fixture.Lab.Proofs.Where(proof => proof.Skill is null && proof.Failed).Select(proof => proof.ToString()));

    [Fact]
    public void Every_object_was_tried_on_every_kernel()
    {
        var kernels = fixture.Lab.Results.Select(result => (result.Kernel, result.Arch)).Distinct().ToList();
        var objects = fixture.Skills.SelectMany(skill => skill.Assets).Where(asset => asset.IsC && asset.Proof != Outcome.DoesNotCompile).ToList();

        Assert.Equal(Toolbox.Toolchain.Kernels.Count + 1, kernels.Count);
        Assert.NotEmpty(objects);
        Expect.NoFindings(
            from asset in objects
            from kernel in kernels
            where !fixture.Lab.Results.Any(result => (result.Kernel, result.Arch) == kernel && result.Test == $"TestObjects/{asset}")
            select $"{asset}: was not tried on {kernel}");
    }

    [Fact]
    public void Every_skip_has_a_good_reason() => Expect.NoFindings(fixture.Lab.SkipFindings());

    [Fact]
    public void Every_block_is_proven()
    {
        SkillReport report = new(fixture.Skills, new BlockCheck(fixture.Projects), fixture.Lab.Proofs);
        File.WriteAllText(Path.Combine(Repository.Artifacts, "skills.md"), report.Markdown());
        output.WriteLine(report.Markdown());

        Assert.NotEqual(0, report.Found);
        Expect.NoFindings(report.Findings());
        Assert.Equal(report.Found, report.Proven);
    }
}
