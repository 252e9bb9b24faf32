using System.Text;

namespace EbpfCnf.Templates.Tests.Skills;

/// <summary>Which blocks there are, and which of them are proven: equal to their source, which has been proven itself.</summary>
sealed class SkillReport
{
    readonly List<(Skill Skill, Block Block, string Kind, IReadOnlyList<Proof> Proofs, string? Finding)> blocks = [];
    readonly IReadOnlyCollection<Proof> proofs;

    public SkillReport(IReadOnlyList<Skill> skills, BlockCheck check, IReadOnlyCollection<Proof> proofs)
    {
        this.proofs = proofs;
        foreach (var skill in skills)
        {
            foreach (var block in skill.Blocks)
            {
                var finding = check.Finding(skill, block);
                var reference = block.Source is null || finding is not null ? null : SourceReference.Parse(block.Source);
                blocks.Add((skill, block, reference is null ? "unknown" : BlockCheck.Kind(reference), reference is null ? [] : Of(skill, reference), finding));
            }
        }
    }

    public int Found => blocks.Count;

    public int Proven => blocks.Count(IsProven);

    public IReadOnlyList<string> Findings() =>
    [
        .. from entry in blocks
           where !IsProven(entry)
           select entry.Finding ?? $"{entry.Skill}/{entry.Block}: {entry.Block.Source} {(entry.Proofs.Count == 0 ? "was never tried" : entry.Proofs.First(proof => proof.Failed).ToString())}",
    ];

    public string Markdown()
    {
        StringBuilder text = new();
        text.AppendLine("# What the skills' tests have proven").AppendLine();
        text.AppendLine($"{Found} blocks found, {Proven} proven, 0 exempt.").AppendLine();

        text.AppendLine("| skill | " + string.Join(" | ", Kinds) + " | proven |").AppendLine("|---|" + string.Concat(Kinds.Select(_ => "--:|")) + "--:|");
        foreach (var skill in blocks.GroupBy(entry => entry.Skill.Name))
        {
            var counts = Kinds.Select(kind => skill.Count(entry => entry.Kind == kind));
            text.AppendLine($"| {skill.Key} | {string.Join(" | ", counts)} | {skill.Count(IsProven)} of {skill.Count()} |");
        }

        text.AppendLine().AppendLine("| kernel | loaded or refused as stated | Go tests passed | skipped, with a reason | shell | failed |").AppendLine("|---|--:|--:|--:|--:|--:|");
        foreach (var kernel in proofs.Where(proof => proof.Kernel is not null).GroupBy(proof => proof.Kernel!).OrderBy(group => group.Key, StringComparer.Ordinal))
        {
            text.AppendLine($"| {kernel.Key} | {Passed(kernel, "verifier")} | {Passed(kernel, "go test")} | {kernel.Count(proof => proof.Status == "skip")} | {Passed(kernel, "shell")} | {kernel.Count(proof => proof.Failed)} |");
        }

        text.AppendLine().AppendLine("| without a kernel | passed | failed |").AppendLine("|---|--:|--:|");
        foreach (var means in proofs.Where(proof => proof.Kernel is null).GroupBy(proof => proof.Means).OrderBy(group => group.Key, StringComparer.Ordinal))
        {
            text.AppendLine($"| {means.Key} | {means.Count(proof => !proof.Failed)} | {means.Count(proof => proof.Failed)} |");
        }

        return text.ToString().ReplaceLineEndings("\n");
    }

    IEnumerable<string> Kinds => blocks.Select(entry => entry.Kind).Distinct().Order(StringComparer.Ordinal);

    static int Passed(IEnumerable<Proof> proofs, string means) => proofs.Count(proof => proof.Means == means && proof.Status == "pass");

    static bool IsProven((Skill Skill, Block Block, string Kind, IReadOnlyList<Proof> Proofs, string? Finding) entry) =>
        entry.Finding is null && entry.Proofs.Any(proof => proof.Status == "pass") && !entry.Proofs.Any(proof => proof.Failed);

    /// <summary>What is known about the file that a block comes from.</summary>
    IReadOnlyList<Proof> Of(Skill skill, SourceReference reference)
    {
        if (reference.IsProject)
        {
            string[] means = Path.GetExtension(reference.File) switch
            {
                ".c" or ".h" => ["clang amd64", "clang arm64", "verifier"],
                ".go" => ["go generate", "go vet"],
                _ => ["make"],
            };
            return [.. proofs.Where(proof => proof.File == $"project/{reference.Hook}/{reference.Function}" && means.Contains(proof.Means))];
        }

        return Path.GetExtension(reference.File) switch
        {
            // A header is proven by the programs that include it.
            ".h" => [.. proofs.Where(proof => proof.Skill == skill.Name && proof.File.EndsWith(".bpf.c", StringComparison.Ordinal) && !proof.File.Contains("/pitfalls/"))],
            ".go" when !skill.Assets.Any(asset => asset.File == reference.File && asset.Proof == Outcome.DoesNotCompile) =>
                [.. proofs.Where(proof => proof.Skill == skill.Name && (proof.File == "assets" || proof.File == reference.File || proof.Means == "go test"))],
            _ => [.. proofs.Where(proof => proof.Skill == skill.Name && proof.File == reference.File)],
        };
    }
}
