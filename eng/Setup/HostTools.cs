using CliWrap;
using EbpfCnf.Eng.Processes;

namespace EbpfCnf.Eng.Setup;

/// <summary>Installs from the machine's own Debian release what is missing, and nothing else.</summary>
sealed class HostTools(Progress progress)
{
    public async Task Ensure(IReadOnlyList<HostTool> tools, CancellationToken cancellation)
    {
        var missing = Missing(tools);
        if (missing.Count == 0)
        {
            progress.Ready($"{tools.Count} programs and headers of the host");
            return;
        }

        var packages = missing.Select(tool => tool.Package).Distinct().ToList();
        var names = string.Join(", ", missing.Select(tool => tool.Name));
        RefuseWithoutMeans(names, packages);

        await progress.Step($"apt-get install {string.Join(' ', packages)}", () => Install(packages, cancellation));

        if (Missing(tools) is { Count: > 0 } still)
        {
            throw new Problem(
                $"apt-get ended well, yet these are still missing: {string.Join(", ", still.Select(tool => tool.Name))}",
                "this needs Debian 12 (bookworm) or newer with its main component; check the machine's apt sources");
        }
    }

    static List<HostTool> Missing(IReadOnlyList<HostTool> tools) => [.. tools.Where(tool => !tool.IsPresent)];

    static void RefuseWithoutMeans(string names, IReadOnlyList<string> packages)
    {
        if (!OperatingSystem.IsLinux())
        {
            throw new Problem(
                "BPF programs are built, loaded and tested on Linux only",
                "run this on Debian 12 or newer: a virtual machine or WSL 2 does");
        }

        if (Programs.Find("apt-get") is null)
        {
            throw new Problem(
                $"missing on this machine: {names}",
                $"it is not Debian, so install them with its own package manager (on Debian they are in: {string.Join(' ', packages)}), or run this on Debian 12");
        }

        if (!Environment.IsPrivilegedProcess)
        {
            throw new Problem(
                $"missing on this machine: {names}",
                $"install them (sudo apt-get install --no-install-recommends {string.Join(' ', packages)}), or run eng as root");
        }
    }

    async Task Install(IReadOnlyList<string> packages, CancellationToken cancellation)
    {
        await AptGet("update").Capture(TimeSpan.FromMinutes(5), cancellation);
        await AptGet(["install", "--yes", "--no-install-recommends", .. packages]).Capture(TimeSpan.FromMinutes(20), cancellation);
        progress.Detail($"{packages.Count} packages installed");
    }

    static Command AptGet(params IEnumerable<string> arguments) => Cli.Wrap("apt-get")
        .WithArguments(["-q", "-o", "Acquire::Retries=3", "-o", "DPkg::Lock::Timeout=120", .. arguments])
        .WithEnvironmentVariables(new Dictionary<string, string?> { ["DEBIAN_FRONTEND"] = "noninteractive" });
}
