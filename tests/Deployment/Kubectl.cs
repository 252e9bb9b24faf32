using EbpfCnf.Templates.Tests.Support;

namespace EbpfCnf.Templates.Tests.Deployment;

/// <summary>The machine's own kubectl, or else Debian's, unpacked into the cache. It renders without a cluster.</summary>
static class Kubectl
{
    const string Package = "kubernetes-client/trixie,forky,sid";

    static readonly Lazy<Task<string>> Found = new(Find);

    public static Task<string> Program => Found.Value;

    public static async Task<string> Kustomize(string folder) =>
        (await Tool.Run(await Program, ["kustomize", folder])).MustSucceed().Output;

    static async Task<string> Find()
    {
        var installed = await Tool.Run("bash", ["-c", "command -v kubectl"]);
        if (installed.ExitCode == 0)
        {
            return installed.Output.Trim();
        }

        var folder = (await DebianPackages.Unpack(Package)).Single();
        return Path.Combine(folder, "usr", "bin", "kubectl");
    }
}
