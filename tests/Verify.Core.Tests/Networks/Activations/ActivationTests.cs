using RobustVerify.Core.Networks.Activations;
using static RobustVerify.Core.Tests.Networks.Activations.ActivationTable;

namespace RobustVerify.Core.Tests.Networks.Activations;

public class ActivationTests
{
    [Theory]
    [MemberData(nameof(Derivatives), MemberType = typeof(ActivationTable))]
    public void A_value_is_as_near_the_truth_as_it_says(int row, string name, int order)
    {
        var activation = Derivative(row, order);
        foreach (var z in Points(activation, At(row), 40, new Random(row)))
        {
            // Differences of the definition with so many digits are its derivatives to far more digits than a double has.
            if (Math.Abs(activation.PieceAt(z).Start - z) < 1e-12 || Math.Abs(activation.PieceAt(z).End - z) < 1e-12) continue;
            var h = Real.HalfPower(100);
            var f = At(row).Truth;
            var truth = order switch
            {
                0 => f(z),
                1 => (f(z + h) - f(z - h)) / (2 * h),
                _ => (f(z + h) - 2 * f(z) + f(z - h)) / (h * h),
            };
            var value = activation.Value(z);
            var error = Math.Abs((double)(value - truth));
            Assert.True(error <= activation.ValueError(z, value) + 1e-40, $"{name}, derivative {order}, at {z:R}: {value:R} is off by {error:E2}, not by at most {activation.ValueError(z, value):E2}.");
        }
    }

    [Theory]
    [MemberData(nameof(Derivatives), MemberType = typeof(ActivationTable))]
    public void The_error_of_a_value_is_a_few_units_of_its_terms(int row, string name, int order)
    {
        var activation = Derivative(row, order);
        foreach (var z in Points(activation, At(row), 100, new Random(row)))
        {
            var value = activation.Value(z);
            var size = Math.Max(Math.Abs(value), Math.Abs(activation.Value(z * 0.9)) + 1);
            Assert.True(activation.ValueError(z, value) <= 1e-12 * size, $"{name}, derivative {order}, at {z:R}: an error of {activation.ValueError(z, value):E2} says nothing.");
        }
    }

    [Theory]
    [MemberData(nameof(Derivatives), MemberType = typeof(ActivationTable))]
    public void A_derivative_is_the_limit_of_differences(int row, string name, int order)
    {
        var activation = Derivative(row, order);
        foreach (var z in Points(activation, At(row), 100, new Random(row)))
        {
            const double Step = 1e-5;
            var piece = activation.PieceAt(z);
            if (z - Step <= piece.Start || z + Step >= piece.End) continue;
            var difference = (activation.Value(z + Step) - activation.Value(z - Step)) / (2 * Step);
            var bend = Math.Abs(activation.Derivative.Value(z + Step) - activation.Derivative.Value(z - Step));
            Assert.True(
                Math.Abs(difference - activation.Derivative.Value(z)) <= 1e-9 * (1 + Math.Abs(activation.Value(z))) + 2 * bend * Step + bend,
                $"{name}, derivative {order}, at {z:R}: {activation.Derivative.Value(z)} is not the slope {difference}.");
        }
    }

    [Theory]
    [MemberData(nameof(Derivatives), MemberType = typeof(ActivationTable))]
    public void Pieces_follow_each_other_and_bend_as_they_say(int row, string name, int order)
    {
        var activation = Derivative(row, order);
        var second = activation.Derivative.Derivative;
        var (from, to) = (At(row).From, At(row).To);
        for (var i = 0; i <= 30_000; i++)
        {
            var z = from + (to - from) * i / 30_000;
            var piece = activation.PieceAt(z);
            Assert.True(piece.Start <= z && z < piece.End, $"{name}: [{piece.Start}, {piece.End}) does not contain {z:R}.");
            if (double.IsFinite(piece.End)) Assert.InRange(activation.PieceAt(piece.End).Start, piece.End * (piece.End > 0 ? 1 - 1e-15 : 1 + 1e-15), piece.End);
            if (z - piece.Start < 1e-9 || piece.End - z < 1e-9) continue;
            var bend = second.Value(z);
            var error = second.ValueError(z, bend);
            Assert.True(
                piece.Curvature switch
                {
                    Curvature.Convex => bend >= -error,
                    Curvature.Concave => bend <= error,
                    _ => Math.Abs(bend) <= error,
                },
                $"{name}, derivative {order}: the second derivative {bend} at {z:R} is not that of a {piece.Curvature} piece [{piece.Start}, {piece.End}].");
            Assert.Equal(activation.Value(z), piece.Function.Value(z), 1e-14 * (1 + Math.Abs(activation.Value(z))));
        }
    }

    [Theory]
    [MemberData(nameof(Rows), MemberType = typeof(ActivationTable))]
    public void Values_at_infinity_are_limits(int row, string name)
    {
        var activation = At(row).Activation;
        if (!double.IsPositiveInfinity(activation.Period)) return;
        foreach (var end in new[] { double.NegativeInfinity, double.PositiveInfinity })
        {
            if (!activation.IsDefinedOn(end, end)) continue;
            for (var order = 0; order <= 2; order++)
            {
                var f = Derivative(row, order);
                var (limit, far) = (f.Value(end), f.Value(Math.CopySign(1e100, end)));
                Assert.False(double.IsNaN(limit) || double.IsNaN(far), $"{name}, derivative {order}: no value at {end}.");
                if (double.IsFinite(limit)) Assert.Equal(limit, far, 1e-49);
                else Assert.True(Math.Sign(limit) == Math.Sign(far) && Math.Abs(far) > 100, $"{name}, derivative {order}: {far} is not on its way to {limit}.");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Rows), MemberType = typeof(ActivationTable))]
    public void Many_values_are_those_of_single_points_in_double_and_in_float(int row, string name)
    {
        var activation = At(row).Activation;
        var z = Points(activation, At(row), 20, new Random(row)).ToArray();
        var y = new double[z.Length];
        activation.Evaluate<double>(z, y);
        var single = Array.ConvertAll(z, value => (float)value);
        var yf = new float[z.Length];
        activation.Evaluate<float>(single, yf);
        for (var i = 0; i < z.Length; i++)
        {
            Assert.Equal(activation.Value(z[i]), y[i], 4e-15 * (1 + Math.Abs(y[i])));
            var expected = activation.Value(single[i]);
            Assert.True(Math.Abs(expected - yf[i]) <= 4e-7 * Math.Abs(expected) + 1e-30, $"{name}: {yf[i]} in float at {single[i]:R}, not {expected}.");
            var alone = new float[1];
            activation.Evaluate<float>(single.AsSpan(i, 1), alone);
            Assert.Equal(alone[0], yf[i]);
        }
    }

    [Theory]
    [InlineData("Gelu", -0.169971207480, -0.751791538, 1.128904145185, 1.41421356237, -0.128904145185)]
    [InlineData("GeluTanh", -0.170040750571, -0.752461431, 1.128993068659, 1.418504, -0.128993068659)]
    [InlineData("Silu", -0.278464542761, -1.278464558, 1.099839320129, 2.3993573, -0.099839320129)]
    [InlineData("Mish", -0.308843413017, -1.192431217, 1.088498161252, 1.490571171, -0.112526122389)]
    public void Extremes_of_the_gated_units_are_where_the_literature_has_them(
        string name, double minimum, double at, double steepest, double steepestAt, double shallowest)
    {
        var activation = new Activation[] { Gelu.Instance, SigmoidGate.GeluTanh, SigmoidGate.Silu, Mish.Instance }.Single(f => f.Name == name);
        var low = Core.Relaxations.Slir.LowerShift(activation, -10, 10, 0);
        var slopes = Core.Relaxations.Slir.SlopeRange(activation, -10, 10);
        Assert.Equal(minimum, low.Offset, 1e-11);
        Assert.Equal(at, low.Contact, 1e-7);
        Assert.Equal(steepest, slopes.Upper, 1e-11);
        Assert.Equal(shallowest, slopes.Lower, 1e-11);
        Assert.Equal(steepestAt, activation.PieceAt(1).End, 1e-6);
        if (activation == SigmoidGate.Silu) Assert.Equal(1 + low.Contact, low.Offset, 1e-7);
    }

    [Fact]
    public void A_function_given_by_its_values_has_differences_for_attacks_and_no_pieces()
    {
        var activation = new LipschitzActivation("Wave", z => Math.Sin(3 * z) / 3, 1);
        Assert.Equal(Math.Cos(1.5), activation.Derivative.Value(0.5), 1e-9);
        var error = Assert.Throws<NotSupportedException>(() => Core.Relaxations.Slir.UpperShift(activation.Derivative, 0, 1, 0));
        Assert.Contains("derivative of Wave", error.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new LipschitzActivation("Wave", Math.Sin, 0));
    }

    [Fact]
    public void A_piecewise_linear_function_refuses_lines_that_do_not_fit()
    {
        Assert.Contains("2 slopes", Assert.Throws<ArgumentException>(() => new PiecewiseLinear("Bad", [0, 1], [0, 1], [0, 0])).Message, StringComparison.Ordinal);
        Assert.Contains("breakpoint 1", Assert.Throws<ArgumentException>(() => new PiecewiseLinear("Bad", [0, 0], [0, 1, 2], [0, 0, 0])).Message, StringComparison.Ordinal);
        Assert.Contains("NaN", Assert.Throws<ArgumentException>(() => new PiecewiseLinear("Bad", [0], [0, double.NaN], [0, 0])).Message, StringComparison.Ordinal);
        Assert.Contains("limits", Assert.Throws<ArgumentException>(() => new PiecewiseLinear("Bad", [0], [0, 0], [0, 1], [2])).Message, StringComparison.Ordinal);
    }
}
