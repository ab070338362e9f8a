namespace RobustVerify.Core.Lipschitz;

/// <summary>How much work a Lipschitz constant may cost, counted so that the result is the same on every machine.</summary>
public sealed record LipschitzBudget
{
    /// <summary>The budget where none is asked for.</summary>
    public static LipschitzBudget Default { get; } = new();

    /// <summary>The budget of a search for the exact constant: some minutes for a small network.</summary>
    public static LipschitzBudget Exact { get; } = new() { Parts = 1_000_000 };

    /// <summary>Random inputs that the search for a steep one begins with.</summary>
    public int Samples { get; init; } = 1024;

    /// <summary>Rounds of steps from the steepest of them.</summary>
    public int Steps { get; init; } = 100;

    /// <summary>Parts that a search for the exact constant may bound; 0 for none.</summary>
    public int Parts { get; init; } = 200;

    /// <summary>How often slopes are divided, for an l2 bound.</summary>
    public int Divisions { get; init; } = 8;

    /// <summary>
    /// The part of the constant that a search over inputs leaves between the bounds, for networks whose constant no search finds exactly.
    /// </summary>
    public double Tolerance { get; init; } = 1e-3;

    /// <summary>A limit in seconds, off unless set.</summary>
    public double? Seconds { get; init; }
}
