using EbpfCnf.Templates.Tests.Support;

namespace EbpfCnf.Templates.Tests.Deployment;

/// <summary>Debian's crun, the container runtime, unpacked into the cache: it does with a pod's security context what a cluster's does.</summary>
static class Runtime
{
    static readonly Lazy<Task<IReadOnlyList<string>>> Folders = new(Unpack);

    public static async Task<Dictionary<string, string?>> Environment() => new()
    {
        ["CRUN"] = Path.Combine((await Folders.Value)[0], "usr", "bin", "crun"),
        ["LD_LIBRARY_PATH"] = Directory.GetFiles((await Folders.Value)[1], "libyajl.so.2", SearchOption.AllDirectories).Select(Path.GetDirectoryName).Single(),
    };

    static Task<IReadOnlyList<string>> Unpack() => DebianPackages.Unpack("crun/bookworm,trixie,forky,sid", "libyajl2/bookworm,trixie,forky,sid");
}
