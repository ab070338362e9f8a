using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using RobustVerify.Core.Networks.LinearMaps;

namespace RobustVerify.Core.Networks.Activations;

/// <summary>Finitely many lines, one after the other, with or without jumps between them.</summary>
public sealed class PiecewiseLinear : Activation
{
    private readonly double[] breakpoints;
    private readonly double[] slopes;
    private readonly double[] intercepts;
    private readonly double[] atBreakpoints;
    private readonly bool onlySelects;
    private readonly Weights ends, constants, atEnds;
    private readonly bool[] flat, joined;

    /// <summary>Creates the function. The arrays are kept, not copied.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="breakpoints">Where one line ends and the next starts, increasing.</param>
    /// <param name="slopes">The slope of every line: one more than breakpoints.</param>
    /// <param name="intercepts">The value that every line has at zero: one more than breakpoints.</param>
    /// <param name="atBreakpoints">
    /// The value at every breakpoint, between the limits from both sides; when not given, the limit from below.
    /// </param>
    public PiecewiseLinear(string name, double[] breakpoints, double[] slopes, double[] intercepts, double[]? atBreakpoints = null)
    {
        if (slopes.Length != breakpoints.Length + 1 || intercepts.Length != slopes.Length)
            throw new ArgumentException($"{name}: {breakpoints.Length} breakpoints separate {breakpoints.Length + 1} lines, not {slopes.Length} slopes and {intercepts.Length} intercepts.");
        for (var i = 0; i < breakpoints.Length; i++)
        {
            if (!double.IsFinite(breakpoints[i]) || (i > 0 && breakpoints[i] <= breakpoints[i - 1]))
                throw new ArgumentException($"{name}: breakpoint {i} ({breakpoints[i]}) must be finite and larger than the one before it.", nameof(breakpoints));
        }

        if (slopes.Concat(intercepts).FirstOrDefault(value => !double.IsFinite(value), 0) is var bad and not 0)
            throw new ArgumentException($"{name}: a slope or an intercept is {bad}; it must be finite.");
        (Name, this.breakpoints, this.slopes, this.intercepts) = (name, breakpoints, slopes, intercepts);
        this.atBreakpoints = new double[breakpoints.Length];
        for (var i = 0; i < breakpoints.Length; i++)
        {
            var (left, right) = (Line(i, breakpoints[i]), Line(i + 1, breakpoints[i]));
            this.atBreakpoints[i] = atBreakpoints is null ? left : atBreakpoints[i];
            if (this.atBreakpoints[i] < Math.Min(left, right) || this.atBreakpoints[i] > Math.Max(left, right))
                throw new ArgumentException($"{name}: the value {atBreakpoints![i]} at {breakpoints[i]} is not between the limits {left} and {right}.", nameof(atBreakpoints));
        }

        (ends, constants, atEnds) = (new Weights(breakpoints), new Weights(intercepts), new Weights(this.atBreakpoints));
        // Where a flat line ends in its own value, that needs no look of its own.
        flat = Array.ConvertAll(slopes, slope => slope == 0);
        joined = [.. flat.Take(breakpoints.Length).Select((before, i) => before && this.atBreakpoints[i] == intercepts[i])];

        // Every value is a constant or the argument itself, and breakpoints are the same numbers in float32.
        onlySelects = breakpoints.All(b => (float)b == b)
            && slopes.Zip(intercepts).All(line => line is (0, _) or (1, 0));
    }

    /// <summary>0 up to zero, 1 after it: the derivative of ReLU.</summary>
    public static PiecewiseLinear Step { get; } = new("Step", [0], [0, 0], [0, 1]);

    /// <summary>−1, 0 or 1.</summary>
    public static PiecewiseLinear Sign { get; } = new("Sign", [0], [0, 0], [-1, 1], [0]);

    /// <summary>z between −1 and 1, those outside.</summary>
    public static PiecewiseLinear HardTanh { get; } = Clip(-1, 1);

    /// <inheritdoc/>
    public override string Name { get; }

    /// <summary>Where one line ends and the next starts.</summary>
    public ReadOnlySpan<double> Breakpoints => breakpoints;

    /// <summary>The slope of every line.</summary>
    public ReadOnlySpan<double> Slopes => slopes;

    /// <summary>The value that every line has at zero.</summary>
    public ReadOnlySpan<double> Intercepts => intercepts;

    /// <summary>z between two numbers, those outside. Either may be infinite.</summary>
    public static PiecewiseLinear Clip(double low, double high)
    {
        if (!(low < high)) throw new ArgumentException($"Clip: the lower end {low} is not below the upper end {high}.");
        var name = $"Clip({low}, {high})";
        return (double.IsFinite(low), double.IsFinite(high)) switch
        {
            (true, true) => new(name, [low, high], [0, 1, 0], [low, 0, high]),
            (true, false) => new(name, [low], [0, 1], [low, 0]),
            (false, true) => new(name, [high], [1, 0], [0, high]),
            _ => new(name, [], [1], [0]),
        };
    }

    /// <summary>αz + β between 0 and 1, those outside; α &gt; 0.</summary>
    public static PiecewiseLinear HardSigmoid(double alpha, double beta)
    {
        if (!(alpha > 0)) throw new ArgumentException($"HardSigmoid: alpha must be positive, not {alpha}.", nameof(alpha));
        return new($"HardSigmoid({alpha}, {beta})", [-beta / alpha, (1 - beta) / alpha], [0, alpha, 0], [0, beta, 1]);
    }

    /// <summary>z above a threshold, 0 up to it.</summary>
    public static PiecewiseLinear ThresholdedReLU(double threshold) =>
        new($"ThresholdedReLU({threshold})", [threshold], [0, 1], [0, 0], [0]);

    /// <summary>z for positive z, αz for negative z.</summary>
    public static PiecewiseLinear LeakyReLU(double alpha) => new($"LeakyReLU({alpha})", [0], [alpha, 1], [0, 0]);

    /// <inheritdoc/>
    public override double Value(double z)
    {
        var i = LineAt(z);
        return i < breakpoints.Length && z == breakpoints[i] ? atBreakpoints[i] : Line(i, z);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override unsafe void Evaluate<T>(ReadOnlySpan<T> z, Span<T> y)
    {
        if (!onlySelects)
        {
            base.Evaluate(z, y);
            return;
        }

        var i = 0;
        fixed (T* from = z, to = y, end = ends.As<T>(), constant = constants.As<T>(), atEnd = atEnds.As<T>())
        fixed (bool* isFlat = flat, isJoined = joined)
        {
            for (; i <= z.Length - Vector512<T>.Count; i += Vector512<T>.Count)
            {
                var x = Vector512.Load(from + i);
                var value = isFlat[0] ? Vector512.Create(constant[0]) : x;
                for (var k = 0; k < breakpoints.Length; k++)
                {
                    var at = isJoined[k] ? value : Vector512.ConditionalSelect(Vector512.Equals(x, Vector512.Create(end[k])), Vector512.Create(atEnd[k]), value);
                    value = Vector512.ConditionalSelect(Vector512.GreaterThan(x, Vector512.Create(end[k])), isFlat[k + 1] ? Vector512.Create(constant[k + 1]) : x, at);
                }

                value.Store(to + i);
            }
        }

        base.Evaluate(z[i..], y[i..]);
    }

    /// <inheritdoc/>
    public override double ValueError(double z, double value)
    {
        var i = LineAt(z);
        return slopes[i] == 0 || (slopes[i] == 1 && intercepts[i] == 0)
            ? 0
            : 2 * Ulp * (Math.Abs(slopes[i] * z) + Math.Abs(intercepts[i])) + double.Epsilon;
    }

    /// <inheritdoc/>
    public override double Float32Error(double lower, double upper)
    {
        var error = 0.0;
        for (var i = 0; i < slopes.Length; i++)
        {
            // Rounding may put a number that is next to a breakpoint on its other side; but where there is a jump, at a
            // float32 number, runtimes only compare.
            var from = i == 0 ? lower : Math.Max(lower, breakpoints[i - 1] - NearSingle(breakpoints[i - 1]));
            var to = i == breakpoints.Length ? upper : Math.Min(upper, breakpoints[i] + NearSingle(breakpoints[i]));
            if (!(from <= to)) continue;
            if (i > 0 && JumpsAt(i - 1) && (float)breakpoints[i - 1] != breakpoints[i - 1]) return double.PositiveInfinity;
            if (slopes[i] == 0 || (slopes[i] == 1 && intercepts[i] == 0)) continue;
            error = Math.Max(error, 4 * RoundoffSingle * (Math.Abs(slopes[i]) * Largest(from, to) + Math.Abs(intercepts[i])) + UnderflowSingle);
        }

        return error;
    }

    /// <summary>Whether the limits from both sides of a breakpoint differ.</summary>
    internal bool JumpsAt(int breakpoint)
    {
        var (left, right) = (Line(breakpoint, breakpoints[breakpoint]), Line(breakpoint + 1, breakpoints[breakpoint]));
        return Math.Abs(left - right) > 8 * Ulp * (Math.Abs(slopes[breakpoint] * breakpoints[breakpoint]) + Math.Abs(intercepts[breakpoint]) + Math.Abs(intercepts[breakpoint + 1]));
    }

    /// <inheritdoc/>
    protected override Activation CreateDerivative() => new PiecewiseLinear(Name + "'", breakpoints, new double[slopes.Length], slopes);

    /// <inheritdoc/>
    protected override Piece[] CreatePieces()
    {
        var pieces = new Piece[slopes.Length];
        for (var i = 0; i < pieces.Length; i++)
        {
            pieces[i] = new(
                i == 0 ? double.NegativeInfinity : breakpoints[i - 1],
                i == breakpoints.Length ? double.PositiveInfinity : breakpoints[i],
                Curvature.Linear,
                new Quadratic(intercepts[i], slopes[i], 0));
        }

        return pieces;
    }

    /// <summary>The line at a point; at a breakpoint, the one before it.</summary>
    private int LineAt(double z)
    {
        var i = Array.BinarySearch(breakpoints, z);
        return i < 0 ? ~i : i;
    }

    // A zero slope must not meet an infinite argument.
    private double Line(int i, double z) => slopes[i] == 0 ? intercepts[i] : Math.FusedMultiplyAdd(slopes[i], z, intercepts[i]);
}
