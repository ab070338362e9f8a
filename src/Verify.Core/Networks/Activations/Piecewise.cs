namespace RobustVerify.Core.Networks.Activations;

/// <summary>Functions that take turns along the line, with or without jumps between them.</summary>
/// <param name="name">Its name.</param>
/// <param name="breakpoints">Where one function ends and the next starts, increasing.</param>
/// <param name="parts">The functions, one more than breakpoints; at a breakpoint the value is that of the part before it.</param>
internal sealed class Piecewise(string name, double[] breakpoints, Activation[] parts) : Activation
{
    public override string Name => name;

    public override double Value(double z) => Part(z).Value(z);

    public override double ValueError(double z, double value) => Part(z).ValueError(z, value);

    // Rounding may put a number that is next to a breakpoint on its other side.
    public override double Float32Error(double lower, double upper)
    {
        var error = 0.0;
        for (var i = 0; i < parts.Length; i++)
        {
            var from = i == 0 ? lower : Math.Max(lower, breakpoints[i - 1] - NearSingle(breakpoints[i - 1]));
            var to = i == breakpoints.Length ? upper : Math.Min(upper, breakpoints[i] + NearSingle(breakpoints[i]));
            if (from <= to) error = Math.Max(error, parts[i].Float32Error(from, to));
        }

        return error;
    }

    protected override Activation CreateDerivative() =>
        new Piecewise(name + "'", breakpoints, Array.ConvertAll(parts, part => part.Derivative));

    protected override Piece[] CreatePieces()
    {
        var pieces = new List<Piece>();
        for (var i = 0; i < parts.Length; i++)
        {
            var start = i == 0 ? double.NegativeInfinity : breakpoints[i - 1];
            var end = i == breakpoints.Length ? double.PositiveInfinity : breakpoints[i];
            for (var z = start; z < end; z = pieces[^1].End)
            {
                var piece = parts[i].PieceAt(z);
                pieces.Add(piece with { Start = z, End = Math.Min(piece.End, end) });
            }
        }

        return [.. pieces];
    }

    private Activation Part(double z)
    {
        var i = 0;
        while (i < breakpoints.Length && z > breakpoints[i]) i++;
        return parts[i];
    }
}
