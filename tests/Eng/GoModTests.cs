using EbpfCnf.Eng.Setup;

namespace EbpfCnf.Templates.Tests.Eng;

public sealed class GoModTests
{
    const string Text = """
        module "example.com/cnf"

        go 1.25.0

        require github.com/cilium/ebpf v0.22.0

        require (
        	github.com/munnerz/goautoneg v0.0.0-20191010083416-a7dc8b61c822 // indirect
        	golang.org/x/sys v0.49.0
        )

        exclude golang.org/x/net v0.1.0

        tool github.com/cilium/ebpf/cmd/bpf2go

        """;

    [Fact]
    public void Names_its_module() => Assert.Equal("example.com/cnf", GoMod.ModulePath(Text));

    [Fact]
    public void Asks_for_what_it_requires_and_nothing_else() => Assert.Equal(
        [
            new("github.com/cilium/ebpf", "v0.22.0"),
            new("github.com/munnerz/goautoneg", "v0.0.0-20191010083416-a7dc8b61c822"),
            new("golang.org/x/sys", "v0.49.0"),
        ],
        GoMod.Requirements(Text));
}
