using RobustVerify.Core.Networks;
using RobustVerify.Core.Networks.Activations;
using RobustVerify.Core.Networks.LinearMaps;
using RobustVerify.Core.Reachability;
using RobustVerify.Core.Specifications;
using RobustVerify.Core.Tests.Networks;

namespace RobustVerify.Core.Tests.Reachability;

/// <summary>Widths, their means, and how margins spread.</summary>
public sealed class SensitivityTests
{
    private static readonly ReachabilityMethod[] Methods = [ReachabilityMethod.Interval, ReachabilityMethod.Linear, ReachabilityMethod.Zonotope, ReachabilityMethod.Polytope];

    [Fact]
    public void Of_a_linear_network_everything_is_known()
    {
        // y₀ = 3x₀, y₁ = x₀ + x₁ over (1, −1) ± 0.5: widths 3 and 2, and the margin y₀ − y₁ = 2x₀ − x₁ is 3, of width 3.
        var input = new InputNode(2);
        var network = new Network(input, new AffineNode(input, new DenseMap([3, 0, 1, 1], 2, 2)));
        var outputs = new ReachableOutputs(network, InputRegion.Ball([1, -1], 0.5, Norm.Linf));
        foreach (var method in Methods)
        {
            var sensitivity = Sensitivity.Of(outputs, method, [1, -1]);
            Near(3, sensitivity.Widths[0]);
            Near(2, sensitivity.Widths[1]);
            Near(3, sensitivity.Width);
            Near(Math.Sqrt(6), sensitivity.MeanWidth);
            Assert.Equal(Math.Sqrt(6), sensitivity.ReachedMeanWidth, 1e-9);
            Assert.True(sensitivity.ReachedMeanWidth <= Math.Sqrt(6));
            Assert.Equal(0, sensitivity.Margins!.Label);

            // A box knows of neither output what the other is.
            var isBox = method is ReachabilityMethod.Interval or ReachabilityMethod.Linear;
            Near(isBox ? 5.0 / 3 : 1, sensitivity.Margins.Width!.Value);
            Near(isBox ? 5.0 / 3 : 1, sensitivity.Margins.MeanWidth!.Value);
            Assert.Equal(Math.Log(isBox ? 5.0 / 3 : 1), sensitivity.Margins.LogVolume!.Value, 1e-9);
            Assert.Equal(1, sensitivity.Margins.ReachedWidths[0], 1e-9);
            Assert.True(sensitivity.Margins.IsCertified);
        }
    }

    [Fact]
    public void Whoever_scales_the_outputs_changes_widths_and_no_margins()
    {
        var random = new Random(3);
        for (var trial = 0; trial < 10; trial++)
        {
            var network = RandomNetworks.Dense(random, ReLU.Instance, 3, 8, 3);
            var scaled = new Network(network.Input, new AffineNode(network.Output, ScaleMap.Uniform(3, 16)));
            float[] center = [0.1f, -0.2f, 0.3f];
            var region = InputRegion.Ball([.. center.Select(value => (double)value)], 0.05, Norm.Linf);
            foreach (var method in Methods)
            {
                var (one, other) = (Sensitivity.Of(new ReachableOutputs(network, region), method, center), Sensitivity.Of(new ReachableOutputs(scaled, region), method, center));
                Assert.Equal(16 * one.Width, other.Width, 1e-9 * other.Width);
                Assert.Equal(one.Set.LogVolume + 3 * Math.Log(16), other.Set.LogVolume, 1e-9);
                Assert.Equal(one.Margins!.Width!.Value, other.Margins!.Width!.Value, 1e-9 * one.Margins.Width.Value);
                Assert.Equal(one.Margins.IsCertified, other.Margins.IsCertified);
            }
        }
    }

    [Fact]
    public void What_is_seen_is_never_more_than_what_is_bounded()
    {
        var random = new Random(4);
        foreach (var activation in (Activation[])[ReLU.Instance, Tanh.Instance, Gelu.Instance, PiecewiseLinear.Step])
        {
            var network = RandomNetworks.Dense(random, activation, 4, 9, 7, 3);
            var center = RandomNetworks.RandomVector(random, 4, 1).Select(value => (float)value).ToArray();
            foreach (var norm in (Norm[])[Norm.Linf, Norm.L2, Norm.L1])
            {
                var outputs = new ReachableOutputs(network, InputRegion.Ball([.. center.Select(value => (double)value)], 0.2, norm));
                foreach (var method in Methods)
                {
                    var sensitivity = Sensitivity.Of(outputs, method, center);
                    Assert.All(sensitivity.Widths.Zip(sensitivity.ReachedWidths), pair => Assert.True(pair.Second <= pair.First));
                    Assert.All(sensitivity.Margins!.Widths.Zip(sensitivity.Margins.ReachedWidths), pair => Assert.True(pair.Second <= pair.First));
                    Assert.True(sensitivity.ReachedMeanWidth <= sensitivity.MeanWidth);
                    Assert.True(activation == PiecewiseLinear.Step || sensitivity.ReachedMeanWidth > 0);
                }
            }
        }
    }

    [Fact]
    public void A_wrong_class_has_no_normalised_widths_and_one_output_no_margins()
    {
        var network = RandomNetworks.Dense(new Random(1), Tanh.Instance, 2, 5, 3);
        var outputs = new ReachableOutputs(network, InputRegion.Ball([0, 0], 0.1, Norm.Linf));
        var right = Sensitivity.Of(outputs, ReachabilityMethod.Linear, [0, 0]).Margins!.Label;
        var wrong = Sensitivity.Of(outputs, ReachabilityMethod.Linear, [0, 0], (right + 1) % 3).Margins!;
        Assert.Equal((false, null, null, null), (wrong.IsCertified, wrong.Width, wrong.MeanWidth, wrong.LogVolume));
        Assert.Null(Sensitivity.Of(new ReachableOutputs(network, InputRegion.Ball([0, 0], 0.1, Norm.Linf), [1]), ReachabilityMethod.Linear, [0, 0]).Margins);
        Assert.Null(Sensitivity.Of(outputs, ReachabilityMethod.Linear).Margins);
        Assert.Throws<ArgumentException>(() => Sensitivity.Of(outputs, ReachabilityMethod.Linear, [0, 0], 3));
        Assert.Throws<ArgumentException>(() => Sensitivity.Of(outputs, ReachabilityMethod.Linear, [0]));
    }

    private static void Near(double expected, double bound) => Assert.InRange(bound, expected * (1 - 1e-15), expected * (1 + 1e-9));
}
