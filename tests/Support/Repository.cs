using EbpfCnf.Eng;

namespace EbpfCnf.Templates.Tests.Support;

static class Repository
{
    public static SourceTree Tree { get; } = SourceTree.Find();

    public static string Root => Tree.Root;

    public static string Templates => Tree.Templates;

    public static string Snapshots { get; } = Path.Combine(Root, "tests", "Snapshots");

    /// <summary>What the tests leave behind for a person to look at.</summary>
    public static string Artifacts { get; } = Directory.CreateDirectory(Tree.Artifacts).FullName;
}
