namespace EbpfCnf.Templates.Tests.Support;

/// <summary><c>dotnet new</c> as a person types it, in a hive of its own that holds the packed templates.</summary>
public sealed class DotnetNew : IAsyncLifetime
{
    static readonly Dictionary<string, string?> Environment = new()
    {
        ["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1",
        ["DOTNET_CLI_UI_LANGUAGE"] = "en",
        ["DOTNET_NOLOGO"] = "1",
        // Help is laid out for the width of the terminal.
        ["COLUMNS"] = "120",
    };

    readonly TemporaryFolder hive = new();

    public async Task InitializeAsync()
    {
        var package = await PackedTemplates.Current;
        (await Call(Repository.Root, "install", package.Path)).MustSucceed();
    }

    public Task DisposeAsync()
    {
        hive.Dispose();
        return Task.CompletedTask;
    }

    internal Task<ToolResult> In(string folder, params string[] arguments) => Call(folder, [.. arguments, "--no-update-check"]);

    Task<ToolResult> Call(string folder, params string[] arguments) =>
        Tool.Run("dotnet", ["new", .. arguments, "--debug:custom-hive", hive.Path], folder, environment: Environment);
}
