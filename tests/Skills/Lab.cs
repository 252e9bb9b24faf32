using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.RegularExpressions;
using EbpfCnf.Templates.Tests.Support;

namespace EbpfCnf.Templates.Tests.Skills;

/// <summary>What came out of one attempt to prove a file.</summary>
/// <param name="Skill">The skill, or null for the harness itself.</param>
/// <param name="File">A file of the skill, or <c>project/hook/function:path</c>.</param>
/// <param name="Means">What was done: clang, verifier, go vet, go test, shellcheck, shell, make.</param>
/// <param name="Kernel">Where it ran; null when no kernel mattered.</param>
/// <param name="Status">pass, fail or skip.</param>
/// <param name="Detail">Output that explains a failure or a skip.</param>
sealed record Proof(string? Skill, string File, string Means, string? Kernel, string Status, string Detail)
{
    public bool Failed => Status == "fail";

    public override string ToString() => $"{Skill}/{File}: {Means}{(Kernel is null ? "" : $" on {Kernel}")}: {Status}\n{Detail}";
}

/// <summary>A generated project that the files of all skills are put into, built, loaded and run: once for all tests.</summary>
sealed partial class Lab(Projects projects, IReadOnlyList<Skill> skills, Bench bench, string folder)
{
    static readonly string[] Architectures = ["amd64", "arm64"];

    readonly ConcurrentQueue<Proof> proofs = [];

    public IReadOnlyCollection<Proof> Proofs => proofs;

    public string Project => Path.Combine(folder, "project");

    /// <summary>What travels to the virtual machines of an architecture: test binaries, and the CNF.</summary>
    public string Suite(string architecture) => Path.Combine(folder, "suite", architecture);

    string ProofPackage => Path.Combine(Project, "internal", "skillproof");

    public async Task BuildEverything()
    {
        Prepare();
        await CompileAssets();
        await CompileProjects();
        await BuildGo();
        await ReadData();
    }

    void Prepare()
    {
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }

        Directory.CreateDirectory(folder);
        projects.Get("tcx").WriteTo(Project);
        foreach (var skill in skills)
        {
            foreach (var file in skill.Files.Where(file => file.StartsWith("assets/", StringComparison.Ordinal)))
            {
                var broken = skill.Assets.Any(asset => asset is { IsGo: true, Proof: Outcome.DoesNotCompile } && Path.GetDirectoryName(asset.File) == Path.GetDirectoryName(file));
                // The go command passes by what lies in testdata, unless it is named.
                var target = Path.Combine(Project, "internal", broken ? "testdata" : "", skill.Name, file["assets/".Length..]);
                Directory.CreateDirectory(Path.GetDirectoryName(target)!);
                File.Copy(skill.PathOf(file), target);
            }
        }
    }

    Task CompileAssets() =>
        Parallel.ForEachAsync(
            skills.SelectMany(skill => skill.Assets).Where(asset => asset.IsC),
            new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount },
            async (asset, _) =>
            {
                foreach (var architecture in Architectures)
                {
                    await Compile(asset, architecture);
                }
            });

    async Task Compile(Asset asset, string architecture)
    {
        var source = Path.Combine(Project, "internal", asset.Skill.Name, asset.File["assets/".Length..]);
        var gen = asset.Skill.Files.Contains("assets/gen.go") ? asset.Skill.PathOf("assets/gen.go") : GenOf(Project);
        var result = await Clang(Project, gen, source, ObjectOf(asset, architecture), architecture);
        if (asset.Proof == Outcome.DoesNotCompile)
        {
            Add(asset, $"clang {architecture}", null, result.ExitCode != 0 && Missing(asset, result.Error) is null, result.Everything);
            return;
        }

        Add(asset, $"clang {architecture}", null, result.ExitCode == 0, result.Everything);
    }

    static string GenOf(string project) => Path.Combine(project, "internal", "datapath", "gen.go");

    /// <summary>The command line of bpf2go, with the instruction set that gen.go asks for.</summary>
    async Task<ToolResult> Clang(string project, string gen, string source, string target, string architecture)
    {
        var cpu = InstructionSet().Match(File.ReadAllText(gen)) is { Success: true } match ? match.Value : "-mcpu=v3";
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        return await bench.Run(
            "clang-19",
            [
                "-O2", "-mcpu=v1", "-I", Path.Combine(project, "bpf"), "-I", Path.Combine(project, "bpf", "include"),
                "-O2", "-g", "-Wall", "-Werror", cpu, "-Wunused-command-line-argument", "-fno-ident",
                "-target", "bpfel", $"-D__TARGET_ARCH_{(architecture == "amd64" ? "x86" : "arm64")}",
                "-c", source, "-o", target,
            ],
            folder);
    }

    string ObjectOf(Asset asset, string architecture) =>
        Path.Combine(folder, "objects", architecture, asset.Skill.Name, asset.File.Replace('/', '_') + ".o");

    /// <summary>Projects of other hooks and functions that a block comes from: their objects are loaded, their Go code is vetted.</summary>
    async Task CompileProjects()
    {
        foreach (var (hook, function) in CitedProjects())
        {
            var project = Path.Combine(folder, "projects", $"{hook}-{function}");
            projects.Get(hook, function).WriteTo(project);
            foreach (var architecture in Architectures)
            {
                var result = await Clang(project, GenOf(project), Path.Combine(project, "bpf", "hook", $"{hook}.bpf.c"), ProjectObject(hook, function, architecture), architecture);
                AddProject(hook, function, $"clang {architecture}", null, result.ExitCode == 0, result.Everything);
            }

            var generated = await bench.Run("make", ["generate"], project);
            AddProject(hook, function, "go generate", null, generated.ExitCode == 0, generated.Everything);
            var vetted = await bench.Run("go", ["vet", "./..."], project);
            AddProject(hook, function, "go vet", null, vetted.ExitCode == 0, vetted.Everything);
            // -n prints what it would do, after it has read all of the file.
            var made = await bench.Run("make", ["-n", "help"], project);
            AddProject(hook, function, "make", null, made.ExitCode == 0, made.Everything);
        }
    }

    IEnumerable<(string Hook, string Function)> CitedProjects() =>
        (from skill in skills
         from block in skill.Blocks
         where block.Source?.StartsWith("project", StringComparison.Ordinal) == true
         let reference = SourceReference.Parse(block.Source!)
         select (reference.Hook!, reference.Function!)).Distinct();

    string ProjectObject(string hook, string function, string architecture) =>
        Path.Combine(folder, "objects", architecture, $"{hook}-{function}.o");

    async Task BuildGo()
    {
        // go.sum is not part of the template; this is how a project makes its own.
        var sums = await bench.Run("make", ["go.sum"], Project);
        AddProject("tcx", "monitor", "make go.sum", null, sums.ExitCode == 0, sums.Everything);
        await Step("go generate", ["generate", "./internal/datapath"]);
        await Generate();
        await CheckFormat();
        await BuildWrongGo();
        foreach (var architecture in bench.Architectures)
        {
            await BuildSuite(architecture);
        }

        // Last, because the proof's package embeds what the suites were built from.
        await Step("go vet", ["vet", "./..."]);
    }

    Task Generate() =>
        Parallel.ForEachAsync(
            skills.Where(skill => skill.Files.Contains("assets/gen.go")),
            new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount },
            async (skill, _) =>
            {
                var result = await bench.Run("go", ["generate", $"./internal/{skill.Name}/..."], Project);
                AddResult(skill, "assets", "go generate", null, result.ExitCode == 0, result.Everything);
            });

    async Task BuildSuite(string architecture)
    {
        await WriteManifest(architecture);
        Dictionary<string, string?> environment = new() { ["GOARCH"] = architecture };
        var suite = Directory.CreateDirectory(Suite(architecture)).FullName;
        foreach (var skill in skills.Where(HasTests))
        {
            await Step($"go test -c {architecture}", ["test", "-c", "-o", Path.Combine(suite, $"{skill.Name}.test"), $"./internal/{skill.Name}"], environment);
        }

        await Step($"go test -c {architecture}", ["test", "-c", "-o", Path.Combine(suite, "proof.test"), "./internal/skillproof"], environment);
        await Step($"go build {architecture}", ["build", "-o", Path.Combine(suite, "cnf"), $"./cmd/{Projects.Name}"], environment);
    }

    static bool HasTests(Skill skill) => skill.Files.Any(file => file.EndsWith("_test.go", StringComparison.Ordinal) && Path.GetDirectoryName(file) == "assets");

    async Task CheckFormat()
    {
        foreach (var skill in skills)
        {
            foreach (var file in skill.Files.Where(file => file.EndsWith(".go", StringComparison.Ordinal)))
            {
                var result = await bench.Run("gofmt", ["-l", skill.PathOf(file)], Project);
                AddResult(skill, file, "gofmt", null, result is { ExitCode: 0, Output: "" }, result.Everything);
            }
        }
    }

    async Task Step(string means, string[] arguments, Dictionary<string, string?>? environment = null)
    {
        var result = await bench.Run("go", arguments, Project, environment);
        var good = result.ExitCode == 0;
        foreach (var skill in skills.Where(skill => skill.Files.Any(file => file.EndsWith(".go", StringComparison.Ordinal))))
        {
            // One skill's mistake is not another's.
            var concerns = good || result.Everything.Contains(skill.Name, StringComparison.Ordinal) || !skills.Any(other => result.Everything.Contains(other.Name, StringComparison.Ordinal));
            if (concerns)
            {
                proofs.Enqueue(new(skill.Name, "assets", means, null, good ? "pass" : "fail", result.Everything));
            }
        }

        if (!good)
        {
            proofs.Enqueue(new(null, "internal", means, null, "fail", result.Everything));
        }
    }

    async Task BuildWrongGo()
    {
        foreach (var asset in skills.SelectMany(skill => skill.Assets).Where(asset => asset is { IsGo: true, Proof: Outcome.DoesNotCompile }))
        {
            var package = $"./internal/testdata/{asset.Skill.Name}/{Path.GetDirectoryName(asset.File["assets/".Length..])}";
            var result = await bench.Run("go", ["vet", package], Project);
            Add(asset, "go vet", null, result.ExitCode != 0 && Missing(asset, result.Error) is null, result.Everything);
        }
    }

    async Task WriteManifest(string architecture)
    {
        if (Directory.Exists(ProofPackage))
        {
            Directory.Delete(ProofPackage, recursive: true);
        }

        var files = Directory.CreateDirectory(Path.Combine(ProofPackage, "files")).FullName;
        foreach (var file in Directory.EnumerateFiles(Path.Combine(Repository.Root, "tests", "Skills", "Proof"), "*.go"))
        {
            File.Copy(file, Path.Combine(ProofPackage, Path.GetFileName(file)));
        }

        var objects =
            from skill in skills
            from asset in skill.Assets
            where asset.IsC && asset.Proof != Outcome.DoesNotCompile
            select Embed(asset, "object", ObjectOf(asset, architecture), asset.Proof == Outcome.Misbehaves ? Outcome.Loads : asset.Proof);
        var cited =
            from project in CitedProjects()
            select new Expectation
            {
                Name = ProjectName(project.Hook, project.Function),
                Kind = "object",
                File = CopyIn(ProjectObject(project.Hook, project.Function, architecture), $"{project.Hook}-{project.Function}.o"),
                Outcome = "loads",
                HostReason = project.Hook == "kprobe" ? "no kprobes" : "",
            };
        var scripts =
            from skill in skills
            from asset in skill.Assets
            where asset is { IsShell: true, Where: "vm" }
            select Embed(asset, "script", skill.PathOf(asset.File), asset.Proof);

        Expectation[] all = [.. objects, .. cited, .. scripts];
        if (all.Any(expectation => expectation.Kind == "script"))
        {
            await bench.CopyNetworkTools(architecture, Project, Directory.CreateDirectory(Path.Combine(files, "tools")).FullName);
        }

        File.WriteAllText(Path.Combine(files, "README"), "Compiled objects and scripts.\n");
        File.WriteAllText(Path.Combine(ProofPackage, "manifest.json"), JsonSerializer.Serialize(all, JsonSerializerOptions.Web));
    }

    Expectation Embed(Asset asset, string kind, string source, Outcome outcome) => new()
    {
        Name = $"{asset.Skill.Name}/{asset.File}",
        Kind = kind,
        File = CopyIn(source, $"{asset.Skill.Name}_{asset.File.Replace('/', '_')}{(kind == "object" ? ".o" : "")}"),
        Outcome = outcome.ToString().ToLowerInvariant(),
        From = asset.From ?? "",
        Before = asset.Before ?? "",
        Otherwise = asset.Otherwise?.ToString().ToLowerInvariant() ?? "",
        Messages = asset.Proof == Outcome.Misbehaves && kind == "object" ? [] : asset.Messages,
        Capabilities = asset.Capabilities,
        HostReason = asset.HostReason ?? "",
    };

    string CopyIn(string source, string name)
    {
        // What did not compile has failed already; an empty file keeps the manifest whole.
        if (File.Exists(source))
        {
            File.Copy(source, Path.Combine(ProofPackage, "files", name));
        }
        else
        {
            File.WriteAllBytes(Path.Combine(ProofPackage, "files", name), []);
        }

        return $"files/{name}";
    }

    async Task ReadData()
    {
        foreach (var skill in skills)
        {
            foreach (var file in skill.Files.Where(file => file.StartsWith("assets/", StringComparison.Ordinal)))
            {
                await ReadData(skill, file);
            }
        }
    }

    async Task ReadData(Skill skill, string file)
    {
        switch (Path.GetFileName(file), Path.GetExtension(file))
        {
            case (_, ".yaml" or ".yml"):
                AddParsed(skill, file, "YamlDotNet", () => new YamlDotNet.RepresentationModel.YamlStream().Load(new StringReader(skill.Text(file))));
                break;
            case (_, ".json"):
                AddParsed(skill, file, "JSON", () => JsonDocument.Parse(skill.Text(file)).Dispose());
                break;
            case ("Makefile", _) or (_, ".mk"):
                var made = await bench.Run("make", ["-n", "-f", skill.PathOf(file)], Project);
                AddResult(skill, file, "make", null, made.ExitCode == 0, made.Everything);
                break;
            case (_, ".c" or ".h"):
                var formatted = await bench.Run("clang-format-19", ["--style=file:" + Path.Combine(Project, ".clang-format"), "--dry-run", "--Werror", skill.PathOf(file)], Project);
                AddResult(skill, file, "clang-format", null, formatted.ExitCode == 0, formatted.Everything);
                break;
            case (_, ".sh"):
                await RunScript(new Asset(skill, file));
                break;
        }
    }

    async Task RunScript(Asset asset)
    {
        var path = asset.Skill.PathOf(asset.File);
        var checkedResult = await bench.Run("shellcheck", [path], Project);
        Add(asset, "shellcheck", null, checkedResult.ExitCode == 0, checkedResult.Everything);
        if (asset.Where == "vm")
        {
            return;
        }

        var place = asset.Where == "project" ? Project : Directory.CreateDirectory(Path.Combine(folder, "scripts", asset.Skill.Name, asset.File.Replace('/', '_'))).FullName;
        // An own network and an own mount table: nothing that the script does can reach the machine's.
        var result = await bench.Run("unshare", ["--net", "--mount", "--", "bash", path], place, asset.Where == "pack" ? await InstallTemplates() : null);
        var asSaid = asset.Proof == Outcome.Fails ? result.ExitCode != 0 : result.ExitCode == 0;
        Add(asset, "shell", "host", asSaid && (asset.Proof == Outcome.Runs || Missing(asset, result.Output + result.Error) is null), result.Everything);

        var output = Path.ChangeExtension(asset.File, ".out");
        if (asset.Skill.Files.Contains(output))
        {
            AddResult(asset.Skill, output, "shell", "host", result.Output == asset.Skill.Text(output), result.Everything);
        }
    }

    /// <summary>A home for the dotnet command in which the templates are installed, and nothing else is.</summary>
    async Task<Dictionary<string, string?>> InstallTemplates()
    {
        var home = Path.Combine(folder, "dotnet");
        Dictionary<string, string?> environment = new()
        {
            ["DOTNET_CLI_HOME"] = home,
            ["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1",
            ["DOTNET_CLI_UI_LANGUAGE"] = "en",
            ["DOTNET_GENERATE_ASPNET_CERTIFICATE"] = "false",
            ["DOTNET_NOLOGO"] = "1",
        };
        if (!Directory.Exists(home))
        {
            Directory.CreateDirectory(home);
            (await bench.Run("dotnet", ["new", "install", Repository.Templates], folder, environment)).MustSucceed();
        }

        return environment;
    }

    static string? Missing(Asset asset, string output) => asset.Messages.FirstOrDefault(message => !output.Contains(message, StringComparison.Ordinal));

    [GeneratedRegex(@"-mcpu=v\d")]
    private static partial Regex InstructionSet();

    static string ProjectName(string hook, string function) => $"project/{hook}/{function}";

    void Add(Asset asset, string means, string? kernel, bool good, string detail) => AddResult(asset.Skill, asset.File, means, kernel, good, detail);

    void AddResult(Skill skill, string file, string means, string? kernel, bool good, string detail) =>
        proofs.Enqueue(new(skill.Name, file, means, kernel, good ? "pass" : "fail", detail));

    void AddProject(string hook, string function, string means, string? kernel, bool good, string detail) =>
        proofs.Enqueue(new(null, ProjectName(hook, function), means, kernel, good ? "pass" : "fail", detail));

    void AddParsed(Skill skill, string file, string means, Action parse)
    {
        try
        {
            parse();
            AddResult(skill, file, means, null, true, "");
        }
        catch (Exception exception) when (exception is YamlDotNet.Core.YamlException or JsonException)
        {
            AddResult(skill, file, means, null, false, exception.Message);
        }
    }

    /// <summary>One entry of manifest.json, which the Go test reads.</summary>
    sealed record Expectation
    {
        public required string Name { get; init; }

        public required string Kind { get; init; }

        public required string File { get; init; }

        public required string Outcome { get; init; }

        public string From { get; init; } = "";

        public string Before { get; init; } = "";

        public string Otherwise { get; init; } = "";

        public IReadOnlyList<string> Messages { get; init; } = [];

        public IReadOnlyList<string> Capabilities { get; init; } = [];

        public string HostReason { get; init; } = "";
    }
}
