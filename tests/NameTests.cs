using System.Text.RegularExpressions;
using EbpfCnf.Templates.Tests.Support;

namespace EbpfCnf.Templates.Tests;

/// <summary>Whatever a person types after -n, the project is valid.</summary>
public sealed partial class NameTests
{
    public static TheoryData<string, string> Names => new()
    {
        { "my-cnf", "my-cnf" },
        { "MyFirewall", "my-firewall" },
        { "My CNF 2", "my-cnf-2" },
        { "IPv6Filter", "ipv6-filter" },
        { "HTTPProxy", "httpproxy" },
        { "9lives", "lives" },
        { "a.b.c", "a-b-c" },
        { "世界", "cnf" },
        { "---", "cnf" },
        { "café", "caf" },
        { "my_cnf", "my-cnf" },
        { "cnf-template", "cnf-template" },
        { "cnf-hook", "cnf-hook" },
        { "x", "x" },
        { "\"quoted\" 'name'", "quoted-name" },
        { "$(rm -rf ~); `id` & | < > \\", "rm-rf-id" },
        { "{{.Name}} ${{ github.token }}", "name-github-token" },
        { "a\nb", "a-b" },
        { new string('a', 100), new string('a', 50) },
        { $"{new string('a', 49)}-{new string('b', 50)}", new string('a', 49) },
        // Names of the Go toolchain are fine; names of the project's own folders and make targets would hide those.
        { "go", "go" },
        { "test", "test-cnf" },
        { "cmd", "cmd-cnf" },
        { "bpf", "bpf-cnf" },
        { "internal", "internal-cnf" },
        { "Deploy", "deploy-cnf" },
        { "all", "all-cnf" },
        { "clean", "clean-cnf" },
        { "generate", "generate-cnf" },
        // Go ignores the one, and gives a meaning of its own to the other.
        { "testdata", "testdata-cnf" },
        { "vendor", "vendor-cnf" },
        // Go refuses module paths with the names of Windows devices.
        { "nul", "nul-cnf" },
        { "com1", "com1-cnf" },
    };

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_name_gives_a_valid_project(string name, string expected)
    {
        var engine = await TemplateEngine.Packed;

        var project = await engine.Generate("ebpf-cnf", name);

        Assert.Equal($"module example.com/{expected}", project.Text("go.mod").Split('\n')[0]);
        Assert.Contains($"cmd/{expected}/main.go", project.Files.Keys);
        Assert.Matches(BinaryName, expected);
        Assert.All(project.Files.Keys, path => Assert.Matches(PortablePath, path));
        Assert.All(GoImports(project), path => Assert.StartsWith($"example.com/{expected}/", path));
    }

    [Fact]
    public async Task No_make_target_and_no_folder_of_a_project_can_be_the_name_of_its_binary()
    {
        var engine = await TemplateEngine.Packed;
        List<string> taken = [];
        foreach (var combination in Offered.Combinations)
        {
            var project = await Offered.Project(combination);
            taken.AddRange(project.Files.Keys.Where(path => path.Contains('/')).Select(path => path[..path.IndexOf('/')]));
            taken.AddRange(
                from path in project.Files.Keys
                where path == "Makefile" || path.StartsWith("make/", StringComparison.Ordinal)
                from match in MakeTarget.Matches(project.Text(path))
                select match.Groups["target"].Value);
        }

        var names = taken.Where(name => BinaryName.IsMatch(name) && name != "my-cnf").Distinct().ToList();
        Assert.Contains("test", names);
        Assert.Contains("build", names);
        foreach (var name in names)
        {
            var project = await engine.Generate("ebpf-cnf", name);
            Assert.Equal($"module example.com/{name}-cnf", project.Text("go.mod").Split('\n')[0]);
        }
    }

    [Fact]
    public async Task A_module_path_of_ones_own_is_used_everywhere_and_leaves_the_binary_alone()
    {
        var engine = await TemplateEngine.Packed;

        var project = await engine.Generate("ebpf-cnf", "MyCnf", new Dictionary<string, string> { ["module"] = "github.com/You/cnf-template/v2" });

        Assert.Equal("module github.com/You/cnf-template/v2", project.Text("go.mod").Split('\n')[0]);
        Assert.Contains("cmd/my-cnf/main.go", project.Files.Keys);
        Assert.All(GoImports(project), path => Assert.StartsWith("github.com/You/cnf-template/v2/", path));
    }

    /// <summary>Imports of the project's own packages: neither the standard library's nor a dependency's.</summary>
    static List<string> GoImports(GeneratedProject project)
    {
        var modules = RequiredModule.Matches(project.Text("go.mod")).Select(match => match.Groups["path"].Value).ToList();
        var imports =
            from file in project.Files.Keys
            where file.EndsWith(".go", StringComparison.Ordinal)
            from Match match in QuotedImport.Matches(project.Text(file))
            let path = match.Groups["path"].Value
            where path.Split('/')[0].Contains('.') && !modules.Any(module => path == module || path.StartsWith($"{module}/", StringComparison.Ordinal))
            select path;

        var own = imports.ToList();
        Assert.NotEmpty(own);
        return own;
    }

    [GeneratedRegex(@"\A[a-z]([a-z0-9-]{0,56}[a-z0-9])?\z")]
    static partial Regex BinaryName { get; }

    [GeneratedRegex(@"\A[A-Za-z0-9._/-]+\z")]
    static partial Regex PortablePath { get; }

    [GeneratedRegex(@"^(?<target>[a-z][a-z0-9-]*):", RegexOptions.Multiline)]
    static partial Regex MakeTarget { get; }

    [GeneratedRegex(@"^(require )?\t?(?<path>[a-z0-9.]+\.[a-z]+/\S+) v", RegexOptions.Multiline)]
    static partial Regex RequiredModule { get; }

    [GeneratedRegex("""^(import )?\t?([a-z_]\w* )?"(?<path>[^"\s]+/[^"\s]+)"$""", RegexOptions.Multiline)]
    static partial Regex QuotedImport { get; }
}
