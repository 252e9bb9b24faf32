namespace EbpfCnf.Templates.Tests.Support;

static class Expect
{
    /// <summary>Shows every finding, where xunit would show the first few and cut them short.</summary>
    public static void NoFindings(IEnumerable<string> findings)
    {
        var list = findings.ToList();
        Assert.True(list.Count == 0, $"{list.Count} findings:\n{string.Join('\n', list)}");
    }
}
