using System.CommandLine;

namespace EbpfCnf.Eng.Commands;

static class CommandLine
{
    /// <summary>Gives a command what it does. A problem is told in one sentence with its remedy; only defects of eng show a stack trace.</summary>
    public static Command Runs(this Command command, Func<SourceTree, ParseResult, CancellationToken, Task<int>> action)
    {
        command.SetAction(async (arguments, cancellation) =>
        {
            try
            {
                return await action(SourceTree.Find(), arguments, cancellation);
            }
            catch (Problem problem)
            {
                await Console.Error.WriteLineAsync($"error: {problem.Message}\n  remedy: {problem.Remedy}");
                return 1;
            }
            catch (OperationCanceledException)
            {
                await Console.Error.WriteLineAsync("error: interrupted");
                return 130;
            }
        });
        return command;
    }
}
