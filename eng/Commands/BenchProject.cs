namespace EbpfCnf.Eng.Commands;

/// <summary>A generated project that is measured.</summary>
/// <param name="Tests">The folders in eng/Bench whose tests are put beside the project's own.</param>
/// <param name="Peers">What the function is measured against: sources in eng/Bench/peers, and objects in the Debian package libxdp1.</param>
sealed record BenchProject(string Hook, string Function, string[] Tests, params string[] Peers)
{
    public static IReadOnlyList<BenchProject> All { get; } =
    [
        new("xdp", "monitor", ["common", "peers", "monitor"], "monitor.bpf.c", "parser.bpf.c"),
        new("xdp", "firewall", ["common", "peers", "live", "firewall-live", "firewall"], "xdpfilt_alw_ip.o"),
        new("tcx", "firewall", ["common", "live", "firewall-live", "firewall-tcx"]),
        new("xdp", "rate-limiter", ["common", "peers", "live", "rate-limiter"], "rate-limiter.bpf.c"),
        new("xdp", "load-balancer", ["common", "peers", "load-balancer"], "load-balancer.bpf.c"),
    ];

    public string Title => $"{Hook} {Function}";
}
