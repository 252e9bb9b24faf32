using EbpfCnf.Templates.Tests.Support;

namespace EbpfCnf.Templates.Tests.Skills;

/// <summary>The lab, given files of every kind that do not do what they say. Each must be seen to fail.</summary>
[Collection(Matrix.WholeMachine.Name)]
public sealed class LabTests : IDisposable
{
    const string Spdx = "// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)\n";
    const string License = "#include <linux/bpf.h>\n#include <bpf/bpf_helpers.h>\n\nchar __license[] SEC(\"license\") = \"Dual BSD/GPL\";\n\n";
    const string Drop = "SEC(\"xdp\")\nint drop(struct xdp_md *ctx)\n{\n\treturn XDP_DROP;\n}\n";

    readonly TemporaryFolder scratch = new();
    readonly Projects projects = new();

    public void Dispose()
    {
        projects.Dispose();
        scratch.Dispose();
    }

    [Fact]
    public async Task What_does_not_do_what_it_says_is_found()
    {
        Write("SKILL.md", "<!-- source: assets/bpf/fine.bpf.c -->\n```c\n" + Spdx + License + Drop + "```\n");
        Write("assets/bpf/fine.bpf.c", Spdx + License + Drop);
        Write("assets/bpf/does_not_compile.bpf.c", Spdx + License + Drop.Replace("XDP_DROP", "XDP_DROPP"));
        Write("assets/bpf/unformatted.bpf.c", Spdx + License + Drop.Replace("\treturn", "return"));
        Write("assets/bpf/refused.bpf.c", Spdx + License + Drop.Replace("XDP_DROP", "*(char *)(long)ctx->data"));
        Write("assets/pitfalls/accepted.bpf.c", Spdx + "// proof: refused\n// message: invalid access to packet\n" + License + Drop);
        Write("assets/pitfalls/other-message.bpf.c", Spdx + "// proof: refused\n// message: back-edge\n" + License + Drop.Replace("XDP_DROP", "*(char *)(long)ctx->data"));
        Write("assets/pitfalls/compiles.bpf.c", Spdx + "// proof: does-not-compile\n// message: error\n" + License + Drop);
        Write("assets/pitfalls/unseen.bpf.c", Spdx + "// proof: misbehaves\n// shown-by: TestNothing\n// message: nothing\n" + License + Drop);
        Write("assets/wrong.go", "package broken\n\nfunc wrong() int { return \"\" }\n");
        Write("assets/pitfalls/builds/builds.go", "// SPDX-License-Identifier: Apache-2.0\n// proof: does-not-compile\n// message: undefined\n\npackage builds\n");
        Write("assets/unquoted.sh", "#!/bin/sh\n# SPDX-License-Identifier: Apache-2.0\necho $HOME/*\n");
        Write("assets/fails.sh", "#!/bin/sh\n# SPDX-License-Identifier: Apache-2.0\nip link show dev nowhere0\n");
        Write("assets/says.sh", "#!/bin/sh\n# SPDX-License-Identifier: Apache-2.0\necho one\n");
        Write("assets/says.out", "two\n");
        Write("assets/pitfalls/works.sh", "#!/bin/sh\n# SPDX-License-Identifier: Apache-2.0\n# proof: fails\n# message: not found\ntrue\n");
        Write("assets/creates.sh", "#!/bin/sh\n# SPDX-License-Identifier: Apache-2.0\n# where: pack\nset -e\ndotnet new ebpf-cnf --name my-cnf\ntest -d my-cnf/bpf\n");
        Write("assets/pitfalls/creates.sh", "#!/bin/sh\n# SPDX-License-Identifier: Apache-2.0\n# where: pack\n# proof: fails\n# message: not a valid value\ndotnet new ebpf-cnf --name my-cnf\n");
        Write("assets/bad.yaml", "a: b: c\n");
        Write("assets/bad.json", "{ \"a\": }\n");
        Write("assets/Makefile", "all:\n    echo spaces\n");

        var skill = Skill.Load(scratch["broken-skill"]);
        Lab lab = new(projects, [skill], new Bench(), scratch["lab"]);
        await lab.BuildEverything();
        await lab.RunOnHost();
        lab.JudgeMisbehaviour();

        var failed = lab.Proofs.Where(proof => proof.Failed).Select(proof => proof.File).ToHashSet();
        string[] expected =
        [
            "assets", "assets/Makefile", "assets/bad.json", "assets/bad.yaml", "assets/bpf/does_not_compile.bpf.c", "assets/bpf/refused.bpf.c",
            "assets/bpf/unformatted.bpf.c", "assets/fails.sh", "assets/pitfalls/accepted.bpf.c", "assets/pitfalls/builds/builds.go",
            "assets/pitfalls/compiles.bpf.c", "assets/pitfalls/creates.sh", "assets/pitfalls/other-message.bpf.c", "assets/pitfalls/unseen.bpf.c",
            "assets/pitfalls/works.sh", "assets/says.out", "assets/unquoted.sh",
        ];
        Assert.Equal(expected, failed.Where(file => file.StartsWith("assets", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
        Assert.Contains(lab.Proofs, proof => proof is { File: "assets/bpf/fine.bpf.c", Means: "verifier", Status: "pass" });

        SkillReport report = new([skill], new BlockCheck(projects), lab.Proofs);
        Assert.Equal((1, 1), (report.Found, report.Proven));
    }

    void Write(string file, string text)
    {
        var path = Path.Combine(scratch["broken-skill"], file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }
}
