using EbpfCnf.Eng;
using Xunit.Sdk;

namespace EbpfCnf.Templates.Tests.Support;

/// <summary>What <c>eng -- setup</c> has made ready: Go, its modules, clang, kernels.</summary>
static class Toolbox
{
    static readonly Lazy<Toolchain> Loaded = new(Load);

    public static Toolchain Toolchain => Loaded.Value;

    /// <summary>Runs a program as a person does in a project's folder, with this toolchain in the path.</summary>
    public static Task<ToolResult> Run(
        string program,
        IEnumerable<string> arguments,
        string folder,
        TimeSpan timeout,
        IReadOnlyDictionary<string, string?>? environment = null)
    {
        Dictionary<string, string?> all = new(Toolchain.Environment);
        // The projects lie within this repository, whose revision says nothing about them. Without their paths in it, what is
        // the same in two of them is compiled once.
        all["GOFLAGS"] += " -buildvcs=false -trimpath";
        // No test may reach the cluster of the person who runs it.
        all["KUBECONFIG"] = "/dev/null";
        foreach (var (name, value) in environment ?? new Dictionary<string, string?>())
        {
            all[name] = value;
        }

        // env looks the program up in the path that it was given, where a new process would use that of these tests.
        return Tool.Run("env", [program, .. arguments], folder, timeout, all);
    }

    static Toolchain Load()
    {
        try
        {
            return Toolchain.Load(Repository.Tree);
        }
        catch (Problem problem)
        {
            throw new XunitException($"{problem.Message}; {problem.Remedy}");
        }
    }
}
