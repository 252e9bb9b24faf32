namespace EbpfCnf.Eng.Demo;

static class HookDemo
{
    public static IReadOnlyList<string> Hooks { get; } = ["xdp", "tcx", "netkit", "cgroup", "kprobe", "tracepoint"];

    /// <summary>A kernel of the matrix that has the hook: the oldest such, because the newest leaves Debian's suites soonest.</summary>
    public static string KernelWith(string hook) => hook switch
    {
        "tcx" or "netkit" => "6.12",
        _ => "6.1",
    };
}
