namespace EbpfCnf.Templates.Tests.Support;

static class Repository
{
    public static string Root { get; } = FindRoot();

    public static string Templates { get; } = Path.Combine(Root, "templates");

    public static string Snapshots { get; } = Path.Combine(Root, "tests", "Snapshots");

    public static string Artifacts { get; } = Directory.CreateDirectory(Path.Combine(Root, "artifacts")).FullName;

    static string FindRoot()
    {
        for (var folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (File.Exists(Path.Combine(folder, "TemplatePack.csproj")))
            {
                return folder;
            }
        }

        throw new DirectoryNotFoundException($"No folder above {AppContext.BaseDirectory} holds TemplatePack.csproj; run the tests from a clone of the repository.");
    }
}
