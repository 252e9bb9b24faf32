#if FULL_FEED
using System.Runtime.CompilerServices;
using System.Text;
using VerifyTests;
using VerifyXunit;

namespace EbpfCnf.Templates.Tests.Support;

/// <summary>The same snapshot files, through Verify.Xunit, on machines whose feed has it (property FullFeed).</summary>
static partial class Snapshot
{
    [ModuleInitializer]
    public static void Initialize()
    {
        EmptyFiles.FileExtensions.AddTextFileConvention(_ => true);
        VerifierSettings.UseSplitModeForUniqueDirectory();
        if (Accepting)
        {
            VerifierSettings.AutoVerify();
        }
    }

    public static async Task VerifyText(string name, string received) => await Verifier.Verify(received, Settings(name));

    public static async Task VerifyTree(string name, IReadOnlyDictionary<string, byte[]> files)
    {
        using TemporaryFolder folder = new();
        WriteTree(folder.Path, files.ToDictionary(file => StoredName(file.Key), file => Encoding.UTF8.GetString(file.Value)));
        await Verifier.VerifyDirectory(folder.Path, settings: Settings(name));
    }

    static VerifySettings Settings(string name)
    {
        VerifySettings settings = new();
        settings.UseDirectory(Repository.Snapshots);
        settings.UseFileName(name);
        settings.DisableRequireUniquePrefix();
        return settings;
    }
}
#endif
