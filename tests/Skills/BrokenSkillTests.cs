using EbpfCnf.Templates.Tests.Support;

namespace EbpfCnf.Templates.Tests.Skills;

/// <summary>The checkers, fed with copies of a good skill in each of which one thing is wrong.</summary>
public sealed class BrokenSkillTests : IDisposable
{
    const string Name = "ebpf-packet-parser";

    readonly TemporaryFolder scratch = new();
    readonly Projects projects = new();

    public BrokenSkillTests()
    {
        var good = Skill.Load(Path.Combine(Skill.Home, Name));
        foreach (var file in good.Files)
        {
            var target = Path.Combine(Folder, file);
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(good.PathOf(file), target);
        }
    }

    string Folder => scratch[Name];

    public void Dispose()
    {
        projects.Dispose();
        scratch.Dispose();
    }

    [Fact]
    public void The_untouched_copy_has_no_findings() => Expect.NoFindings(SkillFormat.Check(Skill.Load(Folder)));

    [Theory]
    // Front matter.
    [InlineData("SKILL.md", "name: ebpf-packet-parser", "name: ebpf-parser", "is not the folder's")]
    [InlineData("SKILL.md", "name: ebpf-packet-parser", "name: eBPF--parser", "is not lower case words")]
    [InlineData("SKILL.md", "license: Apache-2.0", "license: Apache-2.0\nmodel: large", "not a field that every agent knows")]
    [InlineData("SKILL.md", "license: Apache-2.0", "lizenz: Apache-2.0", "says no license")]
    [InlineData("SKILL.md", "  cilium-ebpf: \"0.22\"", "  cilium-ebpf: [0.22]", "not a map of texts")]
    [InlineData("SKILL.md", "---\nname", "--\nname", "does not begin with front matter")]
    [InlineData("SKILL.md", "description: \"Parses", "description: \"You can use this: Parses", "third person")]
    [InlineData("SKILL.md", "description: \"Parses", "description: \"Parses <many>", "angle brackets")]
    [InlineData("SKILL.md", "description: \"Parses", "description: >-\n  Parses", "double quotes")]
    [InlineData("SKILL.md", " Use when ", " For ", "'Use when …'")]
    [InlineData("SKILL.md", "Not for maps (use ebpf-map-handler) or attaching (use ebpf-attach-hook).", "Not for maps.", "names no sibling")]
    [InlineData("SKILL.md", "fragments, five-tuples", "fragments, five-tuples, and much more of what packets are made of, and much more of what packets are made of, and much more of what packets are made of", "fit every agent's list")]
    // What agents would execute, replace or attach.
    [InlineData("SKILL.md", "## Decide", "## Decide\n\nawk '{print $1}'", "replace words such as $1")]
    [InlineData("SKILL.md", "## Decide", "## Decide\n\nRun !`ip link` first.", "execute !`command`")]
    [InlineData("SKILL.md", "## Decide", "## Decide\n\nSee @references/headers.md", "attach the file")]
    [InlineData("references/headers.md", "## Order of work", "## Order of work\n\nAs DPDK does.", "mentions DPDK")]
    // Structure.
    [InlineData("SKILL.md", "## Decide", "## Choose", "its headings are")]
    [InlineData("SKILL.md", "(references/headers.md)", "(references/header.md)", "leads to no file")]
    [InlineData("SKILL.md", "(references/headers.md)", "(../ebpf-map-handler/SKILL.md)", "leads to no file")]
    [InlineData("SKILL.md", "pitfalls.md#byte-order", "pitfalls.md#bite-order", "leads to no heading")]
    [InlineData("SKILL.md", "- `ebpf-attach-hook`", "- `ebpf-attach`", "there is no skill 'ebpf-attach'")]
    [InlineData("SKILL.md", "- `ebpf-attach-hook`", "- attaching", "does not name `ebpf-attach-hook`")]
    [InlineData("references/checksums.md", "```go\n", "  ```go\n", "three back-quotes")]
    [InlineData("references/headers.md", "## Contents", "## Index", "no 'Contents'")]
    [InlineData("references/pitfalls.md", "## byte-order", "## byteorder", "'byte-order' is in assets/pitfalls, but not in sections")]
    [InlineData("references/pitfalls.md", "<!-- source: assets/pitfalls/byte-order.bpf.c#message -->", "<!-- source: assets/pitfalls/vlan-beside.bpf.c#message -->", "'byte-order' does not show the message")]
    [InlineData("references/headers.md", "```go\n", "~~~go\n", "never closed")]
    // Numbers.
    [InlineData("SKILL.md", "## Decide", "## Decide\n\nIt needs Linux 5.3.", "'5.3' is in no table")]
    [InlineData("SKILL.md", "## Decide", "## Decide\n\nIt costs 3 ns.", "'3 ns' is in no table")]
    [InlineData("references/reading.md", "| linux 3f364222d032 |", "| - |", "has no source")]
    [InlineData("references/reading.md", "| 6.4 | `assets/bpf/slice.bpf.c`", "| 6.3 | `assets/bpf/slice.bpf.c`", "does not show that the minimum is 6.3")]
    // Headers of assets.
    [InlineData("assets/pitfalls/byte-order.bpf.c", "// proof: misbehaves", "// proof: mostly", "is not a proof")]
    [InlineData("assets/pitfalls/byte-order.bpf.c", "// proof: misbehaves", "// proof: loads", "nothing goes wrong")]
    [InlineData("assets/pitfalls/byte-order.bpf.c", "// shown-by: TestByteOrder\n", "", "no test shows it")]
    [InlineData("assets/pitfalls/stack-word.bpf.c", "// otherwise: loads\n", "", "go together")]
    [InlineData("assets/pitfalls/no-bounds-check.bpf.c", "// message: invalid", "// massage: invalid", "not with which message")]
    [InlineData("assets/bpf/direct.bpf.c", "\n#include <stddef.h>", "\r\n#include <stddef.h>", "has CR")]
    public void A_broken_skill_is_found(string file, string good, string bad, string finding)
    {
        Replace(file, good, bad);

        Assert.Contains(SkillFormat.Check(Skill.Load(Folder)), found => found.Contains(finding, StringComparison.Ordinal));
    }

    [Fact]
    public void A_skill_that_is_too_short_is_found()
    {
        var main = Path.Combine(Folder, "SKILL.md");
        File.WriteAllText(main, File.ReadAllText(main)[..(SkillFormat.LeastTokens * 3)] + "\n");

        Assert.Contains(SkillFormat.Check(Skill.Load(Folder)), found => found.Contains("tokens", StringComparison.Ordinal));
    }

    [Fact]
    public void A_skill_that_is_too_long_is_found()
    {
        File.AppendAllText(Path.Combine(Folder, "SKILL.md"), string.Concat(Enumerable.Repeat("And there is more to say.\n", SkillFormat.MostLines)));

        var findings = SkillFormat.Check(Skill.Load(Folder));
        Assert.Contains(findings, found => found.Contains("tokens", StringComparison.Ordinal));
        Assert.Contains(findings, found => found.Contains("lines", StringComparison.Ordinal));
    }

    [Fact]
    public void A_reference_that_nobody_is_sent_to_is_found()
    {
        File.WriteAllText(Path.Combine(Folder, "references", "secret.md"), "# Secret\n");

        Assert.Contains(SkillFormat.Check(Skill.Load(Folder)), found => found.Contains("does not say when to read it", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("<!-- source: assets/bpf/five_tuple.bpf.c -->\n", "", "names no source")]
    [InlineData("five_tuple.bpf.c -->", "six_tuple.bpf.c -->", "six_tuple.bpf.c")]
    [InlineData("parse.h#parse_ipv4 -->", "parse.h#parse_ipv5 -->", "has no 'parse_ipv5'")]
    [InlineData("parse.h#parse_ipv4 -->", "parse.h#parse_sctp -->", "differs from")]
    [InlineData("```c\nstatic", "```go\nstatic", "is tagged 'go'")]
    public void A_block_that_hides_its_source_is_found(string good, string bad, string finding)
    {
        Replace("SKILL.md", good, bad);

        Assert.Contains(new BlockCheck(projects).Findings(Skill.Load(Folder)), found => found.Contains(finding, StringComparison.Ordinal));
    }

    /// <summary>Every block of every skill, with one character changed.</summary>
    [Fact]
    public void One_wrong_character_in_any_block_is_found()
    {
        BlockCheck check = new(projects);
        var blocks = Skill.All().SelectMany(skill => skill.Blocks, (skill, block) => (skill, block)).ToList();

        Assert.NotEmpty(blocks);
        Expect.NoFindings(
            from entry in blocks
            let middle = entry.block.Text.Length / 2
            let text = entry.block.Text[..middle] + (entry.block.Text[middle] == 'x' ? 'y' : 'x') + entry.block.Text[(middle + 1)..]
            where check.Finding(entry.skill, entry.block with { Text = text }) is null
            select $"{entry.skill}/{entry.block}: nobody noticed");
    }

    [Theory]
    [InlineData("make test-kernel", "no Makefile has the target 'test-kernel'")]
    [InlineData("sudo make test-datapaths", "no Makefile has the target 'test-datapaths'")]
    [InlineData("dotnet new ebpf-cnf --hook tc", "'tc' is not a choice of '--hook'")]
    [InlineData("dotnet new ebpf-cnf --hooks tcx", "there is no option '--hooks'")]
    [InlineData("dotnet new cnf-skill", "there is no template 'cnf-skill'")]
    [InlineData("./my-cnf start", "there is no command 'start'")]
    [InlineData("sudo ./my-cnf run --device eth0", "there is no flag '--device'")]
    [InlineData("go test ./test/data", "no project has the folder 'test/data'")]
    public void A_command_that_does_not_exist_is_found(string command, string finding)
    {
        Assert.True(CommandNames.IsCommand(command));
        Assert.Contains(new CommandNames(projects).Problems(command), found => found.Contains(finding, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("make test-kernels KERNELS=6.1")]
    [InlineData("sudo make test-datapath")]
    [InlineData("dotnet new ebpf-cnf --hook tcx -n my-cnf --skills true")]
    [InlineData("dotnet new cnf-skills --agents both --dev-docs false")]
    [InlineData("sudo ./my-cnf run --interface eth0")]
    public void A_command_that_exists_is_accepted(string command) => Expect.NoFindings(new CommandNames(projects).Problems(command));

    void Replace(string file, string good, string bad)
    {
        var path = Path.Combine(Folder, file);
        var text = File.ReadAllText(path);
        Assert.Contains(good, text);
        File.WriteAllText(path, text.Replace(good, bad));
    }
}
