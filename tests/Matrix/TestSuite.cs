using EbpfCnf.Templates.Tests.Support;

namespace EbpfCnf.Templates.Tests.Matrix;

/// <summary>A hook's test binaries and the CNF that they run, in one folder, as the kernel runner wants them.</summary>
sealed record TestSuite(string Hook, string Folder)
{
    static readonly string[] Packages = ["datapath", "traffic"];

    public IReadOnlyList<string> Binaries => [.. Directory.GetFiles(Folder, "*.test").Order(StringComparer.Ordinal)];

    public static async Task<TestSuite> Build(string hook, string architecture)
    {
        var project = await ProjectFolder.Of(Offered.Default(hook));
        var folder = Path.Combine(Repository.Artifacts, "tests", "suites", architecture, hook);
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

        return new(hook, folder);
    }
}
