using System.Security.Cryptography;
using System.Text;
using CliWrap;
using EbpfCnf.Eng.Processes;

namespace EbpfCnf.Eng.Setup;

/// <summary>Where Go modules come from: the module proxy that Go is configured for, or a folder made from Debian's source packages.</summary>
sealed class GoModules(SourceTree tree, DebianArchive archive, Progress progress)
{
    // Changes when the proxy's folder is to be made anew although its inputs are the same.
    const string Layout = "every mentioned version";

    readonly string folder = Path.Combine(tree.Cache, "goproxy");

    /// <summary>Returns the address of the local proxy, or null where Go's own works.</summary>
    public async Task<string?> Ensure(string goRoot, CancellationToken cancellation)
    {
        var fromProxy = Path.Combine(tree.Cache, "go-modules-from-proxy");
        if (File.Exists(fromProxy))
        {
            progress.Ready("Go modules come from the module proxy that Go is configured for");
            return null;
        }

        if (!Directory.Exists(folder) && await IsReachable(goRoot, cancellation))
        {
            await File.WriteAllTextAsync(fromProxy, "Remove this file to have setup look again.\n", cancellation);
            progress.Ready("Go modules come from the module proxy that Go is configured for");
            return null;
        }

        await EnsureLocalProxy(cancellation);
        return new Uri(folder).AbsoluteUri;
    }

    async Task EnsureLocalProxy(CancellationToken cancellation)
    {
        var pins = await Pins(cancellation);
        var stamp = Path.Combine(folder, "stamp");
        var wanted = Stamp(pins);
        if (File.Exists(stamp) && await File.ReadAllTextAsync(stamp, cancellation) == wanted)
        {
            progress.Ready("Go modules come from Debian's source packages (Go's module proxy was not reachable)");
            return;
        }

        progress.Say("     Go's module proxy is not reachable from here: taking the modules from Debian's source packages");
        var packages = await progress.Step(
            $"Go modules: unpack {GoPackages.All.Count()} Debian packages",
            () => archive.Unpack(GoPackages.All, cancellation));
        await progress.Step("Go modules: lay them out as a module proxy", () => Task.Run(() => Build(packages, pins), cancellation));
        await File.WriteAllTextAsync(stamp, wanted, cancellation);
    }

    void Build(IReadOnlyList<string> packages, IReadOnlyList<GoRequirement> pins)
    {
        // What Go has downloaded from the former proxy may bear the same versions with other contents.
        Remove(folder);
        Remove(Path.Combine(tree.Cache, "gopath"));

        ModuleProxy proxy = new(Directory.CreateDirectory(folder).FullName);
        var modules = new GoSources(packages).Modules();
        var mentioned = modules.SelectMany(module => GoMod.Requirements(module.GoMod)).Concat(pins).Distinct().ToList();

        foreach (var module in modules)
        {
            proxy.Add(module);
            foreach (var version in OtherVersions(module, mentioned, pins))
            {
                proxy.Add(module, version);
            }
        }

        foreach (var requirement in mentioned)
        {
            proxy.AddStub(requirement);
        }
    }

    /// <summary>Which version Go selects depends on who asks, so every version that is asked for has to have sources: Debian's.</summary>
    IEnumerable<string> OtherVersions(GoModule module, IReadOnlyList<GoRequirement> mentioned, IReadOnlyList<GoRequirement> pins)
    {
        foreach (var requirement in mentioned.Where(requirement => requirement.Path == module.Path && requirement.Version != module.Version))
        {
            if (pins.Contains(requirement))
            {
                progress.Detail($"{module.Path}: the templates pin {requirement.Version}, Debian has {module.Version}, which takes its place here");
            }

            yield return requirement.Version;
        }
    }

    async Task<IReadOnlyList<GoRequirement>> Pins(CancellationToken cancellation)
    {
        List<GoRequirement> pins = [];
        foreach (var file in Directory.EnumerateFiles(tree.Templates, "go.mod", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            pins.AddRange(GoMod.Requirements(await File.ReadAllTextAsync(file, cancellation)));
        }

        return [.. pins.Distinct()];
    }

    static string Stamp(IReadOnlyList<GoRequirement> pins)
    {
        var inputs = GoPackages.All.Append(Layout).Concat(pins.Select(pin => $"{pin.Path} {pin.Version}"));
        return Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', inputs))));
    }

    /// <summary>Asks the first proxy that Go is configured for; what is not an address is left to Go.</summary>
    static async Task<bool> IsReachable(string goRoot, CancellationToken cancellation)
    {
        var configured = await Cli.Wrap(Path.Combine(goRoot, "bin", "go")).WithArguments(["env", "GOPROXY"]).Capture(TimeSpan.FromSeconds(30), cancellation);
        var proxy = configured.Trim().Split(',', '|')[0];
        if (!proxy.StartsWith("http", StringComparison.Ordinal))
        {
            return true;
        }

        using HttpClient client = new() { Timeout = TimeSpan.FromSeconds(4) };
        try
        {
            using var answer = await client.GetAsync($"{proxy.TrimEnd('/')}/github.com/cilium/ebpf/@v/list", cancellation);
            return answer.IsSuccessStatusCode;
        }
        catch (Exception problem) when (problem is HttpRequestException or TaskCanceledException && !cancellation.IsCancellationRequested)
        {
            return false;
        }
    }

    static void Remove(string directory)
    {
        if (Directory.Exists(directory))
        {
            Directory.Delete(directory, recursive: true);
        }
    }
}
