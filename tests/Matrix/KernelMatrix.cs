using System.Text;
using EbpfCnf.Eng;
using EbpfCnf.Eng.Setup;
using EbpfCnf.Templates.Tests.Support;

namespace EbpfCnf.Templates.Tests.Matrix;

/// <summary>All kernels and all suites; when the tests are done it writes the table that the README shows.</summary>
public sealed class KernelMatrix : IDisposable
{
    readonly List<KernelUnderTest> kernels = [new HostKernel(), .. Kernel.Matrix.Select(kernel => new VirtualKernel(kernel.Series, kernel.Arch))];
    readonly Dictionary<string, Task<IReadOnlyList<TestSuite>>> suites = [];
    readonly Dictionary<(string Suite, string Kernel), string> cells = [];

    internal VerifierRecord Verifier { get; } = new();

    internal async Task<IReadOnlyList<TestOutcome>> Outcomes(string suite, string kernelName)
    {
        // All start with the first that is asked for, those that take longest before the others are ready.
        foreach (var other in kernels.OrderBy(other => other.Architecture == Architecture.Debian).ThenBy(other => other is HostKernel))
        {
            await Suites(other);
            _ = other.Outcomes(() => Suites(other));
        }

        var kernel = kernels.Single(kernel => kernel.Name == kernelName);
        var outcomes = await kernel.Outcomes(() => Suites(kernel));
        // What has no suite concerns the whole machine.
        var ofSuite = outcomes.Where(outcome => outcome.Suite == suite || outcome.Suite == "").ToList();
        cells[(suite, kernelName)] = Cell(ofSuite);
        return ofSuite;
    }

    public void Dispose()
    {
        if (cells.Count > 0)
        {
            File.WriteAllText(Path.Combine(Repository.Artifacts, "kernel-matrix.md"), Table());
        }
    }

    Task<IReadOnlyList<TestSuite>> Suites(KernelUnderTest kernel)
    {
        if (!suites.TryGetValue(kernel.Architecture, out var built))
        {
            suites[kernel.Architecture] = built = BuildSuites(kernel.Architecture);
        }

        return built;
    }

    static async Task<IReadOnlyList<TestSuite>> BuildSuites(string architecture)
    {
        List<TestSuite> built = [];
        foreach (var variant in Offered.Variants)
        {
            built.Add(await TestSuite.Build(variant, architecture, Path.Combine(Repository.Artifacts, "tests", "suites", architecture)));
        }

        return built;
    }

    static string Cell(IReadOnlyList<TestOutcome> outcomes)
    {
        var failed = outcomes.Count(outcome => outcome.Status == TestStatus.Fail);
        var passed = outcomes.Count(outcome => outcome is { Status: TestStatus.Pass, IsSubtest: false });
        var skipped = outcomes.Count(outcome => outcome is { Status: TestStatus.Skip, IsSubtest: false });
        return (failed, passed, skipped) switch
        {
            ( > 0, _, _) => $"**{failed} failed**",
            (_, 0, _) => "not offered",
            (_, _, 0) => $"{passed} passed",
            _ => $"{passed} passed, {skipped} not offered",
        };
    }

    string Cell(Combination variant, KernelUnderTest kernel) =>
        cells.TryGetValue((TestSuite.NameOf(variant), kernel.Name), out var cell) ? cell
        : kernel is HostKernel && HostKernel.Lacks(variant["hook"]) is { } option ? $"no {option}"
        : "not run";

    string Table()
    {
        StringBuilder table = new();
        table.Append("| hook, function |").AppendJoin('|', kernels.Select(kernel => $" {kernel.Name} ")).Append("|\n");
        table.Append("|---|").AppendJoin('|', kernels.Select(_ => "---")).Append("|\n");
        foreach (var variant in Offered.Variants)
        {
            table.Append($"| {TestSuite.NameOf(variant)} |").AppendJoin('|', kernels.Select(kernel => $" {Cell(variant, kernel)} ")).Append("|\n");
        }

        return table.ToString();
    }
}
