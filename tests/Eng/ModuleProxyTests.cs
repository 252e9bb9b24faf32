using System.IO.Compression;
using EbpfCnf.Eng.Setup;
using EbpfCnf.Templates.Tests.Support;

namespace EbpfCnf.Templates.Tests.Eng;

public sealed class ModuleProxyTests : IDisposable
{
    readonly TemporaryFolder sources = new();
    readonly TemporaryFolder proxy = new();

    public void Dispose()
    {
        sources.Dispose();
        proxy.Dispose();
    }

    [Fact]
    public void A_module_is_served_with_its_list_information_go_mod_and_sources()
    {
        Write("go.mod", "module example.com/Big\n");
        Write("big.go", "package big\n");

        new ModuleProxy(proxy.Path).Add(Module("example.com/Big", "v1.2.3"));

        var versions = Path.Combine(proxy.Path, "example.com", "!big", "@v");
        Assert.Equal("v1.2.3\n", File.ReadAllText(Path.Combine(versions, "list")));
        Assert.Contains("\"Version\":\"v1.2.3\"", File.ReadAllText(Path.Combine(versions, "v1.2.3.info")));
        Assert.Equal("module example.com/Big\n", File.ReadAllText(Path.Combine(versions, "v1.2.3.mod")));
        Assert.Equal(["example.com/Big@v1.2.3/big.go", "example.com/Big@v1.2.3/go.mod"], Entries(Path.Combine(versions, "v1.2.3.zip")));
    }

    [Fact]
    public void Nested_modules_and_links_that_lead_nowhere_are_left_out()
    {
        Write("go.mod", "module example.com/m\n");
        Write("sub/sub.go", "package sub\n");
        Write("nested/go.mod", "module example.com/m/nested\n");
        Write("nested/nested.go", "package nested\n");
        File.CreateSymbolicLink(Path.Combine(sources.Path, "lost.go"), "/nowhere/lost.go");

        new ModuleProxy(proxy.Path).Add(Module("example.com/m", "v1.0.0"));

        Assert.Equal(
            ["example.com/m@v1.0.0/go.mod", "example.com/m@v1.0.0/sub/sub.go"],
            Entries(Path.Combine(proxy.Path, "example.com", "m", "@v", "v1.0.0.zip")));
    }

    [Fact]
    public void Sources_older_than_go_mod_get_one()
    {
        Write("old.go", "package old\n");

        new ModuleProxy(proxy.Path).Add(Module("example.com/old", "v0.0.0-20200102030405-0123456789ab"));

        Assert.Contains(
            "example.com/old@v0.0.0-20200102030405-0123456789ab/go.mod",
            Entries(Path.Combine(proxy.Path, "example.com", "old", "@v", "v0.0.0-20200102030405-0123456789ab.zip")));
    }

    [Fact]
    public void A_stub_does_not_take_the_place_of_a_real_go_mod()
    {
        Write("go.mod", "module example.com/m\n");
        ModuleProxy served = new(proxy.Path);
        served.Add(Module("example.com/m", "v1.0.0"));

        served.AddStub(new("example.com/m", "v1.0.0"));
        served.AddStub(new("example.com/m", "v0.9.0"));

        var versions = Path.Combine(proxy.Path, "example.com", "m", "@v");
        Assert.Equal("module example.com/m\n", File.ReadAllText(Path.Combine(versions, "v1.0.0.mod")));
        Assert.Equal("module example.com/m\n\ngo 1.17\n", File.ReadAllText(Path.Combine(versions, "v0.9.0.mod")));
    }

    GoModule Module(string path, string version) => new(path, version, sources.Path, $"module {path}\n");

    void Write(string file, string text)
    {
        var path = Path.Combine(sources.Path, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }

    static IEnumerable<string> Entries(string zip)
    {
        using var archive = ZipFile.OpenRead(zip);
        return [.. archive.Entries.Select(entry => entry.FullName).Order(StringComparer.Ordinal)];
    }
}
