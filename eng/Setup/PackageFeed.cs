using EbpfCnf.Eng.Processes;

namespace EbpfCnf.Eng.Setup;

/// <summary>Finds out, once, whether this machine's NuGet feed serves the two packages that not every feed has.</summary>
sealed class PackageFeed(SourceTree tree, Progress progress)
{
    readonly string folder = Path.Combine(tree.Cache, "feed");

    string Finding => Path.Combine(folder, "full-feed");

    public async Task<bool> IsFull(CancellationToken cancellation)
    {
        if (!File.Exists(Finding))
        {
            Directory.CreateDirectory(folder);
            var found = await progress.Step("NuGet: try to restore Verify.Xunit and Microsoft.TemplateEngine.Authoring.Tasks", () => Restore(cancellation));
            await File.WriteAllTextAsync(Finding, found ? "true\n" : "false\n", cancellation);
        }

        var isFull = (await File.ReadAllTextAsync(Finding, cancellation)).Trim() == "true";
        progress.Ready(isFull
            ? "NuGet feed is full: snapshots through Verify.Xunit, validation through the template authoring tasks as well"
            : "NuGet feed lacks Verify.Xunit or the template authoring tasks: the same snapshots and checks run without them");
        return isFull;
    }

    async Task<bool> Restore(CancellationToken cancellation)
    {
        var project = Path.Combine(folder, "probe.csproj");
        // Versions come from Directory.Packages.props, which lies above the cache.
        await File.WriteAllTextAsync(project, """
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <TargetFramework>net10.0</TargetFramework>
              </PropertyGroup>
              <ItemGroup>
                <PackageReference Include="Verify.Xunit" />
                <PackageReference Include="Microsoft.TemplateEngine.Authoring.Tasks" />
              </ItemGroup>
            </Project>

            """, cancellation);
        List<string> output = [];
        return await Programs.Dotnet("restore", project).Stream(output.Add, TimeSpan.FromMinutes(2), cancellation) == 0;
    }
}
