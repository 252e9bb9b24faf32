using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.TemplateEngine.Abstractions;
using Microsoft.TemplateEngine.Abstractions.Installer;
using Microsoft.TemplateEngine.Abstractions.TemplatePackage;
using Microsoft.TemplateEngine.Edge;
using Microsoft.TemplateEngine.Edge.Settings;
using Microsoft.TemplateEngine.Edge.Template;
using Microsoft.TemplateEngine.Utils;
using DefaultTemplateEngineHost = Microsoft.TemplateEngine.Edge.DefaultTemplateEngineHost;

namespace EbpfCnf.Templates.Tests.Support;

/// <summary>The engine of the installed SDK, in this process: a project takes milliseconds and stays in memory.</summary>
sealed class TemplateEngine : IDisposable
{
    static readonly Lazy<Task<TemplateEngine>> OfPackage = new(OpenPacked);

    const string InMemory = "/generated";

    // Hundreds of projects of the same few files: each content is kept once.
    static readonly ConcurrentDictionary<string, byte[]> Contents = new();

    readonly SemaphoreSlim oneAtATime = new(1);
    readonly DefaultTemplateEngineHost host;
    readonly EngineEnvironmentSettings settings;
    readonly string package;
    IReadOnlyList<ITemplateInfo>? templates;

    TemplateEngine(string package)
    {
        this.package = package;
        host = new(
            "dotnetcli",
            "10.0.0",
            builtIns:
            [
                .. Microsoft.TemplateEngine.Orchestrator.RunnableProjects.Components.AllComponents,
                // Without those that look for templates installed on this machine.
                .. Components.AllComponents.Where(component => component.Type != typeof(ITemplatePackageProviderFactory) && component.Type != typeof(IInstallerFactory)),
                (typeof(ITemplatePackageProviderFactory), new OnePackage(package)),
            ],
            loggerFactory: NullLoggerFactory.Instance);
        settings = new(host, virtualizeSettings: true);
        // Once for all projects: every call puts another layer over the file system.
        host.VirtualizeDirectory(InMemory);
    }

    /// <summary>An engine of one's own on what the package holds.</summary>
    public static async Task<TemplateEngine> OpenPacked() => new((await PackedTemplates.Current).Contents);

    /// <summary>The same, for everyone: what it has read once it keeps.</summary>
    public static Task<TemplateEngine> Packed => OfPackage.Value;

    public static TemplateEngine Open(string packageOrFolder) => new(packageOrFolder);

    /// <summary>What <c>dotnet new install</c> finds wrong with each template. Informational notes are left out.</summary>
    public async Task<IReadOnlyList<string>> Validate()
    {
        using var scan = await new Scanner(settings).ScanAsync(package, logValidationResults: false, returnInvalidTemplates: true);
        Assert.NotEmpty(scan.Templates);
        return
        [
            .. from template in scan.Templates
               from entry in template.ValidationErrors
               where entry.Severity != IValidationEntry.SeverityLevel.Info
               select $"{template.Identity}: {entry.Severity} {entry.Code} {entry.ErrorMessage}",
        ];
    }

    public async Task<IReadOnlyList<string>> ShortNames() =>
        [.. (await Templates()).SelectMany(template => template.ShortNameList).Order(StringComparer.Ordinal)];

    public async Task<GeneratedProject> Generate(string template, string name, IReadOnlyDictionary<string, string>? options = null)
    {
        var output = $"{InMemory}/{Guid.NewGuid():N}";

        await oneAtATime.WaitAsync();
        try
        {
            var info = (await Templates()).Single(candidate => candidate.ShortNameList.Contains(template));
            var result = await new TemplateCreator(settings).InstantiateAsync(
                info,
                name,
                fallbackName: null,
                output,
                options?.ToDictionary(option => option.Key, option => (string?)option.Value) ?? []);
            Assert.True(result.Status == CreationResultStatus.Success, $"{result.Status}: {result.ErrorMessage}");
            var files = ReadBack(output);
            host.FileSystem.DirectoryDelete(output, recursive: true);
            return new(files);
        }
        finally
        {
            oneAtATime.Release();
        }
    }

    public void Dispose()
    {
        oneAtATime.Dispose();
        settings.Dispose();
        host.Dispose();
    }

    async Task<IReadOnlyList<ITemplateInfo>> Templates() =>
        templates ??= await new TemplatePackageManager(settings).GetTemplatesAsync(CancellationToken.None);

    SortedDictionary<string, byte[]> ReadBack(string output)
    {
        SortedDictionary<string, byte[]> files = new(StringComparer.Ordinal);
        foreach (var file in host.FileSystem.EnumerateFiles(output, "*", SearchOption.AllDirectories))
        {
            using var stream = host.FileSystem.OpenRead(file);
            using MemoryStream bytes = new();
            stream.CopyTo(bytes);
            var content = bytes.ToArray();
            files.Add(Path.GetRelativePath(output, file).Replace('\\', '/'), Contents.GetOrAdd(Convert.ToHexString(SHA256.HashData(content)), content));
        }

        return files;
    }

    sealed class OnePackage(string path) : ITemplatePackageProviderFactory
    {
        public string DisplayName => "The package under test";

        public Guid Id { get; } = new("5b1c1c0e-6d0a-4a3e-9d5c-5a7f3d3a8e11");

        public ITemplatePackageProvider CreateProvider(IEngineEnvironmentSettings settings) =>
            File.Exists(path)
                ? new DefaultTemplatePackageProvider(this, settings, nupkgs: [path])
                : new DefaultTemplatePackageProvider(this, settings, nupkgs: null, folders: [path]);
    }
}

/// <summary>Relative paths and contents, in ordinal order.</summary>
sealed class GeneratedProject(IReadOnlyDictionary<string, byte[]> files)
{
    public IReadOnlyDictionary<string, byte[]> Files { get; } = files;

    public string Text(string path) => Encoding.UTF8.GetString(Files[path]);

    /// <summary>The project with another text in one of its files.</summary>
    public GeneratedProject With(string path, Func<string, string> change) =>
        new(new Dictionary<string, byte[]>(Files) { [path] = Encoding.UTF8.GetBytes(change(Text(path))) });

    public IEnumerable<string> Under(string folder) => Files.Keys.Where(path => path.StartsWith(folder, StringComparison.Ordinal));

    public void WriteTo(string folder)
    {
        foreach (var (path, content) in Files)
        {
            var target = Path.Combine(folder, path);
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.WriteAllBytes(target, content);
        }
    }
}
