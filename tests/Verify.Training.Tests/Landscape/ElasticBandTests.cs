using RobustVerify.Training.Landscape;
using RobustVerify.Training.Objectives;

namespace RobustVerify.Training.Tests.Landscape;

public sealed class ElasticBandTests
{
    [Fact]
    public void The_path_between_two_wells_rises_to_the_saddle()
    {
        var wells = new Function(2, (x, gradient) =>
        {
            (gradient[0], gradient[1]) = (4 * x[0] * (x[0] * x[0] - 1), 4 * x[1]);
            return Math.Pow(x[0] * x[0] - 1, 2) + 2 * x[1] * x[1];
        });
        Assert.Equal(1, ElasticBand.Height(wells, [-1, 0], [1, 0], default), 4);
    }

    /// <summary>
    /// The surface of Müller and Brown (Theor. Chim. Acta 53, 75 (1979)), whose path is bent and has a third minimum on the way: its minima
    /// −146.700 and −108.167 are joined at −40.665. Divided by 100 here.
    /// </summary>
    [Fact]
    public void The_path_follows_a_bent_valley_over_its_higher_saddle()
    {
        double[] height = [-200, -100, -170, 15], a = [-1, -1, -6.5, 0.7], b = [0, 0, 11, 0.6], c = [-10, -10, -6.5, 0.7], x0 = [1, 0, -0.5, -1], y0 = [0, 0.5, 1.5, 1];
        var surface = new Function(2, (x, gradient) =>
        {
            gradient.Clear();
            var sum = 0.0;
            for (var i = 0; i < 4; i++)
            {
                var (dx, dy) = (x[0] - x0[i], x[1] - y0[i]);
                var value = height[i] / 100 * Math.Exp(a[i] * dx * dx + b[i] * dx * dy + c[i] * dy * dy);
                gradient[0] += value * (2 * a[i] * dx + b[i] * dy);
                gradient[1] += value * (b[i] * dx + 2 * c[i] * dy);
                sum += value;
            }

            return sum;
        });
        Assert.Equal(-0.40665, ElasticBand.Height(surface, [-0.558224, 1.441726], [0.623499, 0.028038], default), 3);
    }

    [Fact]
    public void No_path_is_lower_than_its_ends()
    {
        var slope = new Function(3, (x, gradient) =>
        {
            gradient.Fill(1);
            return x[0] + x[1] + x[2];
        });
        Assert.Equal(3, ElasticBand.Height(slope, [0, 0, 0], [1, 1, 1], default), 12);
    }

    private delegate double Evaluation(ReadOnlySpan<double> point, Span<double> gradient);

    private sealed class Function(int size, Evaluation evaluation) : IObjective
    {
        public int Size => size;

        public double Evaluate(ReadOnlySpan<double> parameters, Span<double> gradient) => evaluation(parameters, gradient);
    }
}
