using RobustVerify.Core.Bounds;
using RobustVerify.Core.Networks;
using RobustVerify.Core.Networks.LinearMaps;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Core.Tests.Bounds;

/// <summary>What becomes too small for double on the way is not nothing: a later layer may make it large again.</summary>
public sealed class UnderflowTests
{
    private static readonly InputRegion OneToTwo = InputRegion.Box([1], [2]);

    [Fact]
    public void An_interval_that_underflows_does_not_become_a_point()
    {
        // y = 10⁻²⁰⁰ · 10⁻²⁰⁰ · 10²⁰⁰ · 10²⁰⁰ x = x
        var network = Scaling(1e-200, 1e-200, 1e200, 1e200);
        var bounds = IntervalPropagation.Propagate(network, [OneToTwo]);
        Assert.InRange(2, bounds.Lower(network.Output)[0], bounds.Upper(network.Output)[0]);
    }

    [Fact]
    public void What_no_weight_reaches_stays_exactly_constant()
    {
        var network = Scaling(0, 1);
        var bounds = IntervalPropagation.Propagate(network, [OneToTwo]);
        Assert.Equal((0, 0), (bounds.Lower(network.Output)[0], bounds.Upper(network.Output)[0]));
    }

    [Fact]
    public void A_coefficient_that_underflows_still_stands_before_a_large_value()
    {
        // y = 10⁻¹⁷⁰ · 10⁻¹⁷⁰ · 10²⁰⁰ x = 10⁻¹⁴⁰ x; read backwards, the first two factors underflow.
        var bounds = LinearBoundPropagation.Propagate(Scaling(1e200, 1e-170, 1e-170), [OneToTwo]);
        Assert.True(bounds.LowerBounds([-1])[0] <= -2e-140 * (1 - 1e-12));
    }

    [Fact]
    public void The_norm_of_small_coefficients_is_not_lost_when_they_are_squared()
    {
        // The minimum over the unit ball is −√2 · 10⁻¹⁷⁰.
        var input = new InputNode(2);
        var network = new Network(input, new AffineNode(input, new DenseMap([1e-170, 1e-170], 1, 2)));
        var bounds = LinearBoundPropagation.Propagate(network, [InputRegion.Ball([0, 0], 1, Norm.L2)]);
        Assert.True(bounds.LowerBounds([1])[0] <= -1.41421356e-170);
    }

    [Fact]
    public void The_smallest_number_is_the_centre_of_its_own_interval()
    {
        // ε · y for y ∈ 10³⁰⁰ [−1, 1]
        var input = new InputNode(1);
        var large = new AffineNode(input, ScaleMap.Uniform(1, 1e300));
        var network = new Network(input, new ProductNode(new AffineNode([], [double.Epsilon]), large));
        var bounds = LinearBoundPropagation.Propagate(network, [InputRegion.Box([-1], [1])]);
        Assert.True(bounds.LowerBounds([1])[0] <= -double.Epsilon * 1e300 * (1 - 1e-12));
    }

    private static Network Scaling(params double[] factors)
    {
        var input = new InputNode(1);
        return new Network(input, factors.Aggregate((Node)input, (node, factor) => new AffineNode(node, new DenseMap([factor], 1, 1))));
    }
}
