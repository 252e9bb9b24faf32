using System.Diagnostics;
using System.Globalization;
using EbpfCnf.Eng.Processes;

namespace EbpfCnf.Eng.Commands;

/// <summary>Measures how long `dotnet new` takes for a whole project, beside the SDK's smallest one, in turns and in the same hive.</summary>
sealed class BenchScaffolding(string hive, string folder)
{
    public async Task<Figure> Measure(int rounds, CancellationToken cancellation)
    {
        List<double> ours = [];
        List<double> theirs = [];
        // The first one only warms up.
        for (var round = 0; round <= rounds; round++)
        {
            var project = Path.Combine(folder, $"scaffolding-{round}");
            var ourTime = await Time(["ebpf-cnf", "-o", $"{project}-ours"], cancellation);
            var theirTime = await Time(["console", "--no-restore", "-o", $"{project}-console"], cancellation);
            if (round > 0)
            {
                ours.Add(ourTime);
                theirs.Add(theirTime);
            }
        }

        return Compare(Median(ours), Median(theirs));
    }

    static Figure Compare(double ours, double theirs) => new(
        "`dotnet new ebpf-cnf` beside `dotnet new console --no-restore`",
        string.Create(CultureInfo.InvariantCulture, $"{ours:0.00} s beside {theirs:0.00} s: {ours / theirs:0.00}x"),
        "1.3x");

    async Task<double> Time(string[] arguments, CancellationToken cancellation)
    {
        var clock = Stopwatch.StartNew();
        await Programs.Dotnet(["new", .. arguments, "--no-update-check", "--debug:custom-hive", hive]).Capture(TimeSpan.FromMinutes(1), cancellation);
        return clock.Elapsed.TotalSeconds;
    }

    static double Median(List<double> times) => times.Order().ElementAt(times.Count / 2);
}
