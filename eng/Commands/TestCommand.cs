using System.Diagnostics;
using EbpfCnf.Eng.Processes;

namespace EbpfCnf.Eng.Commands;

/// <summary>Runs the tests of this repository and tells what came of them.</summary>
sealed class TestCommand(SourceTree tree, Progress progress)
{
    static readonly TimeSpan Limit = TimeSpan.FromMinutes(80);

    public async Task<int> Run(string? filter, bool? fullFeed, bool accept, CancellationToken cancellation)
    {
        var toolchain = await new SetupCommand(tree, progress).Run(cancellation);
        var clock = Stopwatch.StartNew();
        var report = await Test(accept ? filter ?? "Category=Snapshots" : filter, fullFeed ?? toolchain.FullFeed, accept, cancellation);

        var table = new KernelTable(tree);
        if (table.IsNewerThan(report.Begun))
        {
            progress.Say();
            progress.Say(table.Text);
        }

        var skills = Path.Combine(tree.Artifacts, "skills.md");
        if (File.Exists(skills) && File.GetLastWriteTimeUtc(skills) >= report.Begun)
        {
            progress.Say();
            progress.Say(File.ReadAllText(skills).TrimEnd());
            progress.Say();
        }

        foreach (var test in report.Failed)
        {
            progress.Say($"FAILED   {test.Headline}");
        }

        foreach (var group in report.Skipped.GroupBy(test => test.Reason))
        {
            progress.Say($"SKIPPED  {group.Key}: {string.Join(", ", group.Select(test => test.Name))}");
        }

        progress.Say($"Tests ran for {Duration.Text(clock.Elapsed)}.");
        progress.Say(report.Total);
        return report.IsGreen ? 0 : 1;
    }

    async Task<TestReport> Test(string? filter, bool fullFeed, bool accept, CancellationToken cancellation)
    {
        var results = Directory.CreateDirectory(Path.Combine(tree.Artifacts, "test-results")).FullName;
        var trx = Path.Combine(results, "tests.trx");
        File.Delete(trx);

        List<string> arguments =
        [
            "test", tree.Tests,
            "--logger", "console;verbosity=normal",
            "--logger", $"trx;LogFileName={Path.GetFileName(trx)}",
            "--results-directory", results,
            $"-p:FullFeed={(fullFeed ? "true" : "false")}",
        ];
        if (filter is not null)
        {
            arguments.AddRange(["--filter", IsExpression(filter) ? filter : $"FullyQualifiedName~{filter}"]);
        }

        var begun = DateTime.UtcNow;
        progress.Say($"...  dotnet {string.Join(' ', arguments.Select(argument => argument.Contains(' ') || argument.Contains(';') ? $"\"{argument}\"" : argument))}");
        var exitCode = await Programs
            .Dotnet(arguments)
            .With("ACCEPT_SNAPSHOTS", accept ? "1" : null)
            .Stream(progress.Say, Limit, cancellation);
        return TestReport.Read(trx, exitCode, begun);
    }

    /// <summary>A word on its own is part of a test's name; anything else is in the language of `dotnet test --filter`.</summary>
    static bool IsExpression(string filter) => filter.IndexOfAny(['=', '~', '&', '|', '(']) >= 0;
}
