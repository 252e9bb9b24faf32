using EbpfCnf.Templates.Tests.Support;
using Xunit.Sdk;

namespace EbpfCnf.Templates.Tests.Matrix;

/// <summary>A project's test binaries and the CNF that they run, in one folder, as the kernel runner wants them.</summary>
/// <param name="Variant">The hook and the function of the project.</param>
/// <param name="Folder">Where everything lies.</param>
/// <param name="Problem">Why the suite could not be built; other projects are tested all the same.</param>
sealed record TestSuite(Combination Variant, string Folder, string? Problem = null)
{
    static readonly string[] Packages = ["datapath", "traffic"];

    public string Name => NameOf(Variant);

    public string Hook => Variant["hook"];

    /// <summary>The other functions' suites are run without what the monitor's show as well.</summary>
    public bool IsOfMonitor => Variant["function"] == "monitor";

    public IReadOnlyList<string> Binaries => [.. Directory.GetFiles(Folder, "*.test").Order(StringComparer.Ordinal)];

    public static string NameOf(Combination variant) =>
        variant["function"] == "monitor" ? variant["hook"] : $"{variant["hook"]}-{variant["function"]}";

    public static async Task<TestSuite> Build(Combination variant, string architecture, string suites)
    {
        var folder = Path.Combine(suites, NameOf(variant));
        try
        {
            await BuildIn(folder, variant, architecture);
            return new(variant, folder);
        }
        catch (XunitException exception)
        {
            return new(variant, folder, exception.Message);
        }
    }

    static async Task BuildIn(string folder, Combination variant, string architecture)
    {
        var project = await ProjectFolder.Of(Offered.Default(variant["hook"], variant["function"]));
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }

        Directory.CreateDirectory(folder);
        await project.Generate();
        // Without symbol tables the archives that the virtual machines unpack are a third smaller.
        await project.RunFor(architecture, "go", "build", "-ldflags=-s -w", "-o", Path.Combine(folder, "cnf"), "./cmd/my-cnf");
        foreach (var package in Packages.Where(package => project.Under($"test/{package}/").Any()))
        {
            await project.RunFor(architecture, "go", "test", "-c", "-ldflags=-s -w", "-o", Path.Combine(folder, $"{package}.test"), $"./test/{package}");
        }
    }
}
