using EbpfCnf.Templates.Tests.Support;

namespace EbpfCnf.Templates.Tests;

/// <summary>What the engine in this process cannot show: option names, messages, exit codes.</summary>
[Trait("Category", "Snapshots")]
public sealed class CommandLineTests(DotnetNew dotnet) : IClassFixture<DotnetNew>, IDisposable
{
    readonly TemporaryFolder folder = new();

    [Fact]
    public async Task The_help_explains_every_option_and_choice()
    {
        var result = await dotnet.In(folder.Path, "ebpf-cnf", "--help");

        await Snapshot.VerifyText("ebpf-cnf.help", result.MustSucceed().Output);
    }

    [Theory]
    [InlineData("hook", "xpd")]
    [InlineData("function", "monitr")]
    public async Task A_wrong_value_gives_the_list_of_choices(string option, string value)
    {
        var result = await dotnet.In(folder.Path, "ebpf-cnf", $"--{option}", value, "-n", "my-cnf");

        Assert.Equal(127, result.ExitCode);
        await Snapshot.VerifyText($"ebpf-cnf.wrong-{option}", result.Error + result.Output);
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
    }

    public static TheoryData<string, string> RefusedPairs
    {
        get
        {
            TheoryData<string, string> pairs = [];
            foreach (var (hook, function) in Offered.Refused)
            {
                pairs.Add(hook, function);
            }

            return pairs;
        }
    }

    [Theory]
    [MemberData(nameof(RefusedPairs))]
    public async Task A_function_on_a_hook_where_it_makes_no_sense_is_refused_with_the_hooks_to_choose_from(string hook, string function)
    {
        var result = await dotnet.In(folder.Path, "ebpf-cnf", "--hook", hook, "--function", function, "-n", "my-cnf");

        Assert.Equal(102, result.ExitCode);
        Assert.Contains("--choose-the-hook-xdp-", result.Everything);
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public async Task A_flag_that_is_neither_true_nor_false_is_refused()
    {
        var result = await dotnet.In(folder.Path, "ebpf-cnf", "--github", "maybe", "-n", "my-cnf");

        Assert.Equal(127, result.ExitCode);
        Assert.Contains("'maybe' is not a valid option", result.Everything);
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public async Task An_unknown_option_is_refused()
    {
        var result = await dotnet.In(folder.Path, "ebpf-cnf", "--hok", "tcx", "-n", "my-cnf");

        Assert.Equal(127, result.ExitCode);
        Assert.Contains("'--hok' is not a valid option", result.Everything);
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public async Task A_project_goes_into_a_folder_of_its_name_and_the_next_steps_are_printed()
    {
        var result = await dotnet.In(folder.Path, "ebpf-cnf", "-n", "my-cnf");

        result.MustSucceed();
        Assert.Equal([folder["my-cnf"]], Directory.GetFileSystemEntries(folder.Path));
        Assert.True(File.Exists(folder["my-cnf/bpf/hook/tcx.bpf.c"]), "tcx is the default hook.");
        await Snapshot.VerifyText("ebpf-cnf.created", result.Output.Replace(folder.Path, "FOLDER", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Short_option_names_work_and_case_does_not_matter()
    {
        var result = await dotnet.In(folder.Path, "ebpf-cnf", "-k", "XDP", "-f", "Monitor", "-m", "example.org/you/fast", "-n", "fast");

        result.MustSucceed();
        Assert.True(File.Exists(folder["fast/bpf/hook/xdp.bpf.c"]));
        Assert.StartsWith("module example.org/you/fast\n", File.ReadAllText(folder["fast/go.mod"]));
    }

    [Fact]
    public async Task A_folder_with_files_is_refused_and_nothing_in_it_is_changed()
    {
        Directory.CreateDirectory(folder["my-cnf"]);
        File.WriteAllText(folder["my-cnf/README.md"], "mine\n");

        var result = await dotnet.In(folder.Path, "ebpf-cnf", "-n", "my-cnf");

        Assert.Equal(73, result.ExitCode);
        Assert.Contains("README.md", result.Everything);
        Assert.Contains("--force", result.Everything);
        Assert.Equal([folder["my-cnf/README.md"]], Directory.GetFileSystemEntries(folder["my-cnf"]));
        Assert.Equal("mine\n", File.ReadAllText(folder["my-cnf/README.md"]));
    }

    [Fact]
    public async Task A_folder_with_files_is_overwritten_when_forced()
    {
        Directory.CreateDirectory(folder["my-cnf"]);
        File.WriteAllText(folder["my-cnf/README.md"], "mine\n");
        File.WriteAllText(folder["my-cnf/notes.txt"], "mine\n");

        (await dotnet.In(folder.Path, "ebpf-cnf", "-n", "my-cnf", "--force")).MustSucceed();

        Assert.NotEqual("mine\n", File.ReadAllText(folder["my-cnf/README.md"]));
        Assert.Equal("mine\n", File.ReadAllText(folder["my-cnf/notes.txt"]));
    }

    [Fact]
    public async Task A_dry_run_lists_the_files_and_writes_none()
    {
        var result = await dotnet.In(folder.Path, "ebpf-cnf", "-n", "my-cnf", "--dry-run");

        Assert.Contains("bpf/hook/tcx.bpf.c", result.MustSucceed().Output);
        Assert.Contains("cmd/my-cnf/main.go", result.Output);
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
    }

    [Theory]
    [InlineData("a/b")]
    [InlineData("../up")]
    public async Task A_name_that_is_a_path_is_refused(string name)
    {
        var result = await dotnet.In(folder.Path, "ebpf-cnf", "-n", name);

        Assert.Equal(127, result.ExitCode);
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public async Task Names_with_shell_characters_reach_the_project_as_harmless_words()
    {
        const string name = "$(touch pwned); `touch pwned` \"x\" 'y' & *";

        (await dotnet.In(folder.Path, "ebpf-cnf", "-n", name)).MustSucceed();

        Assert.Equal([folder[name]], Directory.GetFileSystemEntries(folder.Path));
        Assert.StartsWith("module example.com/touch-pwned-touch-pwned-x-y\n", File.ReadAllText(Path.Combine(folder[name], "go.mod")));
    }

    public void Dispose() => folder.Dispose();
}
