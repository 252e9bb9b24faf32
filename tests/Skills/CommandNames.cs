using System.Text.RegularExpressions;
using EbpfCnf.Templates.Tests.Support;

namespace EbpfCnf.Templates.Tests.Skills;

/// <summary>Commands in the text, compared with what generated projects and the templates really offer.</summary>
sealed partial class CommandNames(Projects projects)
{
    readonly Lazy<GeneratedProject[]> all = new(() => [.. Offered.Hooks.Select(hook => projects.Get(hook))]);

    public static bool IsCommand(string code) => Command().IsMatch(code);

    public IEnumerable<string> Findings(Skill skill) =>
        from document in skill.Documents
        from span in document.InlineCode()
        where IsCommand(span.Code)
        from problem in Problems(span.Code)
        select $"{skill}/{document.Name}:{span.Line}: `{span.Code}`: {problem}";

    public IEnumerable<string> Problems(string code)
    {
        string[] words = [.. code.Split(' ', StringSplitOptions.RemoveEmptyEntries).SkipWhile(word => word == "sudo" || word.Contains('='))];
        return words switch
        {
            ["make", .. var targets] => Make(targets),
            ["dotnet", "new", var template, .. var options] => New(template, options),
            ["go", "test" or "run" or "vet" or "build" or "generate", .. var arguments] => GoPackages(arguments),
            [.., ] when words is [var binary, .. var arguments] && binary is "my-cnf" or "./my-cnf" => Binary(arguments),
            _ => [],
        };
    }

    IEnumerable<string> Make(string[] targets) =>
        from target in targets
        where !target.Contains('=') && !target.StartsWith('-')
        where !all.Value.Any(project => Regex.IsMatch(project.Text("Makefile"), $@"^[\w. -]*\b{Regex.Escape(target)}\b[\w. -]*:", RegexOptions.Multiline))
        select $"no Makefile has the target '{target}'";

    IEnumerable<string> Binary(string[] arguments)
    {
        if (arguments is not [var command, .. var rest] || command.StartsWith('-'))
        {
            yield break;
        }

        string[] sources =
        [
            .. from project in all.Value
               from file in project.Files.Keys
               where file.StartsWith("cmd/", StringComparison.Ordinal) || file.StartsWith("internal/", StringComparison.Ordinal)
               where file.EndsWith(".go", StringComparison.Ordinal) && !file.EndsWith("_test.go", StringComparison.Ordinal)
               select project.Text(file),
        ];
        if (!sources.Any(source => Regex.IsMatch(source, $@"\bUse:\s+""{Regex.Escape(command)}\b")))
        {
            yield return $"there is no command '{command}'";
        }

        foreach (var flag in rest.Where(word => word.StartsWith("--", StringComparison.Ordinal)).Select(word => word[2..].Split('=')[0]))
        {
            if (!sources.Any(source => source.Contains($"\"{flag}\"", StringComparison.Ordinal)))
            {
                yield return $"there is no flag '--{flag}'";
            }
        }
    }

    IEnumerable<string> GoPackages(string[] arguments) =>
        from argument in arguments
        where argument.StartsWith("./", StringComparison.Ordinal) && argument != "./..."
        let folder = argument[2..].Replace("/...", "").TrimEnd('/')
        where !all.Value.Any(project => project.Under(folder + "/").Any())
        select $"no project has the folder '{folder}'";

    static IEnumerable<string> New(string template, string[] options)
    {
        if (template is not ("ebpf-cnf" or "cnf-skills"))
        {
            return template is "install" or "update" or "list" or "uninstall" ? [] : [$"there is no template '{template}'"];
        }

        var folder = template == "ebpf-cnf" ? template : "skills";
        var config = TemplateConfig.Load(folder);
        var host = TemplateConfig.LoadHostFrom(Path.Combine(Repository.Templates, folder));
        return Options(config, host, options);
    }

    static IEnumerable<string> Options(TemplateConfig config, TemplateHostConfig host, string[] options)
    {
        for (var i = 0; i < options.Length; i++)
        {
            if (options[i] is "-n" or "-o" or "--name" or "--output" or "--force" or "-h" or "--help" || !options[i].StartsWith('-'))
            {
                continue;
            }

            var (option, value) = options[i].Split('=', 2) is [var before, var after] ? (before, after) : (options[i], options.ElementAtOrDefault(i + 1));
            var name = host.SymbolInfo.FirstOrDefault(symbol => $"--{symbol.Value.LongName ?? symbol.Key}" == option || (symbol.Value.ShortName is { Length: > 0 } s && $"-{s}" == option)).Key;
            if (name is null)
            {
                yield return $"there is no option '{option}'";
            }
            else if (config.Symbols[name].Values() is { Count: > 0 } values && value is not null && !value.StartsWith('-') && Word().IsMatch(value) && !values.Contains(value))
            {
                yield return $"'{value}' is not a choice of '{option}'";
            }
        }
    }

    [GeneratedRegex(@"^(sudo )?([A-Z_]+=\S* )*(make\b|dotnet new\b|\.?/?my-cnf\b|go (test|run|vet|build|generate) )")]
    private static partial Regex Command();

    // Upper-case words and … stand for what the reader puts there.
    [GeneratedRegex("^[a-z0-9-]+$")]
    private static partial Regex Word();
}
