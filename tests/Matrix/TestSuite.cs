using EbpfCnf.Templates.Tests.Support;
using Xunit.Sdk;

namespace EbpfCnf.Templates.Tests.Matrix;

/// <summary>A project's test binaries and the CNF that they run, in one folder, as the kernel runner wants them.</summary>
/// <param name="Name">Names the hook, and the function unless it is the monitor.</param>
/// <param name="Hook">The hook of the project.</param>
/// <param name="Folder">Where everything lies.</param>
/// <param name="Problem">Why the suite could not be built; other projects are tested all the same.</param>
sealed record TestSuite(string Name, string Hook, string Folder, string? Problem = null)
{
    static readonly string[] Packages = ["datapath", "traffic"];

    public IReadOnlyList<string> Binaries => [.. Directory.GetFiles(Folder, "*.test").Order(StringComparer.Ordinal)];

    public static string NameOf(Combination variant) =>
        variant["function"] == "monitor" ? variant["hook"] : $"{variant["hook"]}-{variant["function"]}";

    public static async Task<TestSuite> Build(Combination variant, string architecture)
    {
        var name = NameOf(variant);
        var folder = Path.Combine(Repository.Artifacts, "tests", "suites", architecture, name);
        try
        {
            await Build(variant, architecture, folder);
            return new(name, variant["hook"], folder);
        }
        catch (XunitException exception)
        {
            return new(name, variant["hook"], folder, exception.Message);
        }
    }

    static async Task Build(Combination variant, string architecture, string folder)
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
