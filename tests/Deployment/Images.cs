using System.Collections.Concurrent;
using EbpfCnf.Templates.Tests.Support;

namespace EbpfCnf.Templates.Tests.Deployment;

/// <summary>The images of generated projects: each is built once, by <c>make image</c> as the README says, and removed after the last test.</summary>
public sealed class Images : IDisposable
{
    internal const string Name = "registry.example.com/you/my-cnf:0.1.0";

    internal const string Tag = "v1.2.3";

    internal static readonly DateTimeOffset CommitTime = DateTimeOffset.FromUnixTimeSeconds(1_000_000_000);

    readonly TemporaryFolder folder = new();
    readonly ConcurrentDictionary<(string Hook, string Architecture), Lazy<Task<Image>>> images = new();

    public void Dispose() => folder.Dispose();

    internal Task<Image> Of(string hook, string architecture) =>
        images.GetOrAdd((hook, architecture), _ => new(() => Build(hook, architecture))).Value;

    /// <summary>Runs <c>make image</c> in a clone of the project; the image goes into the folder <c>layout</c> of <paramref name="output"/>.</summary>
    internal static async Task<ToolResult> Make(GeneratedProject project, string architecture, TemporaryFolder output)
    {
        var clone = output["clone"];
        project.WriteTo(clone);
        await Commit(clone);
        BaseImage.WriteContextTo(output["base"]);
        var platform = $"linux/{(await Tool.Run("dpkg", ["--print-architecture"])).MustSucceed().Output.Trim()}";
        return await Toolbox.Run(
            "unshare",
            [
                "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child", "--mount-proc",
                "bash", Path.Combine(Repository.Root, "tests", "Deployment", "image.sh"), output.Path, new Dockerfile(project).Base, Name,
                // Debian 12's buildah does not set this one by itself.
                "--build-arg", $"BUILDPLATFORM={platform}",
                "--platform", $"linux/{architecture}",
                .. BaseImage.Volumes.Select(volume => $"--volume={volume}"),
            ],
            clone,
            TimeSpan.FromMinutes(8),
            await Buildah.Environment());
    }

    async Task<Image> Build(string hook, string architecture)
    {
        using TemporaryFolder output = new();
        (await Make(await Offered.Project(Offered.Default(hook)), architecture, output)).MustSucceed();
        var name = $"{hook}-{architecture}";
        Directory.Move(output["layout"], folder[name]);
        return await Image.Unpack(folder[name], folder[$"{name}-files"]);
    }

    static async Task Commit(string clone)
    {
        Dictionary<string, string?> environment = new()
        {
            ["GIT_CONFIG_GLOBAL"] = "/dev/null",
            ["GIT_AUTHOR_DATE"] = $"{CommitTime:O}",
            ["GIT_COMMITTER_DATE"] = $"{CommitTime:O}",
        };
        foreach (var command in (string[][])[["init", "--quiet"], ["add", "."], ["commit", "--quiet", "--message=Begin"], ["tag", Tag]])
        {
            (await Tool.Run("git", ["-c", "user.name=You", "-c", "user.email=you@example.com", .. command], clone, environment: environment)).MustSucceed();
        }
    }
}
