using System.Text.RegularExpressions;
using EbpfCnf.Templates.Tests.Matrix;
using EbpfCnf.Templates.Tests.Support;

namespace EbpfCnf.Templates.Tests.Deployment;

/// <summary>
/// The image, without a container engine: the build stage's own commands run here, on no other files than the engine would
/// send, with the tools that the stage would install. <see cref="PodTests"/> runs the result in a container.
/// </summary>
[Collection(WholeMachine.Name)]
public sealed partial class ImageTests
{
    const ushort Amd64 = 62;

    public static TheoryData<string> Hooks => [.. Offered.Hooks];

    /// <summary>For one hook and architecture: <see cref="BuildMatrixTests"/> builds all of them.</summary>
    [Fact]
    public async Task The_build_stage_makes_one_static_binary_that_permits_what_the_hook_requires()
    {
        var project = await Offered.Project(Offered.Default("tcx"));
        Dockerfile dockerfile = new(project);
        using TemporaryFolder folder = new();
        dockerfile.WriteContextTo(folder["src"]);
        Dictionary<string, string?> variables = new() { ["TARGETARCH"] = "amd64", ["SOURCE_DATE_EPOCH"] = "1000000000" };

        foreach (var (name, text) in dockerfile.Stages[0].Where(instruction => instruction.Name is "RUN" or "ARG"))
        {
            if (name == "ARG")
            {
                var parts = text.Split('=');
                variables.TryAdd(parts[0], parts.ElementAtOrDefault(1));
            }
            else if (!text.StartsWith("apt-get update", StringComparison.Ordinal))
            {
                var command = text.Replace("/image", folder["image"], StringComparison.Ordinal);
                (await Toolbox.Run("sh", ["-c", command], folder["src"], TimeSpan.FromMinutes(20), variables)).MustSucceed();
            }
        }

        Assert.Equal(["usr/bin/my-cnf"], Directory.GetFiles(folder["image"], "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(folder["image"], file)));
        var binary = folder["image/usr/bin/my-cnf"];
        var bytes = await File.ReadAllBytesAsync(binary);
        Assert.Equal(Amd64, BitConverter.ToUInt16(bytes, 18));
        Assert.DoesNotContain(SegmentTypes(bytes), type => type == 3);
        Assert.Equal(DateTimeOffset.FromUnixTimeSeconds(1000000000).UtcDateTime, File.GetLastWriteTimeUtc(binary));
        var permitted = (await Toolbox.Run("getcap", [binary], folder.Path, Tool.Short)).MustSucceed().Output;
        Assert.EndsWith("=p\n", permitted, StringComparison.Ordinal);
        Assert.Equal(
            Capabilities.RequiredByTheCode(project),
            Capabilities.Sorted(CapabilityName.Matches(permitted).Select(match => match.Groups[1].Value.ToUpperInvariant())));
    }

    [Theory]
    [MemberData(nameof(Hooks))]
    public async Task The_final_image_is_the_binary_and_a_user_without_a_name(string hook)
    {
        var stages = new Dockerfile(await Offered.Project(Offered.Default(hook))).Stages;

        Assert.Matches(PinnedBase, stages[0][0].Text);
        Assert.Equal("scratch", stages[1][0].Text);
        Assert.Equal("--from=build /image/ /", stages[1].Single(instruction => instruction.Name == "COPY").Text);
        var user = (await Manifests.Of(hook)).Pod.SecurityContext;
        Assert.Equal($"{user.RunAsUser}:{user.RunAsGroup}", stages[1].Single(instruction => instruction.Name == "USER").Text);
        Assert.Equal("""["/usr/bin/my-cnf"]""", stages[1].Single(instruction => instruction.Name == "ENTRYPOINT").Text);
    }

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
