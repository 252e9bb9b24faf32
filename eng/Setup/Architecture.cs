using System.Runtime.InteropServices;

namespace EbpfCnf.Eng.Setup;

static class Architecture
{
    /// <summary>Debian's name for this machine's architecture, which is also Go's.</summary>
    public static string Debian => RuntimeInformation.OSArchitecture switch
    {
        System.Runtime.InteropServices.Architecture.X64 => "amd64",
        System.Runtime.InteropServices.Architecture.Arm64 => "arm64",
        var other => throw new Problem($"no toolchain for {other}", "use an amd64 or arm64 machine"),
    };
}
