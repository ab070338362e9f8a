namespace RobustVerify.Core.Networks.Activations;

/// <summary>The largest integer that is not above z: a staircase that climbs one step in every unit.</summary>
public sealed class Floor : Activation
{
    private Floor()
    {
    }

    /// <summary>The function.</summary>
    public static Floor Instance { get; } = new();

    /// <inheritdoc/>
    public override string Name => "Floor";

    /// <inheritdoc/>
    public override double Period => 1;

    /// <inheritdoc/>
    public override double Drift => 1;

    /// <inheritdoc/>
    public override double Value(double z) => Math.Floor(z);

    /// <inheritdoc/>
    public override double ValueError(double z, double value) => 0;

    /// <inheritdoc/>
    public override Piece PieceAt(double z)
    {
        var step = Math.Floor(z);

        // Beyond 2⁵³ neighbouring numbers are whole, and a step ends at the next of them.
        return new(step, Math.Max(step + 1, Math.BitIncrement(step)), Curvature.Linear, new Quadratic(step, 0, 0));
    }

    /// <inheritdoc/>
    protected override Activation CreateDerivative() => new Quadratic(0, 0, 0);

    /// <inheritdoc/>
    protected override Piece[] CreatePieces() => throw new NotSupportedException("A staircase has no finite number of steps.");
}
