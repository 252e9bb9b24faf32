namespace EbpfCnf.Eng.Demo;

sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("ebpf-cnf-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
