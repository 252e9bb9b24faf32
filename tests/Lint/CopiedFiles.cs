using EbpfCnf.Templates.Tests.Support;

namespace EbpfCnf.Templates.Tests.Lint;

/// <summary>
/// The files that the engine copies as they are. From a package it reads every other one into 8 MB of memory, so most files that
/// need no change are listed; one that does would come out with its placeholders and markers.
/// </summary>
static class CopiedFiles
{
    /// <summary>A whole source that is copied is text about placeholders and markers.</summary>
    public const string Everything = "**/*";

    public static IEnumerable<string> Findings(TemplateConfig config, TemplateSource source, string root, IReadOnlyList<string> files)
    {
        string[] placeholders = [.. config.Symbols.Values.Select(symbol => symbol.Replaces).OfType<string>()];
        foreach (var pattern in source.CopyOnly.Where(pattern => pattern != Everything))
        {
            var copied = files.Where(file => Matches(pattern, file)).ToList();
            if (copied.Count == 0)
            {
                yield return $"source {source.Source}: no file is copied by '{pattern}'";
            }

            foreach (var file in copied)
            {
                var text = File.ReadAllText(Path.Combine(root, file));
                foreach (var leftover in placeholders.Where(text.Contains).Concat(Markers.In(text).Any() ? ["a marker"] : []))
                {
                    yield return $"{source.Source}{file}: is copied as it is by '{pattern}', yet has {leftover}";
                }
            }
        }
    }

    /// <summary>A pattern is the path of a file, or a folder with all that is in it.</summary>
    static bool Matches(string pattern, string file) => pattern.EndsWith(Everything, StringComparison.Ordinal)
        ? file.StartsWith(pattern[..^Everything.Length], StringComparison.Ordinal)
        : file == pattern;
}
