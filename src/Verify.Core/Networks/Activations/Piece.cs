namespace RobustVerify.Core.Networks.Activations;

/// <summary>Which way a function bends.</summary>
public enum Curvature
{
    /// <summary>Not at all.</summary>
    Linear,

    /// <summary>Its chords lie above it.</summary>
    Convex,

    /// <summary>Its chords lie below it.</summary>
    Concave,
}

/// <summary>An interval on which an activation is smooth and bends one way.</summary>
/// <param name="Start">Where it starts.</param>
/// <param name="End">Where it ends; the next piece starts there.</param>
/// <param name="Curvature">Which way the function bends.</param>
/// <param name="Function">
/// The smooth function that the activation equals between the ends. At an end it has the one-sided limit, so a jump is
/// seen from both sides.
/// </param>
public readonly record struct Piece(double Start, double End, Curvature Curvature, Activation Function)
{
    /// <summary>The one piece of a function that bends one way everywhere.</summary>
    public static Piece[] Whole(Activation function, Curvature curvature) =>
        [new(double.NegativeInfinity, double.PositiveInfinity, curvature, function)];

    /// <summary>The pieces of a smooth function that bends the other way after each of the given points.</summary>
    public static Piece[] Alternating(Activation function, Curvature first, params ReadOnlySpan<double> inflections)
    {
        var pieces = new Piece[inflections.Length + 1];
        for (var i = 0; i < pieces.Length; i++)
        {
            pieces[i] = new(
                i == 0 ? double.NegativeInfinity : inflections[i - 1],
                i == inflections.Length ? double.PositiveInfinity : inflections[i],
                (i % 2 == 0) == (first == Curvature.Convex) ? Curvature.Convex : Curvature.Concave,
                function);
        }

        return pieces;
    }

    /// <summary>
    /// The pieces of a smooth function whose inflection points all lie within <paramref name="radius"/> of zero, found as
    /// the changes of sign of its second derivative on a grid of 1/512 of the radius, each then bisected.
    /// </summary>
    /// <remarks>
    /// An inflection point that is off by rounding (w) leaves a stretch of that width where the function bends the other
    /// way, by w²·|f″| ≤ w³·|f‴|: far below the rounding of the values.
    /// </remarks>
    public static Piece[] Search(Activation function, double radius)
    {
        const int Steps = 1024;
        var second = function.Derivative.Derivative;
        var inflections = new List<double>();

        // Steps that straddle zero, so that an odd function's root at zero is the middle of one and found exactly.
        double At(int i) => radius * (2 * i + 1 - Steps) / (Steps - 1);
        for (var i = 0; i + 1 < Steps; i++)
        {
            var (from, to) = (At(i), At(i + 1));
            var sign = Math.Sign(second.Value(from));
            if (sign * Math.Sign(second.Value(to)) >= 0) continue;
            for (var middle = (from + to) / 2; from < middle && middle < to; middle = (from + to) / 2)
            {
                var here = Math.Sign(second.Value(middle));
                if (here == 0) from = to = middle;
                else if (here == sign) from = middle;
                else to = middle;
            }

            inflections.Add(to);
        }

        return Alternating(function, second.Value(-radius) > 0 ? Curvature.Convex : Curvature.Concave, inflections.ToArray());
    }
}
