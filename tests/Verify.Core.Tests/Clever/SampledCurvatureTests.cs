using MathNet.Numerics.LinearAlgebra;
using RobustVerify.Core.Clever;
using RobustVerify.Core.Networks;
using RobustVerify.Core.Networks.Activations;
using RobustVerify.Core.Numerics;
using RobustVerify.Core.Specifications;
using RobustVerify.Core.Tests.Networks;

namespace RobustVerify.Core.Tests.Clever;

public sealed class SampledCurvatureTests
{
    public static TheoryData<string> Activations => [.. RandomNetworks.Activations.Select(activation => activation.Name)];

    [Theory]
    [InlineData(3)]
    [InlineData(32)]
    [InlineData(33)]
    [InlineData(60)]
    public void The_curvature_is_that_of_the_Hessian_by_differences(int inputs)
    {
        var random = new Random(61);
        var network = RandomNetworks.Dense(random, Tanh.Instance, inputs, 8, 6, 2);
        var gradient = Differentiation.Gradient(network, [1, -1]);
        float[] points = [.. Enumerable.Range(0, 3 * inputs).Select(_ => (float)random.NextDouble())];
        var hessians = points.Chunk(inputs).Select(x => Hessian(gradient, Array.ConvertAll(x, v => (double)v))).ToArray();

        Assert.Equal(hessians.Max(h => -Eigenvalues(h).Min()), Curvature(Norm.L2), 1e-6);
        Assert.Equal(hessians.Max(h => OneSided(h).Max()), Curvature(Norm.L1), 1e-6);
        Assert.Equal(hessians.Max(h => OneSided(h).Sum()), Curvature(Norm.Linf), 1e-6);

        double Curvature(Norm norm) => new SampledCurvature(gradient, norm, 7).Largest(points, 3, new RandomLanes(new RandomStream(1)));
    }

    [Fact]
    public void No_change_of_length_one_bends_more()
    {
        var random = new Random(62);
        var network = RandomNetworks.WithProduct(random, Sigmoid.Instance, 3);
        var gradient = Differentiation.Gradient(network, [1, -1, 0.5]);
        float[] x = [0.1f, -0.4f, 0.3f];
        var hessian = Hessian(gradient, Array.ConvertAll(x, v => (double)v));
        foreach (var norm in new[] { Norm.L1, Norm.L2, Norm.Linf })
        {
            var curvature = new SampledCurvature(gradient, norm, 4).Largest(x, 1, new RandomLanes(new RandomStream(1)));
            var steepest = 0.0;
            for (var trial = 0; trial < 2000; trial++)
            {
                var d = RandomNetworks.RandomVector(random, 3, 1);
                var length = norm switch { Norm.L1 => d.Sum(Math.Abs), Norm.L2 => Math.Sqrt(d.Sum(v => v * v)), _ => d.Max(Math.Abs) };
                var v = Vector<double>.Build.DenseOfArray(d) / length;
                steepest = Math.Max(steepest, -v.DotProduct(hessian * v));
            }

            Assert.InRange(steepest, 0, curvature + 1e-6);
            if (norm == Norm.L2) Assert.InRange(steepest, 0.9 * curvature, curvature + 1e-6);
        }
    }

    [Theory]
    [MemberData(nameof(Activations))]
    public void Activations_whose_slope_jumps_have_no_second_order(string name)
    {
        var activation = RandomNetworks.Activations.Single(a => a.Name == name);
        var network = RandomNetworks.Dense(new Random(63), activation, 2, 3, 2);
        var bends = activation is ReLU or PiecewiseLinear or Fraction || name.StartsWith("Selu", StringComparison.Ordinal) || name == "Elu(1.5)" || name == "HardSwish";
        Assert.Equal(bends, Smoothness.FirstBend(network) is not null);
    }

    [Fact]
    public void What_is_smooth_but_for_its_curvature_has_a_second_order()
    {
        Assert.Null(Smoothness.FirstBend(RandomNetworks.Dense(new Random(64), ExponentialUnit.Elu(1), 2, 3, 2)));
        var unknown = new LipschitzActivation("mine", Math.Atan, 1);
        Assert.NotNull(Smoothness.FirstBend(RandomNetworks.Dense(new Random(64), unknown, 2, 3, 2)));
    }

    private static double[] Eigenvalues(Matrix<double> h) => [.. h.Evd(Symmetricity.Symmetric).EigenValues.Select(value => value.Real)];

    private static IEnumerable<double> OneSided(Matrix<double> h) => h.EnumerateIndexed().Select(e => e.Item1 == e.Item2 ? Math.Max(0, -e.Item3) : Math.Abs(e.Item3));

    private static Matrix<double> Hessian(Network gradient, double[] x)
    {
        const double step = 1e-5;
        return Matrix<double>.Build.DenseOfColumnArrays(Enumerable.Range(0, x.Length).Select(i =>
        {
            var (low, high) = ((double[])x.Clone(), (double[])x.Clone());
            (low[i], high[i]) = (low[i] - step, high[i] + step);
            return gradient.Evaluate<double>(high).Zip(gradient.Evaluate<double>(low), (a, b) => (a - b) / (2 * step)).ToArray();
        }));
    }
}
