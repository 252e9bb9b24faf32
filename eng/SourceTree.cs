namespace EbpfCnf.Eng;

/// <summary>The clone that eng works on, and where its parts are.</summary>
public sealed record SourceTree(string Root)
{
    public string TemplatePack => Path.Combine(Root, "TemplatePack.csproj");

    public string Templates => Path.Combine(Root, "templates");

    public string Tests => Path.Combine(Root, "tests", "Templates.Tests.csproj");

    public string Artifacts => Path.Combine(Root, "artifacts");

    /// <summary>What setup downloads and builds; never committed.</summary>
    public string Cache => Path.Combine(Root, ".cache");

    /// <summary>The scripts that every generated project carries too: the only ones that unpack Debian packages.</summary>
    public string KernelScripts => Path.Combine(Templates, "ebpf-cnf", "project", "test", "kernels");

    public static SourceTree Find()
    {
        for (var folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (File.Exists(Path.Combine(folder, "TemplatePack.csproj")))
            {
                return new(folder);
            }
        }

        throw new Problem(
            $"no folder above {AppContext.BaseDirectory} holds TemplatePack.csproj",
            "run eng from a clone of the repository: dotnet run --project eng");
    }
}
