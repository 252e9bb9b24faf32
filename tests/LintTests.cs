using EbpfCnf.Templates.Tests.Lint;
using EbpfCnf.Templates.Tests.Support;

namespace EbpfCnf.Templates.Tests;

/// <summary>A check that cannot fail is worth nothing: each test breaks a sound template in one way.</summary>
public sealed class LintTests : IDisposable
{
    const string Config = ".template.config/template.json";
    const string Host = ".template.config/dotnetcli.host.json";

    readonly TemporaryFolder folder = new();

    public LintTests()
    {
        Write(Config, """
            {
              "$schema": "http://json.schemastore.org/template",
              "author": "A", "classifications": ["C"], "identity": "I", "groupIdentity": "I", "name": "N", "shortName": "n",
              "description": "D", "tags": { "language": "Go", "type": "project" },
              "symbols": {
                "hook": {
                  "type": "parameter", "datatype": "choice", "defaultValue": "tcx", "description": "Where.",
                  "replaces": "cnf-hook", "fileRename": "cnf-hook",
                  "choices": [ { "choice": "tcx", "description": "T." }, { "choice": "xdp", "description": "X." } ]
                },
                "github": { "type": "parameter", "datatype": "bool", "defaultValue": "true", "description": "Workflows." },
                "kebabName": { "type": "derived", "valueSource": "name", "valueTransform": "lower", "replaces": "cnf-template" }
              },
              "forms": { "lower": { "identifier": "lowerCaseInvariant" } },
              "sources": [
                { "source": "./project/", "target": "./" },
                { "source": "./hooks/tcx/", "target": "./", "condition": "(hook == \"tcx\")" },
                { "source": "./hooks/xdp/", "target": "./", "condition": "(hook == \"xdp\")" }
              ],
              "postActions": [
                {
                  "id": "next", "description": "Next.", "actionId": "AC1156F7-BB77-4DB8-B28F-24EEBCCA1E5C",
                  "manualInstructions": [ { "text": "Run make." } ]
                }
              ]
            }
            """);
        Write(Host, """{ "$schema": "http://json.schemastore.org/dotnetcli.host", "symbolInfo": { "hook": {}, "github": {} } }""");
        Write("project/main.go", "package main\n\n//cnf:if (hook == \"tcx\" && github)\nvar tcx = 1\n//cnf:else\nvar tcx = 0\n//cnf:endif\n");
        Write("project/README.md", "# Name\n<!--cnf:if (!github)-->\nNo workflow.\n<!--cnf:endif-->\n");
        Write("hooks/tcx/tcx.go", "package main\n");
        Write("hooks/xdp/xdp.go", "package main\n");
    }

    [Fact]
    public void A_sound_template_passes() => Expect.NoFindings(Findings());

    [Theory]
    [InlineData("//cnf:if (github)\n", "project/main.go:1: if without endif")]
    [InlineData("//cnf:endif\n", "project/main.go:1: endif without if")]
    [InlineData("a\n//cnf:else\n", "project/main.go:2: else without if")]
    [InlineData("// cnf:if (github)\n//cnf:endif\n", "does not take '// cnf:if (github)' for a marker")]
    [InlineData("<!--cnf:if (github)-->\n<!--cnf:endif-->\n", "does not take '<!--cnf:if (github)-->' for a marker")]
    [InlineData("//cnf:if (github) // why\n//cnf:endif\n", "is not in parentheses")]
    [InlineData("//cnf:if github\n//cnf:endif\n", "is not in parentheses")]
    [InlineData("//cnf:if (hok == \"tcx\")\n//cnf:endif\n", "there is no symbol 'hok'")]
    [InlineData("//cnf:if (hook == \"tcxx\")\n//cnf:endif\n", "'tcxx' is not a choice of hook")]
    [InlineData("//cnf:if (hook == tcx)\n//cnf:endif\n", "'tcx' where a choice in double quotes should be")]
    [InlineData("//cnf:if (hook)\n//cnf:endif\n", "'hook' is not a flag")]
    [InlineData("//cnf:if (kubernetes)\n//cnf:endif\n", "'kubernetes' is not a flag")]
    [InlineData("//cnf:if (github && )\n//cnf:endif\n", "where a symbol should be")]
    [InlineData("//cnf:if (github) || (github\n//cnf:endif\n", "is not in parentheses")]
    public void A_broken_marker_is_found(string text, string expected)
    {
        Write("project/main.go", text);

        Assert.Contains(Findings(), finding => finding.Contains(expected, StringComparison.Ordinal));
    }

    [Fact]
    public void A_code_marker_in_Markdown_is_found()
    {
        Write("project/README.md", "#cnf:if (github)\n#cnf:endif\n");

        Assert.Contains(Findings(), finding => finding.Contains("does not take '#cnf:if (github)' for a marker", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("\"defaultValue\": \"tcx\"", "\"defaultValue\": \"tc\"", "the default 'tc' is not one of its values")]
    [InlineData("\"description\": \"X.\"", "\"description\": \"\"", "choice 'xdp' has no description")]
    [InlineData(", \"description\": \"X.\"", "", "description")]
    [InlineData("\"description\": \"Where.\",", "", "symbol hook: has no description")]
    [InlineData("\"defaultValue\": \"true\", ", "", "symbol github: has no default")]
    [InlineData("\"replaces\": \"cnf-hook\"", "\"replace\": \"cnf-hook\"", "replace")]
    [InlineData("\"valueTransform\": \"lower\"", "\"valueTransform\": \"upper\"", "form 'upper' does not exist")]
    [InlineData("\"valueSource\": \"name\"", "\"valueSource\": \"nom\"", "value source 'nom' does not exist")]
    [InlineData("\"type\": \"derived\"", "\"type\": \"drived\"", "is of a kind that no template here uses")]
    [InlineData("\"kebabName\"", "\"githubName\"", "symbol githubName: begins with the name of symbol github")]
    [InlineData("(hook == \\\"xdp\\\")", "hook == \\\"xdp\\\"", "is not in parentheses")]
    [InlineData("./hooks/xdp/\"", "./hooks/xpd/\"", "source ./hooks/xpd/: the folder does not exist")]
    [InlineData("./hooks/xdp/\"", "./hooks/xpd/\"", "hooks/xdp/xdp.go: belongs to 0 overlays")]
    [InlineData("./hooks/xdp/\"", "./hooks/\"", "hooks/xdp/xdp.go: belongs to 1 overlays", false)]
    [InlineData("./hooks/xdp/\"", "./hooks/\"", "hooks/tcx/tcx.go: belongs to 2 overlays")]
    [InlineData("AC1156F7-BB77-4DB8-B28F-24EEBCCA1E5C", "3A7C4B45-1F5D-4A30-959A-51B88E82B5D2", "is not an instruction")]
    [InlineData("\"shortName\": \"n\",", "\"shortName\": \"n\", // why", "is an invalid")]
    public void A_broken_configuration_is_found(string part, string replacement, string expected, bool found = true)
    {
        var text = File.ReadAllText(folder[Config]);
        Assert.Contains(part, text);
        Write(Config, text.Replace(part, replacement, StringComparison.Ordinal));

        Assert.Equal(found, Findings().Any(finding => finding.Contains(expected, StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("""{ "hook": {}, "github": {}, "docker": {} }""", "there is no parameter 'docker'")]
    [InlineData("""{ "hook": {} }""", "parameter 'github' is missing")]
    public void A_host_file_that_does_not_fit_the_template_is_found(string symbols, string expected)
    {
        Write(Host, $$"""{ "$schema": "s", "symbolInfo": {{symbols}} }""");

        Assert.Contains(Findings(), finding => finding.Contains(expected, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("main.go", "./project/main.go: is copied as it is by 'main.go', yet has a marker")]
    [InlineData("docs/**/*", "./project/docs/name.md: is copied as it is by 'docs/**/*', yet has cnf-template")]
    [InlineData("doc/**/*", "source ./project/: no file is copied by 'doc/**/*'")]
    [InlineData("plain.go", null)]
    [InlineData("**/*", null)]
    public void A_copied_file_that_the_engine_would_have_to_change_is_found(string pattern, string? expected)
    {
        Write("project/docs/name.md", "# cnf-template\n");
        Write("project/plain.go", "package main\n");
        Write(Config, File.ReadAllText(folder[Config]).Replace(
            "\"./project/\", \"target\": \"./\"", $"\"./project/\", \"target\": \"./\", \"copyOnly\": [ \"{pattern}\" ]", StringComparison.Ordinal));

        Assert.Equal(expected is null ? [] : [expected], Findings());
    }

    [Fact]
    public void A_file_that_two_active_overlays_define_is_found()
    {
        Write("hooks/tcx/cnf-hook.h", "\n");
        Write("project/tcx.h", "\n");

        Assert.Contains("project/tcx.h and hooks/tcx/cnf-hook.h: both become tcx.h", Findings());
    }

    [Fact]
    public void A_file_that_two_overlays_define_but_never_together_is_fine()
    {
        Write("hooks/tcx/attach.go", "package main\n");
        Write("hooks/xdp/attach.go", "package main\n");

        Expect.NoFindings(Findings());
    }

    [Fact]
    public async Task A_placeholder_or_marker_in_the_output_is_found()
    {
        var config = TemplateConfig.Load("ebpf-cnf");
        var project = await Offered.Project(Offered.Default("tcx"));
        GeneratedProject spoilt = new(new Dictionary<string, byte[]>(project.Files)
        {
            ["cmd/cnf-template/main.go"] = "package main\n"u8.ToArray(),
            ["a.c"] = "// cnf:endif\n"u8.ToArray(),
            ["b.c"] = "#include <cnf-hook.h>\n"u8.ToArray(),
        });

        Assert.Equal(
            ["cmd/cnf-template/main.go: still has 'cnf-template'", "a.c: still has 'cnf:endif'", "b.c: still has 'cnf-hook'"],
            TemplateLint.CheckOutput(config, spoilt));
    }

    public void Dispose() => folder.Dispose();

    IReadOnlyList<string> Findings() => TemplateLint.Check(folder.Path);

    void Write(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(folder[path])!);
        File.WriteAllText(folder[path], text);
    }
}
