using System.Numerics;

namespace RobustVerify.Core.Networks.Activations;

/// <summary>A function of one number, applied to every element of a vector.</summary>
/// <remarks>
/// What an analysis must know to bound the function between two numbers is where it is convex, concave or linear
/// (<see cref="PieceAt"/>) and how far a computed value may be from the true one (<see cref="ValueError"/>).
/// A closed form for the points of a given slope (<see cref="CriticalPoint"/>) is only a shortcut.
/// </remarks>
public abstract class Activation
{
    /// <summary>One unit in the last place of a number near 1, relative: 2⁻⁵².</summary>
    protected const double Ulp = 2.220446049250313e-16;

    /// <summary>What is lost of a product with a factor that underflows, the others being below 10⁴ where that happens.</summary>
    protected const double Underflow = 1e4 * double.Epsilon;

    /// <summary>
    /// How far a function that is written out may be from the activation that it is taken for, as a part of
    /// max(1, |z|): a few units in the last place of float32, to which its constants are rounded.
    /// </summary>
    internal const double WrittenTolerance = 5e-7;

    /// <summary>Half a unit in the last place of a float32 number near 1: 2⁻²⁴.</summary>
    protected const double RoundoffSingle = 1.0 / (1 << 24);

    /// <summary>What is lost of a float32 number that underflows, whether to a subnormal number or to zero: 2⁻¹²⁶.</summary>
    protected const double UnderflowSingle = 1.17549435082229e-38;

    private Activation? derivative;
    private Piece[]? pieces;

    /// <summary>The name of the function, as papers and ONNX write it.</summary>
    public abstract string Name { get; }

    /// <summary>The derivative, itself such a function. At a kink, one of the one-sided derivatives.</summary>
    public Activation Derivative =>
        derivative ?? Interlocked.CompareExchange(ref derivative, CreateDerivative(), null) ?? derivative;

    /// <summary>The length after which the function repeats itself; infinite where it does not.</summary>
    public virtual double Period => double.PositiveInfinity;

    /// <summary>The value at a point, at infinity the limit.</summary>
    public abstract double Value(double z);

    /// <summary>The values at many points.</summary>
    /// <remarks>
    /// One by one: the vectorised elementary functions of .NET give an element another last digit at the end of a span than
    /// in its middle, and their tanh loses relative precision near zero.
    /// </remarks>
    public virtual void Evaluate<T>(ReadOnlySpan<T> z, Span<T> y)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        for (var i = 0; i < z.Length; i++) y[i] = T.CreateTruncating(Value(double.CreateTruncating(z[i])));
    }

    /// <summary>Whether the function has a value everywhere between two numbers.</summary>
    public virtual bool IsDefinedOn(double lower, double upper) => true;

    /// <summary>Whether the function is one line everywhere between two numbers; false, too, where nothing is known of its shape.</summary>
    public virtual bool IsLinearOn(double lower, double upper)
    {
        var piece = PieceAt(lower);
        return piece.Curvature == Curvature.Linear && upper <= piece.End && IsOf(piece, lower) && IsOf(piece, upper);

        // At a breakpoint the value may be that of the piece before.
        bool IsOf(in Piece part, double z) => Value(z) == part.Function.Value(z);
    }

    /// <summary>An upper bound of the distance between the computed value and the true one.</summary>
    /// <param name="z">The argument.</param>
    /// <param name="value">The value computed there.</param>
    /// <remarks>
    /// .NET does not say how exact its elementary functions are. The assumption made here is four units in the last
    /// place of each; the tests hold it against values computed with many digits.
    /// </remarks>
    public virtual double ValueError(double z, double value) => 8 * Ulp * Math.Abs(value) + double.Epsilon;

    /// <summary>
    /// An upper bound of the distance between the value at a float32 number and what runtimes compute there in float32;
    /// infinite where nothing is known.
    /// </summary>
    /// <param name="lower">The least argument.</param>
    /// <param name="upper">The largest argument.</param>
    /// <remarks>
    /// Runtimes promise nothing. What is stated is at least twice what ONNX Runtime 1.30 is off by at any of hundreds of
    /// thousands of numbers, as the tests hold, and covers rounding the exact value. Values beyond the largest float32
    /// number are the caller's business.
    /// </remarks>
    public virtual double Float32Error(double lower, double upper) => double.PositiveInfinity;

    /// <summary>The piece whose start is at or before a point and whose end is after it.</summary>
    /// <exception cref="NotSupportedException">Nothing is known of the function's shape.</exception>
    public virtual Piece PieceAt(double z)
    {
        var all = pieces ??= CreatePieces();
        var (low, high) = (0, all.Length - 1);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (all[middle].End <= z) low = middle + 1;
            else high = middle;
        }

        return all[low];
    }

    /// <summary>
    /// The point of a curved piece where the derivative is <paramref name="slope"/>, to rounding, where a formula for it
    /// exists; otherwise not a number. It guides a search that proves what it finds, so nothing relies on it.
    /// </summary>
    public virtual double CriticalPoint(double slope, in Piece piece) => double.NaN;

    /// <inheritdoc/>
    public override string ToString() => Name;

    /// <summary>The largest magnitude of a number between two.</summary>
    protected static double Largest(double lower, double upper) => Math.Max(Math.Abs(lower), Math.Abs(upper));

    /// <summary>How far from a breakpoint rounding to float32 can matter, by far.</summary>
    protected static double NearSingle(double breakpoint) => 64 * RoundoffSingle * (1 + Math.Abs(breakpoint));

    /// <summary>Creates the derivative.</summary>
    protected abstract Activation CreateDerivative();

    /// <summary>The pieces of a function that has finitely many, in order, from −∞ to ∞.</summary>
    protected abstract Piece[] CreatePieces();
}
