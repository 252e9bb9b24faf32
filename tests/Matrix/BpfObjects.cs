namespace EbpfCnf.Templates.Tests.Matrix;

/// <summary>What bpf2go makes of a project's programs, by architecture.</summary>
sealed class BpfObjects(IReadOnlyDictionary<string, byte[]> objects)
{
    const int BpfMachine = 247;

    // bpf2go names its files after the processor's name in the kernel.
    static readonly Dictionary<string, string> KernelNames = new() { ["amd64"] = "x86", ["arm64"] = "arm64" };

    /// <summary>Where programs read registers the objects differ, and the wrong one would read the wrong registers.</summary>
    public bool Differ { get; } = objects.Values.Select(Convert.ToHexString).Distinct().Count() > 1;

    public static async Task<BpfObjects> Of(ProjectFolder folder)
    {
        await folder.Generate();
        return new(KernelNames.ToDictionary(
            name => name.Key,
            name => File.ReadAllBytes(Path.Combine(folder.Path, "internal", "datapath", $"bpf_{name.Value}_bpfel.o"))));
    }

    public void MustBeIn(byte[] binary, string architecture)
    {
        Assert.All(objects.Values, bytes => Assert.Equal(BpfMachine, BitConverter.ToUInt16(bytes, 18)));
        Assert.True(binary.AsSpan().IndexOf(objects[architecture]) >= 0, $"The {architecture} binary lacks the {architecture} object.");
        if (Differ)
        {
            var foreign = objects.Single(name => name.Key != architecture).Value;
            Assert.True(binary.AsSpan().IndexOf(foreign) < 0, $"The {architecture} binary carries the other architecture's object.");
        }
    }
}
