using System.Text.RegularExpressions;
using EbpfCnf.Templates.Tests.Matrix;
using EbpfCnf.Templates.Tests.Support;

namespace EbpfCnf.Templates.Tests.Deployment;

/// <summary>The image, built from the Dockerfile as it is handed out. <see cref="PodTests"/> runs it.</summary>
[Collection(WholeMachine.Name)]
public sealed partial class ImageTests(Images images)
{
    /// <summary>By the names of Go and ELF.</summary>
    static readonly Dictionary<string, int> Machines = new() { ["amd64"] = 62, ["arm64"] = 183 };

    public static TheoryData<string> Hooks => [.. Offered.Hooks];

    /// <summary>kprobe's BPF objects differ from one architecture to the other, and one of the two Dockerfiles is its.</summary>
    [Theory]
    [InlineData("tcx", "amd64")]
    [InlineData("kprobe", "amd64")]
    [InlineData("kprobe", "arm64")]
    public async Task The_image_is_one_static_binary_that_permits_what_the_hook_requires(string hook, string architecture)
    {
        var image = await images.Of(hook, architecture);

        Assert.Single(image.Manifest.Layers);
        Assert.Equal(["usr", "usr/bin", "usr/bin/my-cnf"], Entries(image.Files));
        Assert.All(Entries(image.Files), entry => Assert.Equal(Images.CommitTime.UtcDateTime, File.GetLastWriteTimeUtc(Path.Combine(image.Files, entry))));
        var binary = Path.Combine(image.Files, "usr", "bin", "my-cnf");
        var bytes = await File.ReadAllBytesAsync(binary);
        Assert.Equal(Machines[architecture], BitConverter.ToUInt16(bytes, 18));
        Assert.DoesNotContain(SegmentTypes(bytes), type => type == 3);
        (await BpfObjects.Of(await ProjectFolder.Of(Offered.Default(hook)))).MustBeIn(bytes, architecture);

        var permitted = (await Toolbox.Run("getcap", [binary], image.Files, Tool.Short)).MustSucceed().Output;
        Assert.EndsWith("=p\n", permitted, StringComparison.Ordinal);
        Assert.Equal(
            Capabilities.RequiredByTheCode(await Offered.Project(Offered.Default(hook))),
            Capabilities.Sorted(CapabilityName.Matches(permitted).Select(match => match.Groups[1].Value.ToUpperInvariant())));
    }

    [Theory]
    [InlineData("tcx", "amd64")]
    [InlineData("kprobe", "arm64")]
    public async Task The_image_says_what_it_is_and_runs_as_a_user_without_a_name(string hook, string architecture)
    {
        var config = (await images.Of(hook, architecture)).Config;

        Assert.Equal("linux", config.Os);
        Assert.Equal(architecture, config.Architecture);
        var user = (await Manifests.Of(hook)).Pod.SecurityContext;
        Assert.Equal($"{user.RunAsUser}:{user.RunAsGroup}", config.Config.User);
        Assert.Equal(["/usr/bin/my-cnf"], config.Config.Entrypoint);
        Assert.Equal(["run"], config.Config.Cmd);
        string Label(string name) => config.Config.Labels[$"org.opencontainers.image.{name}"];
        Assert.Equal("my-cnf", Label("title"));
        Assert.Contains(hook, Label("description"), StringComparison.Ordinal);
        Assert.Equal(Images.Tag, Label("version"));
        Assert.Matches("^[0-9a-f]{40}$", Label("revision"));
        Assert.Contains("GPL-2.0-only", Label("licenses"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_binary_in_the_image_has_the_version_of_its_label()
    {
        var image = await images.Of("tcx", "amd64");

        var result = await Tool.Run(Path.Combine(image.Files, "usr", "bin", "my-cnf"), ["version"]);

        Assert.Contains(Images.Tag, result.MustSucceed().Output, StringComparison.Ordinal);
    }

    /// <summary>What the image is built on lacks what the Dockerfile does not ask for, although this machine has it.</summary>
    [Theory]
    [InlineData("clang-19 ", "", "\"clang\": executable file not found")]
    [InlineData("libbpf-dev", "libbpf-devel", "Unable to locate package libbpf-devel")]
    public async Task A_build_stage_that_forgets_a_package_is_found(string part, string replacement, string message)
    {
        var project = (await Offered.Project(Offered.Default("tcx"))).With("Dockerfile", text => text.Replace(part, replacement, StringComparison.Ordinal));
        using TemporaryFolder folder = new();

        var result = await Images.Make(project, "amd64", folder);

        Assert.NotEqual(0, result.ExitCode);
        Assert.Contains(message, result.Everything, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Hooks))]
    public async Task The_stages_start_from_a_pinned_image_and_from_nothing(string hook)
    {
        var stages = new Dockerfile(await Offered.Project(Offered.Default(hook))).Stages;

        Assert.Equal(2, stages.Count);
        Assert.Matches(PinnedBase, stages[0]);
        Assert.Equal("scratch", stages[1]);
    }

    static IEnumerable<string> Entries(string folder) => Directory
        .GetFileSystemEntries(folder, "*", SearchOption.AllDirectories)
        .Select(entry => Path.GetRelativePath(folder, entry))
        .Order(StringComparer.Ordinal);

    /// <summary>3 is PT_INTERP, the dynamic loader that a static binary does without.</summary>
    static IEnumerable<uint> SegmentTypes(byte[] elf)
    {
        var table = BitConverter.ToInt64(elf, 32);
        var size = BitConverter.ToUInt16(elf, 54);
        var count = BitConverter.ToUInt16(elf, 56);
        return Enumerable.Range(0, count).Select(index => BitConverter.ToUInt32(elf, (int)table + index * size));
    }

    [GeneratedRegex(@"^--platform=\$BUILDPLATFORM \S+:\d+\.\d+\.\d+-\w+@sha256:[0-9a-f]{64} AS build$")]
    static partial Regex PinnedBase { get; }

    [GeneratedRegex(@"cap_([a-z_]+)")]
    static partial Regex CapabilityName { get; }
}
