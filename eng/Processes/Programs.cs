using CliWrap;

namespace EbpfCnf.Eng.Processes;

static class Programs
{
    public static Command Bash(string script, params IEnumerable<string> arguments) =>
        Cli.Wrap("bash").WithArguments([script, .. arguments]);

    public static Command Dotnet(params IEnumerable<string> arguments) =>
        Cli.Wrap("dotnet").WithArguments(arguments).WithEnvironmentVariables(new Dictionary<string, string?>
        {
            ["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1",
            ["DOTNET_NOLOGO"] = "1",
            // No build server may outlive eng.
            ["MSBUILDDISABLENODEREUSE"] = "1",
            ["DOTNET_CLI_USE_MSBUILD_SERVER"] = "0",
        });

    public static string? Find(string program) => Environment.GetEnvironmentVariable("PATH")?
        .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
        .Select(folder => Path.Combine(folder, program))
        .FirstOrDefault(File.Exists);
}
