using System.CommandLine;
using EbpfCnf.Eng;
using EbpfCnf.Eng.Commands;
using EbpfCnf.Eng.Demo;

Progress progress = new(Console.Out);

Option<string> hook = new("--hook") { Description = "The hook to show.", DefaultValueFactory = _ => "tcx" };
hook.AcceptOnlyFromAmong([.. HookDemo.Hooks]);

Option<string?> kernel = new("--kernel") { Description = "Show it in a virtual machine with this kernel, whatever this machine can do." };
kernel.AcceptOnlyFromAmong([.. Kernel.Matrix.Select(kernel => kernel.Series).Distinct()]);

Option<bool?> fullFeed = new("--full-feed") { Description = "Whether the package feed serves Verify.Xunit; found out when not given." };

Option<bool> accept = new("--accept") { Description = "Take what the tests get as the new snapshots and figures on record, to be reviewed with git diff." };

Option<string?> version = new("--package-version") { Description = "The package's version, when it is not the one in TemplatePack.csproj." };

Option<string?> function = new("--function") { Description = "The function to measure, instead of all of them." };
function.AcceptOnlyFromAmong([.. BenchCommand.Functions]);

Option<int> rounds = new("--rounds")
{
    Description = "How often to measure; fewer than the default only try the benchmark out.",
    DefaultValueFactory = _ => BenchCommand.Rounds,
};

Argument<string?> filter = new("filter") { Description = "Part of a test's name, or an expression of `dotnet test --filter`.", Arity = ArgumentArity.ZeroOrOne };

RootCommand root = new("Sets up, shows and proves EbpfCnf.Templates.")
{
    new Command("setup", "Install and unpack what building and testing needs.")
        .Runs(async (tree, _, cancellation) => { await new SetupCommand(tree, progress).Run(cancellation); return 0; }),
    new Command("demo", "Generate a CNF from the package and watch it count real packets.") { hook, kernel }
        .Runs((tree, arguments, cancellation) => new DemoCommand(tree, progress).Run(arguments.GetValue(hook)!, arguments.GetValue(kernel), cancellation)),
    new Command("test", "Run all tests, or those that the filter names.") { filter, accept, fullFeed }
        .Runs((tree, arguments, cancellation) => new TestCommand(tree, progress)
            .Run(arguments.GetValue(filter), arguments.GetValue(fullFeed), arguments.GetValue(accept), cancellation)),
    new Command("pack", "Make the NuGet package in artifacts/package/release.") { fullFeed, version }
        .Runs(async (tree, arguments, cancellation) =>
        {
            await new PackCommand(tree, progress).Run(arguments.GetValue(fullFeed) ?? false, cancellation, arguments.GetValue(version));
            return 0;
        }),
    new Command("bench", "Measure the functions beside what people use otherwise.") { function, rounds }
        .Runs((tree, arguments, cancellation) => new BenchCommand(tree, progress)
            .Run(arguments.GetValue(function), arguments.GetValue(rounds), cancellation)),
    new Command("kernels", "Run every hook and function on every kernel and publish the table.") { accept }
        .Runs((tree, arguments, cancellation) => new KernelsCommand(tree, progress).Run(arguments.GetValue(accept), cancellation)),
};

// Long enough for interrupted programs to remove what they made.
return await root.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromSeconds(15) });
