namespace EbpfCnf.Eng.Setup;

/// <summary>The Debian packages that hold the sources of every Go module which generated projects use, directly or not.</summary>
static class GoPackages
{
    static readonly string[] Names =
    [
        "golang-github-beorn7-perks-dev",
        "golang-github-cespare-xxhash-v2-dev",
        "golang-github-cilium-ebpf-dev",
        "golang-github-fsnotify-fsnotify-dev",
        "golang-github-go-quicktest-qt-dev",
        "golang-github-goccy-go-yaml-dev",
        "golang-github-google-go-cmp-dev",
        "golang-github-gopacket-gopacket-dev",
        "golang-github-klauspost-compress-dev",
        "golang-github-kr-pretty-dev",
        "golang-github-kr-text-dev",
        "golang-github-kylelemons-godebug-dev",
        "golang-github-munnerz-goautoneg-dev",
        "golang-github-prometheus-client-golang-dev",
        "golang-github-prometheus-client-model-dev",
        "golang-github-prometheus-common-dev",
        "golang-github-prometheus-procfs-dev",
        "golang-github-rogpeppe-go-internal-dev",
        "golang-github-spf13-cobra-dev",
        "golang-github-spf13-pflag-dev",
        "golang-github-vishvananda-netlink-dev",
        "golang-github-vishvananda-netns-dev",
        "golang-golang-x-mod-dev",
        "golang-golang-x-net-dev",
        "golang-golang-x-sync-dev",
        "golang-golang-x-sys-dev",
        "golang-golang-x-text-dev",
        "golang-golang-x-tools-dev",
        "golang-google-protobuf-dev",
        "golang-gopkg-yaml.v3-dev",
    ];

    // cilium/ebpf 0.22 is in no suite older than forky.
    const string Suites = "forky,sid";

    public static IEnumerable<string> All => Names.Select(name => $"{name}/{Suites}");
}
