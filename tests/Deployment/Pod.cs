using System.Text.Json;
using EbpfCnf.Templates.Tests.Support;
using k8s.Models;

namespace EbpfCnf.Templates.Tests.Deployment;

/// <summary>
/// A pod of the rendered DaemonSet, as the kubelet would hand it to a container runtime: the built image, and the manifest's
/// user, capabilities, privileges, arguments and mounts.
/// </summary>
sealed class Pod : IDisposable
{
    static readonly IReadOnlyList<string> EveryCapability =
    [
        .. File.ReadAllLines("/proc/self/status").Where(line => line.StartsWith("CapBnd:", StringComparison.Ordinal)).SelectMany(line =>
        {
            var bits = Convert.ToUInt64(line["CapBnd:".Length..].Trim(), 16);
            return Enumerable.Range(0, Names.Length).Where(bit => (bits >> bit & 1) == 1).Select(bit => $"CAP_{Names[bit]}");
        }),
    ];

    // The kernel's order.
    static string[] Names =>
    [
        "CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP", "LINUX_IMMUTABLE",
        "NET_BIND_SERVICE", "NET_BROADCAST", "NET_ADMIN", "NET_RAW", "IPC_LOCK", "IPC_OWNER", "SYS_MODULE", "SYS_RAWIO", "SYS_CHROOT",
        "SYS_PTRACE", "SYS_PACCT", "SYS_ADMIN", "SYS_BOOT", "SYS_NICE", "SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "MKNOD", "LEASE",
        "AUDIT_WRITE", "AUDIT_CONTROL", "SETFCAP", "MAC_OVERRIDE", "MAC_ADMIN", "SYSLOG", "WAKE_ALARM", "BLOCK_SUSPEND", "AUDIT_READ",
        "PERFMON", "BPF", "CHECKPOINT_RESTORE",
    ];

    readonly TemporaryFolder folder = new();
    readonly Manifests manifests;
    readonly ImageProcess image;

    Pod(Manifests manifests, ImageProcess image)
    {
        this.manifests = manifests;
        this.image = image;
    }

    public IReadOnlyList<string> Capabilities => [.. manifests.Container.SecurityContext.Capabilities.Add];

    public static async Task<Pod> Create(Manifests manifests, Image image)
    {
        Pod pod = new(manifests, image.Config.Config);
        Directory.CreateDirectory(pod.folder["node"]);
        Directory.CreateDirectory(pod.folder["settings"]);
        File.WriteAllText(pod.folder["settings/settings.yaml"], manifests.Settings);
        (await Tool.Run("cp", ["--archive", image.Files, pod.folder["rootfs"]])).MustSucceed();
        // The user of the pod has to get through to its files; those in the image stay as they are.
        (await Tool.Run("chmod", ["a+rX", pod.folder.Path, pod.folder["rootfs"], pod.folder["settings"], pod.folder["settings/settings.yaml"]])).MustSucceed();
        return pod;
    }

    /// <summary>Runs the init container and then the container until it is ready or has ended, twice if it is to be replaced.</summary>
    /// <param name="variables">Settings for the test's devices and cgroup; they win over the manifest's file.</param>
    public async Task<PodResult> Run(IReadOnlyDictionary<string, string> variables, IEnumerable<string> capabilities, bool replace = false)
    {
        var init = manifests.Pod.InitContainers.Single();
        WriteBundle("init", init, variables, [.. EveryCapability.Select(name => name["CAP_".Length..])]);
        WriteBundle("main", manifests.Container, variables, [.. capabilities]);

        var script = Path.Combine(Repository.Root, "tests", "Deployment", "pod.sh");
        var environment = await Runtime.Environment();
        environment["PATH"] = SystemPath["PATH"];
        var result = await Tool.Run(
            "unshare",
            ["--mount", "--net", "--propagation", "private", "bash", script, folder.Path, replace ? "2" : "1"],
            timeout: TimeSpan.FromMinutes(2),
            environment: environment);
        result.MustSucceed();

        string Read(string name) => File.Exists(folder[name]) ? File.ReadAllText(folder[name]) : "";
        return new(int.Parse(Read("code").Trim()), Read("log"), Read("ready"), Read("status"), Read("metrics"), Read("pins"));
    }

    public void Dispose() => folder.Dispose();

    static Dictionary<string, string?> SystemPath => new() { ["PATH"] = $"{Environment.GetEnvironmentVariable("PATH")}:/usr/sbin:/sbin" };

    void WriteBundle(string name, V1Container container, IReadOnlyDictionary<string, string> variables, IReadOnlyList<string> capabilities)
    {
        var security = container.SecurityContext;
        var named = capabilities.Select(capability => $"CAP_{capability}").ToList();
        var config = new
        {
            ociVersion = "1.0.2",
            root = new { path = folder["rootfs"], @readonly = security.ReadOnlyRootFilesystem == true },
            process = new
            {
                user = new
                {
                    uid = security.RunAsUser ?? manifests.Pod.SecurityContext.RunAsUser,
                    gid = security.RunAsGroup ?? manifests.Pod.SecurityContext.RunAsGroup,
                },
                args = image.Entrypoint.Concat(container.Args),
                env = (container.Env ?? []).ToDictionary(variable => variable.Name, variable => variable.Value)
                    .Concat(variables)
                    .GroupBy(variable => variable.Key, (name, values) => $"{name}={values.Last().Value}")
                    .Concat(image.Env),
                cwd = "/",
                noNewPrivileges = security.AllowPrivilegeEscalation == false,
                capabilities = new { bounding = named, effective = named, permitted = named },
            },
            mounts = new object[]
            {
                new { destination = "/proc", type = "proc", source = "proc", options = new[] { "nosuid", "noexec", "nodev" } },
                new { destination = "/dev", type = "tmpfs", source = "tmpfs", options = new[] { "nosuid", "strictatime", "mode=755", "size=65536k" } },
                new { destination = "/sys", type = "sysfs", source = "sysfs", options = new[] { "nosuid", "noexec", "nodev", "ro" } },
            }.Concat((container.VolumeMounts ?? []).Select(Mount)),
            linux = new
            {
                rootfsPropagation = container.VolumeMounts?.Any(mount => mount.MountPropagation == "Bidirectional") == true ? "shared" : "slave",
                namespaces = new[] { new { type = "pid" }, new { type = "mount" }, new { type = "ipc" }, new { type = "uts" } },
            },
        };
        Directory.CreateDirectory(folder[name]);
        File.WriteAllText(folder[$"{name}/config.json"], JsonSerializer.Serialize(config));
    }

    /// <summary>Folders of the test's own stand for the node's, except for the cgroup tree.</summary>
    object Mount(V1VolumeMount mount)
    {
        var volume = manifests.Pod.Volumes.Single(volume => volume.Name == mount.Name);
        var source = volume.HostPath?.Path switch
        {
            null => folder["settings"],
            "/run/my-cnf" => folder["node"],
            var path => path,
        };
        var propagation = mount.MountPropagation switch { "Bidirectional" => "rshared", "HostToContainer" => "rslave", _ => "rprivate" };
        return new { destination = mount.MountPath, source, options = new[] { "rbind", propagation, mount.ReadOnlyProperty == true ? "ro" : "rw" } };
    }
}

sealed record PodResult(int ExitCode, string Log, string Ready, string Status, string Metrics, string Pins);
