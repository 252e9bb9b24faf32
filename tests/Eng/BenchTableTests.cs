using EbpfCnf.Eng;
using EbpfCnf.Eng.Commands;
using EbpfCnf.Templates.Tests.Support;

namespace EbpfCnf.Templates.Tests.Eng;

public sealed class BenchTableTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Each_function_has_a_table_under_the_machine_that_it_was_measured_on()
    {
        Costs("""{"machine":"A CPU","function":"firewall","case":"no hit","peer":"xdp-filter","flows":[1,1024],"ours":[2,4.04],"theirs":[20,4]}""");
        Costs("""{"machine":"A CPU","function":"monitor","case":"table","peer":"LRU","flows":[1],"ours":[0.1],"theirs":[30]}""");

        Assert.Equal("""
            A CPU

            ### firewall

            | case | flows | ours, ns | peer, ns | ratio |
            | --- | --- | --- | --- | --- |
            | no hit; peer: xdp-filter | 1 | 2.0 | 20.0 | 10.0x |
            | no hit; peer: xdp-filter | 1,024 | 4.0 | 4.0 | 1.0x |

            ### monitor

            | case | flows | ours, ns | peer, ns | ratio |
            | --- | --- | --- | --- | --- |
            | table; peer: LRU | 1 | 0.1 | 30.0 | over 60x |

            """, Written());
    }

    [Fact]
    public void Other_figures_stand_beside_their_targets()
    {
        File.WriteAllText(Path.Combine(folder.Path, "figures.jsonl"), """{"what":"two CPUs","reached":"2.0x","target":"1.9x"}""" + "\n");

        Assert.Equal("""
            ### Other figures

            | what | reached | target |
            | --- | --- | --- |
            | two CPUs | 2.0x | 1.9x |

            """, Written());
    }

    [Fact]
    public void A_section_is_replaced_between_its_comments_and_nothing_else()
    {
        var file = Path.Combine(folder.Path, "README.md");
        File.WriteAllText(file, "before\n<!-- figures -->\nold\n<!-- /figures -->\nafter\n");

        MarkedSection.Replace(file, "figures", "new\n");

        Assert.Equal("before\n<!-- figures -->\nnew\n<!-- /figures -->\nafter\n", File.ReadAllText(file));
        Assert.Throws<Problem>(() => MarkedSection.Replace(file, "others", "new"));
    }

    void Costs(string line) => File.AppendAllText(Path.Combine(folder.Path, "costs.jsonl"), line + "\n");

    string Written() => BenchTable.Write(BenchResults.Read(folder.Path));
}
