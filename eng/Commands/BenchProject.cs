namespace EbpfCnf.Eng.Commands;

/// <summary>A generated project that is measured.</summary>
/// <param name="Tests">The folders in eng/Bench whose tests are put beside the project's own.</param>
/// <param name="Peer">What the function is measured against: a source in eng/Bench/peers, an object in the Debian package libxdp1, or nothing.</param>
sealed record BenchProject(string Hook, string Function, string[] Tests, string? Peer = null)
{
    public static IReadOnlyList<BenchProject> All { get; } =
    [
        new("xdp", "monitor", ["common", "peers", "monitor"], "monitor.bpf.c"),
        new("xdp", "firewall", ["common", "peers", "live", "firewall-live", "firewall"], "xdpfilt_alw_ip.o"),
        new("tcx", "firewall", ["common", "live", "firewall-live", "firewall-tcx"]),
        new("xdp", "rate-limiter", ["common", "peers", "live", "rate-limiter"], "rate-limiter.bpf.c"),
        new("xdp", "load-balancer", ["common", "peers", "load-balancer"], "load-balancer.bpf.c"),
    ];

    public string Title => $"{Hook} {Function}";
}
