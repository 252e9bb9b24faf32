using EbpfCnf.Templates.Tests.Support;

namespace EbpfCnf.Templates.Tests.Deployment;

/// <summary>The instructions of a Dockerfile by stage, and the files that its build would see.</summary>
sealed class Dockerfile
{
    readonly GeneratedProject project;

    public Dockerfile(GeneratedProject project)
    {
        this.project = project;
        List<List<(string Name, string Text)>> stages = [];
        var lines = project.Text("Dockerfile").Split('\n').Where(line => !line.StartsWith('#'));
        foreach (var line in string.Join('\n', lines).Replace("\\\n", " ", StringComparison.Ordinal).Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var space = line.IndexOf(' ');
            (string Name, string Text) instruction = (line[..space], line[space..].Trim());
            if (instruction.Name == "FROM")
            {
                stages.Add([]);
            }

            stages[^1].Add(instruction);
        }

        Stages = stages;
    }

    public IReadOnlyList<IReadOnlyList<(string Name, string Text)>> Stages { get; }

    /// <summary>What .dockerignore lets through: it leaves out everything and then names what the build needs.</summary>
    public void WriteContextTo(string folder)
    {
        var rules = project.Text(".dockerignore").Split('\n').Where(line => line is not "" && !line.StartsWith('#')).ToList();
        Assert.Equal("*", rules[0]);
        Assert.All(rules.Skip(1), rule => Assert.StartsWith("!", rule, StringComparison.Ordinal));
        var admitted = rules.Skip(1).Select(rule => rule[1..]).ToList();
        new GeneratedProject(project.Files
            .Where(file => admitted.Any(name => file.Key == name || file.Key.StartsWith($"{name}/", StringComparison.Ordinal)))
            .ToDictionary())
            .WriteTo(folder);
    }
}
