using System.Text.RegularExpressions;
using EbpfCnf.Templates.Tests.Support;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace EbpfCnf.Templates.Tests.Matrix;

/// <summary>
/// The full product of options, generated from the package and put before the tools that its users run. A row is a pair of
/// hook and function; within it every combination of the other options is generated, and each different code is built once.
/// </summary>
[Collection(WholeMachine.Name)]
public sealed partial class BuildMatrixTests
{
    public static TheoryData<Combination> Variants => [.. Offered.Variants];

    public static TheoryData<Combination, string> VariantsAndArchitectures
    {
        get
        {
            TheoryData<Combination, string> rows = [];
            foreach (var variant in Offered.Variants)
            {
                rows.Add(variant, "amd64");
                rows.Add(variant, "arm64");
            }

            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(Variants))]
    public async Task Go_files_are_formatted(Combination variant)
    {
        foreach (var folder in await ProjectFolder.AllOf(variant))
        {
            var unformatted = await folder.Run("gofmt", ["-l", .. folder.FilesEndingIn(".go")]);

            Assert.Equal("", unformatted.Output);
        }
    }

    [Theory]
    [MemberData(nameof(Variants))]
    public async Task C_files_are_formatted(Combination variant)
    {
        foreach (var folder in await ProjectFolder.AllOf(variant))
        {
            await folder.Run(Toolbox.Toolchain.ClangFormat, ["--dry-run", "-Werror", .. folder.FilesEndingIn(".c", ".h")]);
        }
    }

    [Theory]
    [MemberData(nameof(Variants))]
    public async Task Shell_scripts_pass_shellcheck(Combination variant)
    {
        foreach (var folder in await ProjectFolder.AllOf(variant))
        {
            await folder.Run("shellcheck", [.. folder.FilesEndingIn(".sh")]);
        }
    }

    [Theory]
    [MemberData(nameof(Variants))]
    public async Task Go_code_passes_vet(Combination variant)
    {
        foreach (var folder in await ProjectFolder.AllOf(variant))
        {
            await folder.Generate();

            await folder.Run("go", "vet", "./...");
        }
    }

    [Theory]
    [MemberData(nameof(VariantsAndArchitectures))]
    public async Task The_binary_carries_the_BPF_object_of_its_architecture(Combination variant, string architecture)
    {
        foreach (var folder in await ProjectFolder.AllOf(variant))
        {
            var binary = await File.ReadAllBytesAsync(await folder.Build(architecture));

            (await BpfObjects.Of(folder)).MustBeIn(binary, architecture);
        }
    }

    [Fact]
    public async Task Programs_that_read_registers_get_an_object_for_each_architecture()
    {
        var folder = await ProjectFolder.Of(Offered.Default("kprobe"));

        Assert.True((await BpfObjects.Of(folder)).Differ);
    }

    [Theory]
    [MemberData(nameof(Variants))]
    public async Task Unit_tests_pass_without_privileges_of_any_kind(Combination variant)
    {
        foreach (var folder in await ProjectFolder.AllOf(variant))
        {
            await folder.Generate();

            var result = await folder.Run("setpriv", "--bounding-set=-all", "--inh-caps=-all", "make", "test");

            Assert.True(PassedPackage.Count(result.Output) >= 3, $"Few packages have unit tests:\n{result.Everything}");
        }
    }

    [Theory]
    [MemberData(nameof(Variants))]
    public async Task Make_explains_its_targets_and_every_one_of_them_can_be_planned(Combination variant)
    {
        foreach (var folder in await ProjectFolder.AllOf(variant))
        {
            var help = await folder.Run("make", "--no-print-directory", "help");

            var targets = HelpLine.Matches(Colour.Replace(help.Output, "")).Select(match => match.Groups["target"].Value).ToList();
            foreach (var target in (string[])["build", "test", "test-traffic", "test-kernels", "demo"])
            {
                Assert.Contains(target, targets);
            }

            // There is no packet to give to a program that watches the kernel's own functions.
            Assert.Equal(folder.Under("test/datapath/").Any(), targets.Contains("test-datapath"));

            foreach (var target in targets)
            {
                await folder.Run("make", "--dry-run", target);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Variants))]
    public async Task Every_YAML_file_can_be_read(Combination variant)
    {
        foreach (var combination in Offered.Combinations.Where(combination => combination.Has(variant)))
        {
            var project = await Offered.Project(combination);
            var files = project.Files.Keys.Where(file => Path.GetExtension(file) is ".yml" or ".yaml").ToList();

            Assert.Contains(".golangci.yaml", files);
            Assert.Equal(combination["github"] == "true", files.Any(file => file.StartsWith(".github/workflows/", StringComparison.Ordinal)));
            Expect.NoFindings(files.SelectMany(file => YamlFindings(project.Text(file)).Select(finding => $"{file}: {finding}")));
        }
    }

    [Theory]
    [InlineData("a: b: c\n")]
    [InlineData("a: 1\na: 2\n")]
    [InlineData("a: [1\n")]
    public void A_YAML_file_that_cannot_be_read_is_found(string text) => Assert.NotEmpty(YamlFindings(text));

    [Theory]
    [InlineData("9lives")]
    [InlineData("$(rm -rf ~); `id` & | < > \\")]
    public async Task A_project_of_an_odd_name_builds(string name)
    {
        var engine = await TemplateEngine.Packed;
        var folder = ProjectFolder.Write(name.Length.ToString(), await engine.Generate("ebpf-cnf", name));

        await folder.Generate();

        await folder.Run("go", "vet", "./...");
        await folder.Run("make", "build");
    }

    static List<string> YamlFindings(string text)
    {
        try
        {
            new YamlStream().Load(new StringReader(text));
            return [];
        }
        catch (YamlException exception)
        {
            return [exception.Message];
        }
    }

    [GeneratedRegex(@"^ok\s", RegexOptions.Multiline)]
    static partial Regex PassedPackage { get; }

    [GeneratedRegex(@"^ +(?<target>[a-z][a-z-]*) {2,}\S", RegexOptions.Multiline)]
    static partial Regex HelpLine { get; }

    [GeneratedRegex(@"\x1b\[[0-9;]*m")]
    static partial Regex Colour { get; }
}
