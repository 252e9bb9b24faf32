using EbpfCnf.Templates.Tests.Deployment;

namespace EbpfCnf.Templates.Tests.Matrix;

/// <summary>Tests that keep every core busy run one after the other, and not beside the quick ones.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class WholeMachine : ICollectionFixture<Images>
{
    public const string Name = "Whole machine";
}
