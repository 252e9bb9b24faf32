using EbpfCnf.Templates.Tests.Support;

namespace EbpfCnf.Templates.Tests.Deployment;

/// <summary>An extra that is off leaves no trace.</summary>
public sealed class ExtrasTests
{
    /// <summary>What tells each extra: words that appear in no project without it, and a file that appears in every project with it.</summary>
    static readonly Dictionary<string, (string[] Words, string File)> Traces = new()
    {
        ["docker"] = (["docker", "image-push", "buildx"], "Dockerfile"),
        ["kubernetes"] = (["kubernetes", "kubectl", "kustomiz", "daemonset", "make deploy"], "deploy/kubernetes/base/kustomization.yaml"),
        ["systemd"] = (["systemctl", "systemd-sysusers", "ambientcapabilities", "make install"], "deploy/systemd/my-cnf.service"),
        ["github"] = ([".github/", "actions/checkout", "gh attestation"], ".github/workflows/ci.yml"),
    };

    public static TheoryData<string, string> HooksAndExtras
    {
        get
        {
            TheoryData<string, string> rows = [];
            foreach (var hook in Offered.Hooks)
            {
                foreach (var extra in Traces.Keys)
                {
                    rows.Add(hook, extra);
                }
            }

            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(HooksAndExtras))]
    public async Task An_extra_that_is_off_leaves_no_trace(string hook, string extra)
    {
        var options = Offered.Default(hook).Options.ToDictionary();
        var with = await Offered.Project(new(options));
        var without = await Offered.Project(new(new Dictionary<string, string>(options) { [extra] = "false" }));
        var (words, file) = Traces[extra];

        Assert.Contains(file, with.Files.Keys);
        Assert.All(words, word => Assert.Contains(with.Files.Keys, path => Speaks(with, path, word)));
        Expect.NoFindings(
            from path in without.Files.Keys
            from word in words.Append(file)
            where Speaks(without, path, word)
            select $"{path}: speaks of {word}");
    }

    [Theory]
    [InlineData("docker", "image", "image-push")]
    [InlineData("kubernetes", "manifests", "deploy", "undeploy")]
    [InlineData("systemd", "install", "uninstall")]
    public async Task Its_make_targets_come_and_go_with_it(string extra, params string[] targets)
    {
        var options = Offered.Default("tcx").Options.ToDictionary();

        foreach (var on in (bool[])[true, false])
        {
            options[extra] = on ? "true" : "false";
            using TemporaryFolder folder = new();
            (await Offered.Project(new(options.ToDictionary()))).WriteTo(folder.Path);

            var help = (await Toolbox.Run("make", ["--no-print-directory", "help"], folder.Path, Tool.Short)).MustSucceed().Output;
            Assert.All(targets, target => Assert.Equal(on, help.Contains($"\n  {target} ", StringComparison.Ordinal)));
        }
    }

    static bool Speaks(GeneratedProject project, string path, string word) =>
        $"{path}\n{project.Text(path)}".Contains(word, StringComparison.OrdinalIgnoreCase);
}
