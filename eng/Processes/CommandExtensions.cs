using System.Text;
using CliWrap;

namespace EbpfCnf.Eng.Processes;

/// <summary>The two ways in which eng runs a program: always with a time limit, always with standard input closed.</summary>
static class CommandExtensions
{
    /// <summary>Returns what the program printed. Its standard error is passed on as it comes, or else shown when it ends badly.</summary>
    public static async Task<string> Capture(this Command command, TimeSpan limit, CancellationToken cancellation, Action<string>? progress = null)
    {
        StringBuilder output = new();
        StringBuilder everything = new();
        var exitCode = await command
            .WithStandardOutputPipe(PipeTarget.Merge(PipeTarget.ToStringBuilder(output), PipeTarget.ToStringBuilder(everything)))
            .WithStandardErrorPipe(progress is null ? PipeTarget.ToStringBuilder(everything) : PipeTarget.ToDelegate(progress))
            .ExitCode(limit, cancellation);

        return exitCode == 0 ? output.ToString() : throw Ended(command, exitCode, everything.ToString());
    }

    /// <summary>Runs the program and passes on every line while it runs.</summary>
    public static Task<int> Stream(this Command command, Action<string> line, TimeSpan limit, CancellationToken cancellation) => command
        .WithStandardOutputPipe(PipeTarget.ToDelegate(line))
        .WithStandardErrorPipe(PipeTarget.ToDelegate(line))
        .ExitCode(limit, cancellation);

    /// <summary>Passes on every line while the program runs, which has to end well.</summary>
    public static async Task Follow(this Command command, Action<string> line, TimeSpan limit, CancellationToken cancellation)
    {
        var exitCode = await command.Stream(line, limit, cancellation);
        if (exitCode != 0)
        {
            throw Ended(command, exitCode);
        }
    }

    /// <summary>Adds a variable to those that the command has already.</summary>
    public static Command With(this Command command, string variable, string? value) =>
        command.WithEnvironmentVariables(new Dictionary<string, string?>(command.EnvironmentVariables) { [variable] = value });

    static Problem Ended(Command command, int exitCode, string output = "") => new(
        $"'{command}' ended with exit code {exitCode}{(output == "" ? "" : $":\n{output}")}",
        "mend what its output above says, then run the same command again");

    static async Task<int> ExitCode(this Command command, TimeSpan limit, CancellationToken cancellation)
    {
        using var forceful = new CancellationTokenSource();
        using var graceful = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        graceful.CancelAfter(limit);
        // An interrupted program gets a moment to remove what it made.
        await using var escalation = graceful.Token.Register(() => forceful.CancelAfter(TimeSpan.FromSeconds(5)));

        try
        {
            var result = await command
                .WithValidation(CommandResultValidation.None)
                .WithStandardInputPipe(PipeSource.Null)
                .ExecuteAsync(forceful.Token, graceful.Token);
            return result.ExitCode;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new Problem($"'{command}' ran for longer than {Duration.Text(limit)} and was ended", "look for what it waits for, or run it by hand");
        }
    }
}
