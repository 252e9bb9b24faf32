using EbpfCnf.Templates.Tests.Support;

namespace EbpfCnf.Templates.Tests.Deployment;

static class DebianPackages
{
    /// <summary>Unpacks packages into the cache, through the script that every generated project carries too.</summary>
    public static async Task<IReadOnlyList<string>> Unpack(params string[] packages)
    {
        var script = Path.Combine(Repository.Tree.KernelScripts, "debian.sh");
        var cache = Path.Combine(Repository.Tree.Cache, "debian");
        var architecture = (await Tool.Run("dpkg", ["--print-architecture"])).MustSucceed().Output.Trim();
        var result = await Tool.Run("bash", [script, cache, architecture, .. packages], timeout: TimeSpan.FromMinutes(5));
        return result.MustSucceed().Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
