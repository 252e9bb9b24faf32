using EbpfCnf.Eng.Processes;

namespace EbpfCnf.Eng.Setup;

/// <summary>A program, header or key that must be on the machine itself, and the Debian package that brings it.</summary>
sealed record HostTool(string Name, string Package)
{
    /// <summary>What building and testing need.</summary>
    public static IReadOnlyList<HostTool> All { get; } =
    [
        new("clang-19", "clang-19"),
        new("clang-format-19", "clang-format-19"),
        new("llvm-strip-19", "llvm-19"),
        new("/usr/include/bpf/bpf_helpers.h", "libbpf-dev"),
        new("/usr/include/linux/bpf.h", "linux-libc-dev"),
        new("qemu-system-x86_64", "qemu-system-x86"),
        new("qemu-system-aarch64", "qemu-system-arm"),
        // The network boot ROMs, without which QEMU's default network card does not start.
        new("/usr/lib/ipxe/qemu/efi-virtio.rom", "ipxe-qemu"),
        new("make", "make"),
        new("git", "git"),
        new("ip", "iproute2"),
        new("ping", "iputils-ping"),
        new("setpriv", "util-linux"),
        new("getcap", "libcap2-bin"),
        new("shellcheck", "shellcheck"),
        new("xz", "xz-utils"),
        new("zstd", "zstd"),
        new("dpkg-deb", "dpkg"),
        new("/usr/share/keyrings/debian-archive-keyring.gpg", "debian-archive-keyring"),
        new("/etc/ssl/certs/ca-certificates.crt", "ca-certificates"),
    ];

    /// <summary>A peer of the benchmark, which nothing else needs.</summary>
    public static HostTool Nftables { get; } = new("nft", "nftables");

    /// <summary>Administrators' programs are looked for where a plain user's PATH does not lead.</summary>
    public bool IsPresent => Path.IsPathRooted(Name)
        ? File.Exists(Name)
        : Programs.Find(Name) is not null || File.Exists($"/usr/sbin/{Name}") || File.Exists($"/sbin/{Name}");
}
