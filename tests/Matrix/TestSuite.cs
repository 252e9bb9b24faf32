using EbpfCnf.Templates.Tests.Support;
using Xunit.Sdk;

namespace EbpfCnf.Templates.Tests.Matrix;

/// <summary>A hook's test binaries and the CNF that they run, in one folder, as the kernel runner wants them.</summary>
/// <param name="Hook">What the suite tests, and its name.</param>
/// <param name="Folder">Where everything lies.</param>
/// <param name="Problem">Why the suite could not be built; other hooks are tested all the same.</param>
sealed record TestSuite(string Hook, string Folder, string? Problem = null)
{
    static readonly string[] Packages = ["datapath", "traffic"];

    public IReadOnlyList<string> Binaries => [.. Directory.GetFiles(Folder, "*.test").Order(StringComparer.Ordinal)];

    public static async Task<TestSuite> Build(string hook, string architecture)
    {
        var folder = Path.Combine(Repository.Artifacts, "tests", "suites", architecture, hook);
        try
        {
            await Build(hook, architecture, folder);
            return new(hook, folder);
        }
        catch (XunitException exception)
        {
            return new(hook, folder, exception.Message);
        }
    }

    static async Task Build(string hook, string architecture, string folder)
    {
        var project = await ProjectFolder.Of(Offered.Default(hook));
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
