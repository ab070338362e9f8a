using RobustVerify.Core.Networks.Activations;

namespace RobustVerify.Core.Optimization;

/// <summary>A continuous function made of lines, one after the other.</summary>
/// <param name="Breakpoints">Where one ends and the next begins, increasing.</param>
/// <param name="Slopes">One more than breakpoints.</param>
/// <param name="Intercepts">The value of each line at zero.</param>
internal sealed record Lines(double[] Breakpoints, double[] Slopes, double[] Intercepts)
{
    private static readonly Lines OfReLU = new([0], [0, 1], [0, 0]);

    /// <summary>The lines of an activation, where it is made of such and does not jump.</summary>
    public static Lines? Of(Activation activation) => activation switch
    {
        ReLU => OfReLU,
        PiecewiseLinear function when Enumerable.Range(0, function.Breakpoints.Length).All(i => !function.JumpsAt(i)) =>
            new([.. function.Breakpoints], [.. function.Slopes], [.. function.Intercepts]),
        _ => null,
    };

    /// <summary>The line at a point; at a breakpoint, the one before it.</summary>
    public int At(double z)
    {
        var i = Array.BinarySearch(Breakpoints, z);
        return i < 0 ? ~i : i;
    }

    /// <summary>The line at a point; at a breakpoint, the one after it.</summary>
    public int From(double z)
    {
        var i = Array.BinarySearch(Breakpoints, z);
        return i < 0 ? ~i : i + 1;
    }

    /// <summary>Where a line begins and ends.</summary>
    public (double From, double To) Span(int line) =>
        (line == 0 ? double.NegativeInfinity : Breakpoints[line - 1], line == Breakpoints.Length ? double.PositiveInfinity : Breakpoints[line]);
}
