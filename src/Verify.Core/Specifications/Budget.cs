namespace RobustVerify.Core.Specifications;

/// <summary>How much work a property may cost.</summary>
/// <remarks>Work is counted, not timed, so that the same budget gives the same verdict on every machine.</remarks>
public sealed record Budget
{
    /// <summary>The budget where none is asked for.</summary>
    public static Budget Default { get; } = new();

    /// <summary>Starting points of the search for a counterexample.</summary>
    public int AttackRestarts { get; init; } = 20;

    /// <summary>Gradient steps from every starting point.</summary>
    public int AttackSteps { get; init; } = 50;

    /// <summary>
    /// Steps by which the slopes of linear bounds are optimised where the first bounds do not decide: so many for the neurons,
    /// twice as many for the property itself.
    /// </summary>
    public int SlopeIterations { get; init; } = 20;

    /// <summary>
    /// Parts that a property may be divided into where bounds alone do not decide it; 0 to leave it at the bounds. Unless set,
    /// as many as cost a few minutes: fewer, the larger the network.
    /// </summary>
    public int? Subproblems { get; init; }

    /// <summary>A limit in seconds, off unless set; where it ends a run, the result says so.</summary>
    public double? Seconds { get; init; }
}
