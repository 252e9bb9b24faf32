using CliWrap;
using EbpfCnf.Eng.Processes;

namespace EbpfCnf.Eng.Demo;

/// <summary>What the kernel of this machine can do, found out by trying rather than by its version.</summary>
static class HostKernel
{
    static readonly Version Oldest = new(6, 1);

    /// <summary>Returns a sentence that says what is lacking, or null.</summary>
    public static async Task<string?> Lacks(string hook, CancellationToken cancellation)
    {
        var version = Environment.OSVersion.Version;
        if (version < Oldest)
        {
            return $"this machine's Linux {version} is older than {Oldest}";
        }

        if (!File.Exists("/sys/kernel/btf/vmlinux"))
        {
            return "this machine's kernel has no BTF (CONFIG_DEBUG_INFO_BTF)";
        }

        return hook switch
        {
            "kprobe" when !Directory.Exists("/sys/bus/event_source/devices/kprobe") => "this machine's kernel has no kprobes (CONFIG_KPROBE_EVENTS)",
            "netkit" when !await CanAddNetkit(cancellation) => "this machine's kernel has no netkit devices (CONFIG_NETKIT)",
            _ => null,
        };
    }

    /// <summary>The pair is made in a network namespace that ends with the command.</summary>
    static async Task<bool> CanAddNetkit(CancellationToken cancellation) => await Cli.Wrap("unshare")
        .WithArguments(["--net", "ip", "link", "add", "type", "netkit"])
        .Stream(_ => { }, TimeSpan.FromSeconds(10), cancellation) == 0;
}
