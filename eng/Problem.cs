namespace EbpfCnf.Eng;

/// <summary>Something that the person at the keyboard can put right: what is wrong, and the remedy.</summary>
public sealed class Problem(string what, string remedy) : Exception(what)
{
    public string Remedy { get; } = remedy;
}
