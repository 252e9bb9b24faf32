namespace EbpfCnf.Eng.Commands;

/// <summary>The table hook x kernel that the kernel matrix tests leave, and the documents that show it.</summary>
sealed class KernelTable(SourceTree tree)
{
    readonly string file = Path.Combine(tree.Artifacts, "kernel-matrix.md");

    public string Text => File.ReadAllText(file);

    public bool IsNewerThan(DateTime time) => File.Exists(file) && File.GetLastWriteTimeUtc(file) >= time;

    /// <summary>Puts the table into docs/kernel-matrix.md and between the README's markers.</summary>
    public IEnumerable<string> Publish()
    {
        var document = Path.Combine(tree.Root, "docs", "kernel-matrix.md");
        Directory.CreateDirectory(Path.GetDirectoryName(document)!);
        File.WriteAllText(document, $"""
            # Kernel matrix

            Each cell is a whole generated project on a kernel: its data-path tests and its traffic tests, with exact expectations.
            `dotnet run --project eng -- kernels` makes this table.

            {Text.Trim()}

            """);
        yield return document;

        var readme = Path.Combine(tree.Root, "README.md");
        MarkedSection.Replace(readme, "kernel-matrix", Text);
        yield return readme;
    }
}
