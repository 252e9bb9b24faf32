using System.Diagnostics;

namespace EbpfCnf.Eng;

/// <summary>Tells what is going on and how long it took, one line at a time, so that a log file reads as well as a terminal.</summary>
public sealed class Progress(TextWriter output)
{
    readonly Lock gate = new();

    public void Say(string line = "")
    {
        lock (gate)
        {
            output.WriteLine(line);
        }
    }

    public void Detail(string line) => Say($"     {line}");

    /// <summary>Reports what an earlier run has left ready.</summary>
    public void Ready(string what) => Say($" ok  {what}");

    public async Task<T> Step<T>(string what, Func<Task<T>> work)
    {
        Say($"...  {what}");
        var clock = Stopwatch.StartNew();
        var result = await work();
        Say($" ok  {what} ({Duration.Text(clock.Elapsed)})");
        return result;
    }

    public Task Step(string what, Func<Task> work) => Step(what, async () =>
    {
        await work();
        return true;
    });
}

public static class Duration
{
    public static string Text(TimeSpan time) => time.TotalSeconds < 60
        ? FormattableString.Invariant($"{time.TotalSeconds:0.0} s")
        : FormattableString.Invariant($"{(int)time.TotalMinutes} min {time.Seconds} s");
}
