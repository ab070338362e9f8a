namespace RobustVerify.Core.Networks.Activations;

/// <summary>sin(z + q·π/2): sine, cosine, and their negatives.</summary>
public sealed class Sine : Activation
{
    private static readonly Sine[] Quarters = [new(0, "Sin"), new(1, "Cos"), new(2, "-Sin"), new(3, "-Cos")];

    private readonly int quarter;

    private Sine(int quarter, string name) => (this.quarter, Name) = (quarter, name);

    /// <summary>sin z.</summary>
    public static Sine Sin => Quarters[0];

    /// <summary>cos z.</summary>
    public static Sine Cos => Quarters[1];

    /// <inheritdoc/>
    public override string Name { get; }

    /// <inheritdoc/>
    public override double Period => 2 * Math.PI;

    /// <inheritdoc/>
    public override double Value(double z) => quarter switch
    {
        0 => Math.Sin(z),
        1 => Math.Cos(z),
        2 => -Math.Sin(z),
        _ => -Math.Cos(z),
    };

    /// <inheritdoc/>
    /// <remarks>
    /// Far from zero the ends of the pieces are off by the spacing of numbers there; within that stretch the function is
    /// off its assumed shape by at most the cube of it.
    /// </remarks>
    public override double ValueError(double z, double value)
    {
        var spacing = 4 * Ulp * Math.Abs(z);
        return 8 * Ulp * Math.Abs(value) + spacing * spacing * spacing + double.Epsilon;
    }

    /// <inheritdoc/>
    public override Piece PieceAt(double z)
    {
        var k = Math.Floor(z / Math.PI + quarter * 0.5);
        double End(double k) => (k - quarter * 0.5) * Math.PI;

        // The division may round across an end.
        if (End(k) > z) k--;
        else if (End(k + 1) <= z) k++;
        return new(Math.Min(End(k), z), Math.Max(End(k + 1), Math.BitIncrement(z)), k % 2 == 0 ? Curvature.Concave : Curvature.Convex, this);
    }

    /// <inheritdoc/>
    public override double Float32Error(double lower, double upper) => 8 * RoundoffSingle;

    /// <inheritdoc/>
    public override double CriticalPoint(double slope, in Piece piece) =>
        piece.Start + Math.Acos(piece.Curvature == Curvature.Concave ? slope : -slope);

    /// <inheritdoc/>
    protected override Activation CreateDerivative() => Quarters[(quarter + 1) % 4];

    /// <inheritdoc/>
    protected override Piece[] CreatePieces() => throw new NotSupportedException($"{Name} has infinitely many pieces.");
}
