using System.Text;
using CliWrap;

namespace EbpfCnf.Templates.Tests.Support;

sealed record ToolResult(string CommandLine, int ExitCode, string Output, string Error)
{
    public string Everything => $"$ {CommandLine}\nexit code {ExitCode}\n{Output}{Error}";

    public ToolResult MustSucceed()
    {
        Assert.True(ExitCode == 0, Everything);
        return this;
    }
}

/// <summary>Runs a program with standard input closed, so that nothing can wait for an answer, and never for longer than the timeout.</summary>
static class Tool
{
    public static readonly TimeSpan Short = TimeSpan.FromMinutes(4);

    public static async Task<ToolResult> Run(
        string program,
        IReadOnlyCollection<string> arguments,
        string? folder = null,
        TimeSpan? timeout = null,
        IReadOnlyDictionary<string, string?>? environment = null)
    {
        var limit = timeout ?? Short;
        using var cancellation = new CancellationTokenSource(limit);
        StringBuilder output = new();
        StringBuilder error = new();
        var commandLine = string.Join(' ', [program, .. arguments]);

        try
        {
            var result = await Cli.Wrap(program)
                .WithArguments(arguments)
                .WithWorkingDirectory(folder ?? Repository.Root)
                .WithEnvironmentVariables(environment ?? new Dictionary<string, string?>())
                .WithValidation(CommandResultValidation.None)
                .WithStandardInputPipe(PipeSource.Null)
                .WithStandardOutputPipe(PipeTarget.ToStringBuilder(output))
                .WithStandardErrorPipe(PipeTarget.ToStringBuilder(error))
                .ExecuteAsync(cancellation.Token);

            return new(commandLine, result.ExitCode, output.ToString(), error.ToString());
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"'{commandLine}' in {folder} ran for longer than {limit}.\n{output}{error}");
        }
    }
}
