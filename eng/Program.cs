using System.CommandLine;
using EbpfCnf.Eng;
using EbpfCnf.Eng.Commands;

Progress progress = new(Console.Out);

RootCommand root = new("Sets up, shows and proves EbpfCnf.Templates.");
root.Subcommands.Add(Command("setup", "Install and unpack what building and testing needs.", async (tree, _, cancellation) =>
{
    await new SetupCommand(tree, progress).Run(cancellation);
    return 0;
}));

// Long enough for interrupted programs to remove what they made.
return await root.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromSeconds(15) });

Command Command(string name, string description, Func<SourceTree, ParseResult, CancellationToken, Task<int>> run, params Symbol[] symbols)
{
    Command command = new(name, description);
    foreach (var symbol in symbols)
    {
        if (symbol is Option option)
        {
            command.Options.Add(option);
        }
        else if (symbol is Argument argument)
        {
            command.Arguments.Add(argument);
        }
    }

    command.SetAction(async (result, cancellation) =>
    {
        try
        {
            return await run(SourceTree.Find(), result, cancellation);
        }
        catch (Problem problem)
        {
            await Console.Error.WriteLineAsync($"error: {problem.Message}\n  remedy: {problem.Remedy}");
            return 1;
        }
        catch (OperationCanceledException)
        {
            await Console.Error.WriteLineAsync("interrupted");
            return 130;
        }
    });
    return command;
}
