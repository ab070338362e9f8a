namespace RobustVerify.Core.Optimization;

/// <summary>How much work an optimum may cost, counted so that the result is the same on every machine.</summary>
public sealed record OptimizationBudget
{
    /// <summary>The budget where none is asked for.</summary>
    public static OptimizationBudget Default { get; } = new();

    /// <summary>Random inputs that the search for the optimum starts from.</summary>
    public int Starts { get; init; } = 32;

    /// <summary>Gradient steps from every start, before its linear program.</summary>
    public int Steps { get; init; } = 50;

    /// <summary>Nodes of the tree of every program of neighbouring linear pieces; fewer, where each is expensive.</summary>
    public int NeighbourhoodNodes { get; init; } = 200;

    /// <summary>How the optimum is looked for. For experiments: the default is what finds most.</summary>
    public OptimizationMethod Method { get; init; } = OptimizationMethod.Neighbourhoods;

    /// <summary>What the random inputs are drawn by.</summary>
    public ulong Seed { get; init; }

    /// <summary>Steps by which the slopes of linear bounds are optimised.</summary>
    public int SlopeIterations { get; init; } = 20;

    /// <summary>Parts that a proof may divide the region into; 0 for the limit that bounds alone give. Unless set, as many as cost some minutes.</summary>
    public int? Parts { get; init; }

    /// <summary>A limit in seconds, off unless set; what is known by then is the result.</summary>
    public double? Seconds { get; init; }
}

/// <summary>How an optimum is looked for.</summary>
public enum OptimizationMethod
{
    /// <summary>Gradient steps from every start, nothing else.</summary>
    Gradient,

    /// <summary>And the linear program of the piece that each ends on.</summary>
    Pieces,

    /// <summary>And the mixed-integer programs of the pieces that meet at the optimum of that one.</summary>
    Neighbourhoods,
}
