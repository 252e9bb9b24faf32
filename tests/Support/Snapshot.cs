using System.Text;
using DiffPlex.DiffBuilder;
using DiffPlex.DiffBuilder.Model;

namespace EbpfCnf.Templates.Tests.Support;

/// <summary>
/// Compares what a test got with <c>Snapshots/NAME.verified…</c>. A difference leaves <c>NAME.received…</c> beside it;
/// with ACCEPT_SNAPSHOTS=1 what was received becomes what is verified, to be reviewed as a diff.
/// </summary>
static partial class Snapshot
{
    const int ShownLines = 60;

    internal static readonly bool Accepting = Environment.GetEnvironmentVariable("ACCEPT_SNAPSHOTS") == "1";

    /// <summary>
    /// Files that act on this repository wherever they lie (git, editors, coding agents) get another name in a snapshot.
    /// </summary>
    static string StoredName(string path)
    {
        var name = Path.GetFileName(path);
        return name.StartsWith('.') || name is "AGENTS.md" or "CLAUDE.md" ? $"{path}.txt" : path;
    }

#if !FULL_FEED
    public static Task VerifyText(string name, string received)
    {
        var verifiedPath = Path.Combine(Repository.Snapshots, $"{name}.verified.txt");
        var receivedPath = Path.Combine(Repository.Snapshots, $"{name}.received.txt");

        var verified = File.Exists(verifiedPath) ? File.ReadAllText(verifiedPath) : "";
        Directory.CreateDirectory(Repository.Snapshots);
        File.Delete(receivedPath);
        if (received == verified)
        {
            return Task.CompletedTask;
        }

        if (Accepting)
        {
            Write(verifiedPath, received);
            return Task.CompletedTask;
        }

        Write(receivedPath, received);
        DiffEngine.DiffRunner.Launch(receivedPath, verifiedPath);
        throw Failure(name, [Difference(Path.GetFileName(verifiedPath), verified, received)]);
    }

    public static Task VerifyTree(string name, IReadOnlyDictionary<string, byte[]> files)
    {
        var verifiedFolder = Path.Combine(Repository.Snapshots, $"{name}.verified");
        var receivedFolder = Path.Combine(Repository.Snapshots, $"{name}.received");

        var received = files.ToDictionary(file => StoredName(file.Key), file => Encoding.UTF8.GetString(file.Value));
        var verified = ReadTree(verifiedFolder);
        DeleteTree(receivedFolder);

        var differences = received.Keys.Union(verified.Keys)
            .Order(StringComparer.Ordinal)
            .Where(path => received.GetValueOrDefault(path) != verified.GetValueOrDefault(path))
            .ToList();
        if (differences.Count == 0)
        {
            return Task.CompletedTask;
        }

        if (Accepting)
        {
            DeleteTree(verifiedFolder);
            WriteTree(verifiedFolder, received);
            return Task.CompletedTask;
        }

        WriteTree(receivedFolder, differences.Where(received.ContainsKey).ToDictionary(path => path, path => received[path]));
        throw Failure(name, differences.Select(path => Difference(path, verified.GetValueOrDefault(path), received.GetValueOrDefault(path))));
    }
#endif

    static Exception Failure(string name, IEnumerable<string> differences) => new Xunit.Sdk.XunitException(
        $"""
        Snapshot {name} differs; accept it with: ACCEPT_SNAPSHOTS=1 dotnet test tests
        {string.Join('\n', differences.SelectMany(difference => difference.Split('\n')).Take(ShownLines))}
        """);

    static string Difference(string path, string? verified, string? received)
    {
        if (verified is null || received is null)
        {
            return verified is null ? $"+++ {path} is new" : $"--- {path} is gone";
        }

        var lines =
            from line in InlineDiffBuilder.Diff(verified, received, ignoreWhiteSpace: false).Lines
            where line.Type is ChangeType.Inserted or ChangeType.Deleted
            select $"{(line.Type == ChangeType.Inserted ? '+' : '-')}{line.Text}";
        return string.Join('\n', lines.Prepend($"~~~ {path}"));
    }

    static Dictionary<string, string> ReadTree(string folder) => Directory.Exists(folder)
        ? Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .ToDictionary(file => Path.GetRelativePath(folder, file).Replace('\\', '/'), File.ReadAllText)
        : [];

    static void WriteTree(string folder, IReadOnlyDictionary<string, string> files)
    {
        foreach (var (path, text) in files)
        {
            Write(Path.Combine(folder, path), text);
        }
    }

    static void Write(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }

    static void DeleteTree(string folder)
    {
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
