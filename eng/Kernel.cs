namespace EbpfCnf.Eng;

/// <summary>An unpacked kernel that the kernel runner can boot.</summary>
/// <param name="Series">What was asked for: 6.12, for example.</param>
/// <param name="Arch">amd64 or arm64.</param>
/// <param name="Directory">Where fetch.sh has put it.</param>
public sealed record Kernel(string Series, string Arch, string Directory)
{
    /// <summary>Every kernel that a release is proven on: the oldest supported one, Debian's stable ones and the newest.</summary>
    public static IReadOnlyList<(string Series, string Arch)> Matrix { get; } =
    [
        ("6.1", "amd64"),
        ("6.12", "amd64"),
        ("6.18", "amd64"),
        ("7.3", "amd64"),
        ("6.12", "arm64"),
    ];
}
