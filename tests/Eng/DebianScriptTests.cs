using EbpfCnf.Templates.Tests.Support;

namespace EbpfCnf.Templates.Tests.Eng;

/// <summary>The scripts that unpack packages, without a network: what they need from one is covered by every run of setup.</summary>
public sealed class DebianScriptTests : IDisposable
{
    readonly TemporaryFolder cache = new();

    public void Dispose() => cache.Dispose();

    [Fact]
    public async Task A_package_that_is_unpacked_already_is_answered_without_a_network()
    {
        var package = Directory.CreateDirectory(cache["tool_1.0-1_amd64"]).FullName;
        Directory.CreateDirectory(cache["answers"]);
        Directory.CreateSymbolicLink(cache["answers/tool_trixie,sid_amd64"], "../tool_1.0-1_amd64");

        var result = await Run("debian.sh", cache.Path, "amd64", "tool/trixie,sid");

        Assert.Equal($"{package}\n", result.MustSucceed().Output);
        Assert.Equal("", result.Error);
    }

    [Fact]
    public async Task A_kernel_that_is_assembled_already_is_answered_without_a_network()
    {
        var kernel = Directory.CreateDirectory(cache["linux-6.12.1+deb13-cloud-arm64-arm64"]).FullName;
        Directory.CreateDirectory(cache["linux-image-6.12.1+deb13-cloud-arm64_6.12.1-1_arm64"]);
        Directory.CreateDirectory(cache["answers"]);
        Directory.CreateSymbolicLink(cache["answers/linux-image-6.12._-cloud-arm64_trixie_arm64"], "../linux-image-6.12.1+deb13-cloud-arm64_6.12.1-1_arm64");

        var result = await Run("fetch.sh", cache.Path, "arm64", "6.12");

        Assert.Equal($"{kernel}\n", result.MustSucceed().Output);
    }

    [Theory]
    [InlineData("debian.sh", "usage: bash debian.sh CACHE ARCH PACKAGE/SUITE")]
    [InlineData("debian.sh", "tool: name the suite as well", "amd64", "tool")]
    [InlineData("fetch.sh", "usage: bash fetch.sh CACHE amd64|arm64 SERIES|busybox")]
    [InlineData("fetch.sh", "riscv64: the architecture is amd64 or arm64", "riscv64", "6.12")]
    [InlineData("fetch.sh", "latest: not a kernel series such as 6.12, nor busybox", "amd64", "latest")]
    public async Task A_wrong_argument_is_explained(string script, string message, params string[] arguments)
    {
        var result = await Run(script, [cache.Path, .. arguments]);

        Assert.Equal(1, result.ExitCode);
        Assert.Contains(message, result.Error);
    }

    static Task<ToolResult> Run(string script, params IEnumerable<string> arguments) =>
        Tool.Run("bash", [Path.Combine(Repository.Tree.KernelScripts, script), .. arguments]);
}
