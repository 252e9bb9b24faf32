using EbpfCnf.Templates.Tests.Support;

namespace EbpfCnf.Templates.Tests.Deployment;

/// <summary>Debian's buildah, unpacked into the cache: it builds images without a service and without a registry.</summary>
static class Buildah
{
    // Debian 12's needs no newer C library than the machine's.
    static readonly Lazy<Task<IReadOnlyList<string>>> Folders =
        new(() => DebianPackages.Unpack("buildah/bookworm", "libgpgme11/bookworm", "libassuan0/bookworm", "libdevmapper1.02.1/bookworm"));

    public static async Task<Dictionary<string, string?>> Environment() => new()
    {
        ["BUILDAH"] = Path.Combine((await Folders.Value)[0], "usr", "bin", "buildah"),
        ["LIBRARIES"] = string.Join(':', (await Folders.Value)
            .SelectMany(folder => Directory.GetFiles(folder, "*.so.*", SearchOption.AllDirectories))
            .Select(Path.GetDirectoryName)
            .Distinct()),
    };
}
