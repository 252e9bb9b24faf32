using System.Text.Json;
using System.Text.RegularExpressions;

namespace EbpfCnf.Templates.Tests.Skills;

sealed partial class Lab
{
    static readonly JsonSerializerOptions Web = JsonSerializerOptions.Web;

    readonly List<KernelResult> results = [];

    /// <summary>Every test on every kernel, the build host's included.</summary>
    public IReadOnlyList<KernelResult> Results => results;

    /// <summary>The build host's own kernel, in namespaces of its own.</summary>
    public async Task RunOnHost()
    {
        var suite = Suite(HostArchitecture);
        foreach (var binary in Directory.EnumerateFiles(suite, "*.test").Order(StringComparer.Ordinal))
        {
            var run = await bench.Run(
                "unshare",
                ["--net", "--mount", "sh", "-c", $"mount -t bpf bpf /sys/fs/bpf && exec go tool test2json -p skills ./{Path.GetFileName(binary)} -test.v=test2json -test.timeout=120s"],
                suite,
                new() { ["CNF_SKILLS_HOST"] = "1", ["CNF_BINARY"] = Path.Combine(suite, "cnf") });
            var found = HostResults(run.Output, Path.GetFileName(binary)).ToList();
            if (run.ExitCode != 0 && !found.Any(result => result.Status == "fail"))
            {
                found.Add(new("host", HostArchitecture, "skills", Path.GetFileName(binary), "", "fail", 0, run.Everything));
            }

            Record(found);
        }
    }

    public async Task RunOnKernels()
    {
        foreach (var found in await Task.WhenAll(bench.Architectures.Select(Boot)))
        {
            Record(found);
        }

        Task<IReadOnlyList<KernelResult>> Boot(string architecture) =>
            bench.Boot(architecture, Project, Suite(architecture), Path.Combine(folder, $"kernels-{architecture}.json"));
    }

    static string HostArchitecture => System.Runtime.InteropServices.RuntimeInformation.OSArchitecture == System.Runtime.InteropServices.Architecture.Arm64 ? "arm64" : "amd64";

    /// <summary>Reads test2json: one event a line, whose output belongs to a test.</summary>
    static IEnumerable<KernelResult> HostResults(string output, string binary)
    {
        Dictionary<string, string> outputs = [];
        foreach (var line in output.Split('\n').Where(line => line.StartsWith('{')))
        {
            var step = JsonSerializer.Deserialize<TestEvent>(line, Web)!;
            if (step.Test is null)
            {
                continue;
            }

            if (step.Action == "output")
            {
                outputs[step.Test] = outputs.GetValueOrDefault(step.Test) + step.Output;
            }
            else if (step.Action is "pass" or "fail" or "skip")
            {
                yield return new("host", HostArchitecture, "skills", binary, step.Test, step.Action, step.Elapsed, outputs.GetValueOrDefault(step.Test, ""));
            }
        }
    }

    void Record(IReadOnlyList<KernelResult> found)
    {
        results.AddRange(found);
        foreach (var result in found)
        {
            var kernel = $"{Series(result.Kernel)} {result.Arch}";
            if (result.Binary == "proof.test")
            {
                // A test fails with its sub-tests, each of which says more.
                if (!found.Any(other => other.Kernel == result.Kernel && other.Status == "fail" && other.Test.StartsWith(result.Test + "/", StringComparison.Ordinal)))
                {
                    RecordFile(result, kernel);
                }
            }
            else
            {
                var skill = skills.FirstOrDefault(skill => $"{skill.Name}.test" == result.Binary);
                proofs.Enqueue(new(skill?.Name, $"{result.Binary} {result.Test}", "go test", kernel, result.Status, result.Output));
            }
        }
    }

    /// <summary>TestObjects/ebpf-packet-parser/assets/bpf/parse.bpf.c and the like.</summary>
    void RecordFile(KernelResult result, string kernel)
    {
        var means = result.Test.StartsWith("TestScripts", StringComparison.Ordinal) ? "shell" : "verifier";
        var name = result.Test.Split('/', 2) is [_, var rest] ? rest : null;
        var skill = skills.FirstOrDefault(skill => name?.StartsWith(skill.Name + "/", StringComparison.Ordinal) == true);
        if (skill is not null)
        {
            proofs.Enqueue(new(skill.Name, name![(skill.Name.Length + 1)..], means, kernel, result.Status, result.Output));
        }
        else if (name?.StartsWith("project/", StringComparison.Ordinal) == true)
        {
            proofs.Enqueue(new(null, name, means, kernel, result.Status, result.Output));
        }
        else if (result.Status == "fail")
        {
            proofs.Enqueue(new(null, $"{result.Binary} {result.Test}", means, kernel, result.Status, result.Output));
        }
    }

    /// <summary>What loads and yet does the wrong thing is shown by a Go test, which logs what it saw.</summary>
    public void JudgeMisbehaviour()
    {
        foreach (var asset in skills.SelectMany(skill => skill.Assets).Where(asset => asset.ShownBy is not null))
        {
            var shown = results.Where(result => result.Binary == $"{asset.Skill.Name}.test" && result.Test == asset.ShownBy && result.Status == "pass").ToList();
            Add(asset, "shown by a test", null, shown.Count > 0, $"{asset.ShownBy} passed nowhere");
            foreach (var result in shown)
            {
                Add(asset, "shown by a test", $"{Series(result.Kernel)} {result.Arch}", Missing(asset, result.Output) is null, $"'{Missing(asset, result.Output)}' is not in:\n{result.Output}");
            }
        }
    }

    /// <summary>A skip says why, and the reason must be true; no test may be skipped everywhere.</summary>
    public IEnumerable<string> SkipFindings()
    {
        foreach (var result in results.Where(result => result.Status == "skip"))
        {
            var onHost = result.Kernel == "host";
            var needs = NeedsLinux().Match(result.Output);
            var isOlder = !onHost && needs.Success && Version.Parse(Series(result.Kernel)) < Version.Parse(needs.Groups[1].Value);
            // The kernel runner gives its x86 guests one CPU; those of arm64 have two.
            var hasOneCPU = !onHost && result.Arch == "amd64" && result.Output.Contains("needs two CPUs", StringComparison.Ordinal);
            if (!isOlder && !hasOneCPU && !(onHost && (result.Output.Contains("host: ", StringComparison.Ordinal) || needs.Success)))
            {
                yield return $"{result.Binary} {result.Test} on {result.Kernel}: skipped without a good reason: {result.Output.Trim()}";
            }
        }

        foreach (var test in results.GroupBy(result => (result.Binary, result.Test)).Where(group => group.All(result => result.Status == "skip")))
        {
            yield return $"{test.Key.Binary} {test.Key.Test}: skipped on every kernel";
        }
    }

    /// <summary>6.12 of 6.12.117+deb13-cloud-amd64.</summary>
    public static string Series(string kernel) => string.Join('.', kernel.Split('.').Take(2));

    [GeneratedRegex(@"needs Linux (\d+\.\d+)")]
    private static partial Regex NeedsLinux();

    sealed record TestEvent(string Action, string? Test, string? Output, double Elapsed);
}
