using EbpfCnf.Eng;
using EbpfCnf.Eng.Setup;
using EbpfCnf.Templates.Tests.Support;

namespace EbpfCnf.Templates.Tests.Eng;

public sealed class GoSourcesTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void The_version_of_a_module_is_that_of_its_package()
    {
        var package = Package("golang-github-cilium-ebpf-dev_0.22.0+ds1-1_all", "github.com/cilium/ebpf", "module github.com/cilium/ebpf\n");

        var module = Assert.Single(new GoSources([package]).Modules());

        Assert.Equal(("github.com/cilium/ebpf", "v0.22.0"), (module.Path, module.Version));
    }

    [Fact]
    public void A_module_without_go_mod_gets_the_version_by_which_others_ask_for_it()
    {
        var package = Package("golang-x-old-dev_0.0~git20191010.a7dc8b6-2_all", "example.com/old", goMod: null);
        var user = Package("golang-x-new-dev_1.0-1_all", "example.com/new", """
            module example.com/new

            require example.com/old v0.0.0-20191010083416-a7dc8b61c822

            """);

        var modules = new GoSources([package, user]).Modules();

        Assert.Equal("v0.0.0-20191010083416-a7dc8b61c822", modules.Single(module => module.Path == "example.com/old").Version);
    }

    [Fact]
    public void A_module_without_go_mod_that_nobody_asks_for_is_refused_by_name()
    {
        var package = Package("golang-x-old-dev_0.0~git20191010.a7dc8b6-2_all", "example.com/old", goMod: null);

        var problem = Assert.Throws<Problem>(() => new GoSources([package]).Modules());

        Assert.Contains("example.com/old", problem.Message);
    }

    string Package(string name, string module, string? goMod)
    {
        var package = Path.Combine(folder.Path, name);
        var sources = Directory.CreateDirectory(Path.Combine(package, "usr", "share", "gocode", "src", module)).FullName;
        File.WriteAllText(Path.Combine(sources, "a.go"), "package a\n");
        if (goMod is not null)
        {
            File.WriteAllText(Path.Combine(sources, "go.mod"), goMod);
        }

        return package;
    }
}
