namespace EbpfCnf.Eng.Commands;

/// <summary>The table hook x kernel that the kernel matrix tests leave, and the README that shows it.</summary>
sealed class KernelTable(SourceTree tree)
{
    readonly string file = Path.Combine(tree.Artifacts, "kernel-matrix.md");

    public string Text => File.ReadAllText(file);

    public bool IsNewerThan(DateTime time) => File.Exists(file) && File.GetLastWriteTimeUtc(file) >= time;

    /// <summary>Puts the table between the README's markers.</summary>
    public void Publish() => MarkedSection.Replace(Path.Combine(tree.Root, "README.md"), "kernel-matrix", Text);
}
