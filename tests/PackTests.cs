using System.Text;
using System.Xml.Linq;
using EbpfCnf.Templates.Tests.Support;

namespace EbpfCnf.Templates.Tests;

[Trait("Category", "Snapshots")]
public sealed class PackTests
{
    static readonly string[] Binary = [".png"];

    // Written by NuGet, in its own way.
    static readonly string[] WrittenByNuGet = ["_rels/.rels", "[Content_Types].xml", "EbpfCnf.Templates.nuspec", "package/"];

    [Fact]
    public async Task The_package_holds_exactly_the_verified_entries()
    {
        var entries = (await PackedTemplates.Current).Entries().Keys
            // NuGet gives this one a name made from a hash.
            .Select(entry => entry.StartsWith("package/services/metadata/core-properties/", StringComparison.Ordinal) ? "package/services/metadata/core-properties/*.psmdcp" : entry);

        await Snapshot.VerifyText("pack.entries", string.Join('\n', entries) + "\n");
    }

    [Fact]
    public async Task The_package_holds_every_file_that_git_knows_of_and_no_other()
    {
        var git = await Tool.Run("git", ["ls-files", "--cached", "--others", "--exclude-standard", "-z", "--", "templates"]);
        var known = git.MustSucceed().Output.Split('\0', StringSplitOptions.RemoveEmptyEntries)
            .Where(file => File.Exists(Path.Combine(Repository.Root, file)))
            .Select(file => "content" + file["templates".Length..])
            .Order(StringComparer.Ordinal);

        var packed = (await PackedTemplates.Current).Entries().Keys.Where(entry => entry.StartsWith("content/", StringComparison.Ordinal));

        Assert.Equal(known, packed);
    }

    [Fact]
    public async Task Packing_twice_gives_the_same_bytes()
    {
        using TemporaryFolder folder = new();

        var first = await PackedTemplates.Current;
        var second = await PackedTemplates.Pack(folder["again"]);

        Assert.True(
            File.ReadAllBytes(first.Path).AsSpan().SequenceEqual(File.ReadAllBytes(second.Path)),
            "The two packages differ although SOURCE_DATE_EPOCH is set.");
    }

    [Fact]
    public async Task Every_packed_text_has_line_feeds_only_no_byte_order_mark_and_a_final_newline()
    {
        var findings =
            from entry in (await PackedTemplates.Current).Entries()
            where !Binary.Contains(Path.GetExtension(entry.Key)) && !WrittenByNuGet.Any(start => entry.Key.StartsWith(start, StringComparison.Ordinal))
            from finding in TextFindings(entry.Value)
            select $"{entry.Key}: {finding}";

        Expect.NoFindings(findings);
    }

    [Theory]
    [InlineData("a\r\nb\n", "carriage return")]
    [InlineData("\uFEFFa\n", "byte order mark")]
    [InlineData("a", "no final newline")]
    [InlineData("", "empty")]
    public void A_text_that_breaks_the_rules_is_found(string text, string expected) =>
        Assert.Contains(expected, TextFindings(Encoding.UTF8.GetBytes(text)).Single());

    [Fact]
    public async Task The_package_tells_NuGet_that_it_is_a_template_pack()
    {
        var entries = (await PackedTemplates.Current).Entries();
        var nuspec = XDocument.Parse(Encoding.UTF8.GetString(entries["EbpfCnf.Templates.nuspec"]).TrimStart('\uFEFF'));
        var metadata = nuspec.Root!.Elements().Single();
        string Value(string name) => metadata.Elements().Single(element => element.Name.LocalName == name).Value;

        Assert.Equal("EbpfCnf.Templates", Value("id"));
        Assert.Equal("Template", metadata.Descendants().Single(element => element.Name.LocalName == "packageType").Attribute("name")!.Value);
        Assert.Equal("Apache-2.0", Value("license"));
        Assert.Contains("dotnet-new", Value("tags"));
        Assert.True(entries.ContainsKey(Value("readme")), "The readme is not in the package.");
        Assert.True(entries.ContainsKey(Value("icon")), "The icon is not in the package.");
        Assert.DoesNotContain(metadata.Descendants(), element => element.Name.LocalName == "dependency");
    }

    static IEnumerable<string> TextFindings(byte[] content)
    {
        if (content.Length == 0)
        {
            yield return "empty";
            yield break;
        }

        if (content.Contains((byte)'\r'))
        {
            yield return "carriage return";
        }

        if (content.AsSpan().StartsWith(Encoding.UTF8.Preamble))
        {
            yield return "byte order mark";
        }

        if (content[^1] != '\n')
        {
            yield return "no final newline";
        }
    }
}
