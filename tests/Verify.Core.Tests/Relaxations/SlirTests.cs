using RobustVerify.Core.Networks.Activations;
using RobustVerify.Core.Relaxations;
using RobustVerify.Core.Tests.Networks.Activations;
using static RobustVerify.Core.Tests.Networks.Activations.ActivationTable;

namespace RobustVerify.Core.Tests.Relaxations;

public class SlirTests
{
    [Theory]
    [MemberData(nameof(Derivatives), MemberType = typeof(ActivationTable))]
    public void No_point_lies_outside_a_shifted_line_and_the_line_touches(int row, string name, int order)
    {
        var activation = Derivative(row, order);
        var random = new Random(100 * row + order);
        for (var trial = 0; trial < 200; trial++)
        {
            var (lower, upper) = Interval(At(row), activation, random);
            var range = Slir.SlopeRange(activation, lower, upper);
            Assert.True(range.Lower <= range.Upper, $"{name}: {range}");
            var slope = range.Lower + random.NextDouble() * Math.Min(range.Upper - range.Lower, 1e6);
            if (trial % 5 == 0) slope += random.NextDouble() - 0.5;
            var above = Slir.UpperShift(activation, lower, upper, slope);
            var below = Slir.LowerShift(activation, lower, upper, slope);
            var size = 0.0;
            foreach (var z in Samples(activation, lower, upper, above.Contact, below.Contact))
            {
                var value = activation.Value(z);
                var height = Math.FusedMultiplyAdd(-slope, z, value);
                var error = activation.ValueError(z, value);
                size = Math.Max(size, Math.Abs(value) + Math.Abs(slope * z));
                Assert.True(height - error <= above.Offset, $"{name}, derivative {order}, on [{lower:R}, {upper:R}]: {slope:R}·z + {above.Offset:R} is below the function by {height - above.Offset:E2} at {z:R}.");
                Assert.True(height + error >= below.Offset, $"{name}, derivative {order}, on [{lower:R}, {upper:R}]: {slope:R}·z + {below.Offset:R} is above the function by {below.Offset - height:E2} at {z:R}.");
            }

            Touches(above, 1);
            Touches(below, -1);

            void Touches(Shift shift, int side)
            {
                Assert.InRange(shift.Contact, lower, upper);

                // At a jump the line touches a limit, which the value need not be.
                var limits = new[] { activation.Value(shift.Contact), Limit(Math.BitDecrement(shift.Contact)), Limit(shift.Contact) };
                var gap = limits.Min(value => side * (slope * shift.Contact + shift.Offset - value));
                Assert.True(gap <= 1e-11 * size + 1e-14, $"{name}, derivative {order}, on [{lower:R}, {upper:R}]: the line {slope:R}·z + {shift.Offset:R} is {gap:E2} off at {shift.Contact:R}.");
            }

            double Limit(double z) => activation.PieceAt(z).Function.Value(z);
        }
    }

    [Theory]
    [MemberData(nameof(Derivatives), MemberType = typeof(ActivationTable))]
    public void A_guess_of_the_contact_changes_no_line(int row, string name, int order)
    {
        var activation = Derivative(row, order);
        var random = new Random(100 * row + order);
        for (var trial = 0; trial < 100; trial++)
        {
            var (lower, upper) = Interval(At(row), activation, random);
            if (!double.IsFinite(upper - lower)) continue;
            var range = Slir.SlopeRange(activation, lower, upper);
            var slope = range.Lower + random.NextDouble() * Math.Min(range.Upper - range.Lower, 1e6);
            foreach (var side in (ReadOnlySpan<int>)[-1, 1])
            {
                var exact = Slir.Touch(activation, lower, upper, slope, side);
                var size = Math.Abs(activation.Value(exact.Contact)) + Math.Abs(slope) * (Math.Abs(exact.Contact) + 1) + Math.Abs(exact.Offset);
                foreach (var guess in (ReadOnlySpan<double>)[lower, upper, exact.Contact, lower + random.NextDouble() * (upper - lower)])
                {
                    var shift = Slir.Touch(activation, lower, upper, slope, side, guess);
                    Assert.True(Math.Abs(shift.Offset - exact.Offset) <= 1e-11 * size + 1e-14, $"{name}, derivative {order}, on [{lower:R}, {upper:R}], slope {slope:R}, guess {guess:R}: {shift} is not {exact}.");
                }
            }
        }
    }

    /// <summary>Where the second derivative is at most C, a function exceeds the larger end of a cell of width d by at most Cd²/8.</summary>
    [Theory]
    [MemberData(nameof(Rows), MemberType = typeof(ActivationTable))]
    public void The_whole_line_is_outside_not_only_samples(int row, string name)
    {
        var (activation, bend) = (At(row).Activation, At(row).Bend);
        if (double.IsInfinity(bend)) return;
        var random = new Random(row);
        for (var trial = 0; trial < 10; trial++)
        {
            var (lower, upper) = Interval(At(row), activation, random);
            var slopes = Slir.SlopeRange(activation, lower, upper);
            var slope = slopes.Lower + random.NextDouble() * (slopes.Upper - slopes.Lower);
            var (above, below) = (Slir.UpperShift(activation, lower, upper, slope), Slir.LowerShift(activation, lower, upper, slope));
            const int Cells = 4_000;
            var between = bend * Math.Pow((upper - lower) / Cells, 2) / 8;
            var (highest, lowest, size) = (double.NegativeInfinity, double.PositiveInfinity, 0.0);
            for (var i = 0; i <= Cells; i++)
            {
                var z = Math.Min(lower + (upper - lower) * i / Cells, upper);
                var height = activation.Value(z) - slope * z;
                (highest, lowest) = (Math.Max(highest, height), Math.Min(lowest, height));
                size = Math.Max(size, Math.Abs(activation.Value(z)) + Math.Abs(slope * z));
            }

            // The true maximum is at least the largest sample, and at most that plus what fits between samples.
            Assert.InRange(above.Offset, highest - 1e-15 * size, highest + between + 1e-11 * size);
            Assert.True(below.Offset <= lowest + 1e-15 * size && below.Offset >= lowest - between - 1e-11 * size, $"{name} on [{lower:R}, {upper:R}], slope {slope:R}: {below} is not the minimum {lowest}.");
        }
    }

    [Theory]
    [InlineData("Tanh", -1, 1, double.NaN, 0.081741508293, 0.53378390, -0.081741508293, -0.53378390)]
    [InlineData("Tanh", -1, 1, 0.5, 0.266419987677, 0.88137358, -0.266419987677, -0.88137358)]
    [InlineData("Tanh", -1, 1, 0, 0.761594155956, 1, -0.761594155956, -1)]
    [InlineData("Tanh", -2, 1, double.NaN, 0.204046069343, 0.77835459, -0.204046069343, -0.77835459)]
    [InlineData("Tanh", 0.5, 2, double.NaN, 0.432966286649, 1.1438794, 0.294813682988, double.NaN)]
    [InlineData("Sigmoid", -4, 4, double.NaN, 0.641251362505, 1.81409697, 0.358748637495, -1.81409697)]
    [InlineData("Gelu", -3, 3, 0.5, 1.495950305905, double.NaN, 0, 0)]
    [InlineData("Gelu", -1, 1, 0.5, 0.341344746069, double.NaN, 0, 0)]
    [InlineData("Gelu", -2, 0.5, double.NaN, 0.267484931730, 0.5, -0.076483213678, -0.46183384)]
    [InlineData("Silu", -5, 5, 0.5, 2.466535745379, double.NaN, 0, 0)]
    [InlineData("Silu", -2, 1, double.NaN, 0.407903771072, 1, -0.031610176327, -0.36140642)]
    [InlineData("Mish", -4, 2, double.NaN, 1.271775392759, double.NaN, -0.054590663989, -0.41934907)]
    [InlineData("Atan", -2, 3, double.NaN, 0.315003036212, 1.05927613, -0.315003036212, -1.05927613)]
    [InlineData("Atan", -2, 3, 0.5, 0.285398163397, 1, -0.285398163397, -1)]
    [InlineData("Softplus", -2, 2, 0.5, 1.126928011043, double.NaN, 0.693147180560, 0)]
    [InlineData("Sin", 0, 6, double.NaN, 1.074235349975, 1.61738244, -0.781632124494, 4.66580287)]
    public void Offsets_and_contacts_are_the_known_ones(
        string name, double lower, double upper, double slope, double above, double aboveAt, double below, double belowAt)
    {
        var activation = Named(name);
        if (double.IsNaN(slope)) slope = (activation.Value(upper) - activation.Value(lower)) / (upper - lower);
        var (up, down) = (Slir.UpperShift(activation, lower, upper, slope), Slir.LowerShift(activation, lower, upper, slope));
        Assert.Equal(above, up.Offset, 2e-12);
        Assert.Equal(below, down.Offset, 2e-12);

        // Not a number: a chord, touching at both ends.
        Assert.Equal(double.IsNaN(aboveAt) ? (up.Contact < 0 ? lower : upper) : aboveAt, up.Contact, 1e-6);
        Assert.Equal(double.IsNaN(belowAt) ? (down.Contact < 1 ? lower : upper) : belowAt, down.Contact, 1e-6);
    }

    [Theory]
    [MemberData(nameof(Derivatives), MemberType = typeof(ActivationTable))]
    public void A_formula_for_the_contact_point_and_a_search_agree(int row, string name, int order)
    {
        var activation = Derivative(row, order);
        if (!double.IsPositiveInfinity(activation.Period)) return;
        var searched = new WithoutFormula(activation);
        var random = new Random(row);
        for (var trial = 0; trial < 50; trial++)
        {
            var (lower, upper) = Interval(At(row), activation, random);
            var slopes = Slir.SlopeRange(activation, lower, upper);
            var slope = slopes.Lower + random.NextDouble() * Math.Min(slopes.Upper - slopes.Lower, 1e6);
            var (formula, search) = (Slir.UpperShift(activation, lower, upper, slope), Slir.UpperShift(searched, lower, upper, slope));
            var size = Math.Abs(formula.Offset) + Math.Abs(slope) * Math.Max(-lower, upper) + Math.Abs(activation.Value(formula.Contact));
            Assert.True(Math.Abs(formula.Offset - search.Offset) <= 1e-12 * size + 1e-300, $"{name}, derivative {order}, on [{lower:R}, {upper:R}], slope {slope:R}: {formula} and {search}.");
        }
    }

    [Theory]
    [InlineData(-1000, 10_000, 0.25)]
    [InlineData(-1000, 10_000, -0.001)]
    [InlineData(-20, 30, 0)]
    [InlineData(5, 200, 1.5)]
    public void Many_periods_are_as_tight_as_few(double lower, double upper, double slope)
    {
        foreach (var activation in new[] { Sine.Sin, Sine.Cos })
        {
            var (above, below) = (Slir.UpperShift(activation, lower, upper, slope), Slir.LowerShift(activation, lower, upper, slope));
            var (highest, lowest) = (double.NegativeInfinity, double.PositiveInfinity);
            for (var z = lower; z <= upper; z += 1e-3)
            {
                highest = Math.Max(highest, activation.Value(z) - slope * z);
                lowest = Math.Min(lowest, activation.Value(z) - slope * z);
            }

            Assert.InRange(above.Offset, highest - 1e-12, highest + 2e-3);
            Assert.InRange(below.Offset, lowest - 2e-3, lowest + 1e-12);
        }
    }

    [Theory]
    [MemberData(nameof(Derivatives), MemberType = typeof(ActivationTable))]
    public void Extreme_intervals_are_bounded_too(int row, string name, int order)
    {
        var activation = Derivative(row, order);
        var intervals = new[]
        {
            (1.0, 1.0), (0.0, 0.0), (-2.0, -2.0), (1, Math.BitIncrement(1)), (-1e-300, 1e-300), (-1e-9, 1e-9), (1e-5, 1e8), (-1e8, -1e-5),
            (-1e6, 1e6), (0, 1e150), (-1e300, 1e300), (-745, 745), (double.MinValue, double.MaxValue),
            (0, double.PositiveInfinity), (double.NegativeInfinity, 0), (double.NegativeInfinity, double.PositiveInfinity),
        };
        foreach (var (lower, upper) in intervals)
        {
            if (!activation.IsDefinedOn(lower, upper)) continue;
            var range = Slir.Range(activation, lower, upper);
            var (below, above) = Relaxation.MinimumArea(activation, lower, upper);
            var slopes = Slir.SlopeRange(activation, lower, upper);
            Assert.True(range.Lower <= range.Upper && slopes.Lower <= slopes.Upper, $"{name} on [{lower}, {upper}]: {range} {slopes}");
            foreach (var z in Samples(activation, Math.Max(lower, double.MinValue), Math.Min(upper, double.MaxValue), 1, -1))
            {
                var value = activation.Value(z);
                if (!double.IsFinite(value)) continue;
                var error = activation.ValueError(z, value);
                Assert.True(range.Lower <= value + error && value - error <= range.Upper, $"{name}, derivative {order}, on [{lower:R}, {upper:R}]: {value:R} at {z:R} is not in {range}.");
                var (low, high) = (Math.FusedMultiplyAdd(-below.Slope, z, value), Math.FusedMultiplyAdd(-above.Slope, z, value));
                Assert.True(low + error >= below.Offset && high - error <= above.Offset, $"{name}, derivative {order}, on [{lower:R}, {upper:R}]: {value:R} at {z:R} is not between {below} and {above}.");
            }

            if (lower == upper && activation.PieceAt(lower).Start < lower)
                Assert.True(range.Upper - range.Lower <= 1e-13 * (1 + Math.Abs(range.Upper)), $"{name}, derivative {order}, at {lower}: {range}");
        }
    }

    [Fact]
    public void A_derivative_that_overflows_does_not_make_a_chord_of_a_convex_function_a_line_below_it()
    {
        // 0.75/√z, whose derivative is −0.375·z^(−3/2): more than double holds before the factor is applied.
        var function = Power.Of(1.5).Derivative.Derivative;
        var (lower, upper) = (2.270023550460819e-206, 2.2700258204843694e-206);
        var slope = (function.Value(upper) - function.Value(lower)) / (upper - lower);
        var offset = Slir.LowerShift(function, lower, upper, slope).Offset;
        var middle = lower / 2 + upper / 2;
        Assert.True(Math.FusedMultiplyAdd(slope, middle, offset) <= function.Value(middle));
    }

    [Fact]
    public void Whole_line_ranges_are_those_of_the_functions()
    {
        var (negative, positive) = (double.NegativeInfinity, double.PositiveInfinity);
        Within((-1, 1), Slir.Range(Tanh.Instance, negative, positive));
        Within((0, 1), Slir.Range(Sigmoid.Instance, negative, positive));
        Within((-1, 1), Slir.Range(Sine.Cos, negative, positive));
        Within((0, positive), Slir.Range(Exp.Instance, negative, positive));
        Within((-0.278464542761, positive), Slir.Range(SigmoidGate.Silu, negative, positive));
        Within((0, 0.25), Slir.Range(Sigmoid.Instance.Derivative, negative, positive));
        Within((-1, 1), Slir.Range(PiecewiseLinear.Sign, negative, positive));

        static void Within((double Lower, double Upper) expected, (double Lower, double Upper) actual)
        {
            Assert.Equal(expected.Lower, actual.Lower, 1e-11);
            if (double.IsInfinity(expected.Upper)) Assert.Equal(expected.Upper, actual.Upper);
            else Assert.Equal(expected.Upper, actual.Upper, 1e-11);
        }
    }

    [Fact]
    public void A_value_at_a_jump_is_bounded_from_both_sides()
    {
        Assert.Equal((-1, 1), Slir.Range(PiecewiseLinear.Sign, -2, 3));
        Assert.Equal((-1, 1), Slir.Range(PiecewiseLinear.Sign, 0, 3));
        Assert.Equal((-1, 1), Slir.Range(PiecewiseLinear.Sign, -2, 0));
        Assert.Equal((1, 1), Slir.Range(PiecewiseLinear.Sign, 1e-300, 3));
        Assert.Equal((0, 1), Slir.Range(ReLU.Instance.Derivative, -1, 1));
    }

    [Fact]
    public void What_cannot_be_bounded_is_refused_with_the_reason()
    {
        Assert.Contains("Log has no value", Assert.Throws<DomainException>(() => Slir.UpperShift(Log.Instance, 0, 1, 1)).Message, StringComparison.Ordinal);
        Assert.Throws<DomainException>(() => Slir.Range(Power.Reciprocal, -1, 2));
        Assert.Throws<DomainException>(() => Slir.SlopeRange(Power.Sqrt, -1e-9, 2));
        Assert.Throws<DomainException>(() => Relaxation.MinimumArea(Power.Of(1.5), -1, 2));
        Assert.Contains("[2, 1]", Assert.Throws<ArgumentException>(() => Slir.LowerShift(Tanh.Instance, 2, 1, 0)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => Slir.Range(ReLU.Instance, double.NaN, 1));
        Assert.Throws<ArgumentException>(() => Slir.UpperShift(Tanh.Instance, 0, 1, double.NaN));
        Assert.Throws<ArgumentException>(() => Relaxation.MinimumArea(ReLU.Instance, 1, 0));
    }

    private static Activation Named(string name) =>
        Enumerable.Range(0, int.MaxValue).Select(row => At(row).Activation).First(activation => activation.Name == name);

    /// <summary>A random interval, from tiny to the whole domain of samples, now and then starting at the end of a piece.</summary>
    private static (double Lower, double Upper) Interval(Row row, Activation activation, Random random)
    {
        while (true)
        {
            var lower = row.From + random.NextDouble() * (row.To - row.From);
            var upper = Math.Min(row.To, lower + (row.To - row.From) * Math.Pow(10, -6 * random.NextDouble()));
            var end = activation.PieceAt(lower).End;
            if (random.Next(4) == 0 && end < row.To) (lower, upper) = random.Next(2) == 0 ? (end, Math.Max(end, upper)) : (lower, end);
            if (lower < upper) return (lower, upper);
        }
    }

    private static IEnumerable<double> Samples(Activation activation, double lower, double upper, params double[] around)
    {
        var width = upper / 64 - lower / 64;
        for (var i = 0; i <= 64; i++) yield return Math.Clamp(lower + width * i, lower, upper);
        foreach (var z in around)
        {
            for (var i = -30; i <= 30; i++) yield return Math.Clamp(z + Math.Sign(i) * Math.ScaleB(width, -i * Math.Sign(i)), lower, upper);
        }

        for (var z = lower; double.IsPositiveInfinity(activation.Period) && z < upper; z = activation.PieceAt(z).End)
        {
            yield return Math.BitDecrement(Math.Max(z, Math.BitIncrement(lower)));
            yield return z;
            if (z < upper) yield return Math.BitIncrement(z);
        }

        yield return upper;
    }

    private sealed class WithoutFormula(Activation activation) : Activation
    {
        public override string Name => activation.Name;

        public override double Value(double z) => activation.Value(z);

        public override double ValueError(double z, double value) => activation.ValueError(z, value);

        public override bool IsDefinedOn(double lower, double upper) => activation.IsDefinedOn(lower, upper);

        public override Piece PieceAt(double z) =>
            activation.PieceAt(z) is { Curvature: not Curvature.Linear } piece
                ? piece with { Function = new WithoutFormula(piece.Function) }
                : activation.PieceAt(z);

        protected override Activation CreateDerivative() => activation.Derivative;

        protected override Piece[] CreatePieces() => throw new NotSupportedException();
    }
}
