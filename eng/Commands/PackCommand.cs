using CliWrap;
using EbpfCnf.Eng.Processes;

namespace EbpfCnf.Eng.Commands;

/// <summary>Packs the templates; the same commit gives the same bytes.</summary>
sealed class PackCommand(SourceTree tree, Progress progress)
{
    // A copy without history has no commit time. Zip entries cannot be older than 1980; otherwise any moment does.
    const string WithoutHistory = "1750000000";

    public async Task<string> Run(bool fullFeed, CancellationToken cancellation, string? version = null)
    {
        var folder = Path.Combine(tree.Artifacts, "package", "release");
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }

        var epoch = await CommitTime(cancellation);
        await progress.Step("pack the templates", () => Programs
            .Dotnet([
                "pack", tree.TemplatePack, "--configuration", "Release", "--output", folder,
                $"-p:FullFeed={(fullFeed ? "true" : "false")}",
                .. version is null ? (string[])[] : [$"-p:Version={version}"],
            ])
            .With("SOURCE_DATE_EPOCH", epoch)
            .Capture(TimeSpan.FromMinutes(3), cancellation));
        var package = Directory.GetFiles(folder, "*.nupkg").Single();
        progress.Detail($"{Path.GetRelativePath(tree.Root, package)} ({new FileInfo(package).Length / 1024} KiB)");
        return package;
    }

    async Task<string> CommitTime(CancellationToken cancellation)
    {
        List<string> lines = [];
        var exitCode = Programs.Find("git") is null
            ? 1
            : await Cli.Wrap("git").WithArguments(["-C", tree.Root, "log", "-1", "--format=%ct"]).Stream(lines.Add, TimeSpan.FromSeconds(30), cancellation);
        return exitCode == 0 && lines is [var time] ? time : WithoutHistory;
    }
}
