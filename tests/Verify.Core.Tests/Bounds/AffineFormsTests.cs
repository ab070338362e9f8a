using RobustVerify.Core.Bounds;
using RobustVerify.Core.Networks;
using RobustVerify.Core.Networks.Activations;
using RobustVerify.Core.Networks.LinearMaps;
using RobustVerify.Core.Specifications;
using RobustVerify.Core.Tests.Networks;

namespace RobustVerify.Core.Tests.Bounds;

/// <summary>Affine forms: exact where the network is affine, closed forms where it is not, and never outside what is known.</summary>
[Trait("Category", "Simd")]
public sealed class AffineFormsTests
{
    public static TheoryData<string> Activations => [.. RandomNetworks.Activations.Select(activation => activation.Name)];

    [Fact]
    public void What_cancels_in_an_affine_network_cancels_in_its_bounds()
    {
        // (x + 1) − (x − y) = y + 1, whatever x is.
        var input = new InputNode(2);
        var hidden = new AffineNode(input, new DenseMap([1, 0, 1, -1], 2, 2), [1, 0]);
        var network = new Network(input, new AffineNode(hidden, new DenseMap([1, -1], 1, 2)));
        var bounds = Forwards(network, InputRegion.Box([-100, 2], [100, 3]));
        Assert.Equal(3, bounds.Lower(network.Output)[0], 1e-9);
        Assert.Equal(4, bounds.Upper(network.Output)[0], 1e-9);
        Assert.True(bounds.Lower(network.Output)[0] <= 3 && bounds.Upper(network.Output)[0] >= 4);
    }

    [Fact]
    public void A_ReLU_that_changes_phase_is_half_the_chord_and_half_its_gap()
    {
        // relu(x) − x/2 on [−1, 1]: the lines are x/2 and x/2 + 1/2, so what is left of x is nothing.
        var input = new InputNode(1);
        var relu = new ElementwiseNode(new AffineNode(input, SelectionMap.Identity(1)), ReLU.Instance);
        var network = new Network(input, new AffineNode(
            [new AffineTerm(relu, SelectionMap.Identity(1)), new AffineTerm(input, ScaleMap.Uniform(1, -0.5))], [0]));
        var bounds = Forwards(network, InputRegion.Box([-1], [1]));
        Assert.Equal(0, bounds.Lower(network.Output)[0], 1e-12);
        Assert.Equal(0.5, bounds.Upper(network.Output)[0], 1e-12);
    }

    [Theory]
    [MemberData(nameof(Activations))]
    public void No_sampled_value_lies_outside_and_no_interval_grows(string name)
    {
        var activation = RandomNetworks.Activations.Single(a => a.Name == name);
        var random = new Random(4);
        Network[] networks =
        [
            RandomNetworks.Dense(random, activation, 3, 8, 7, 4), RandomNetworks.WithProduct(random, activation, 4), RandomNetworks.Convolutional(random, activation),
        ];
        foreach (var network in networks.Where(network => network.Input.Size <= 32))
        {
            var region = InputRegion.Ball(RandomNetworks.RandomVector(random, network.Input.Size, 1), 0.3, Norm.Linf);
            var (forwards, interval) = (Forwards(network, region), IntervalPropagation.Propagate(network, [region]));
            var points = Sampling.Points(region, 200, random);
            var values = Evaluation<double>.Of(network, points, 200);
            foreach (var node in network.Nodes)
            {
                for (var i = 0; i < values[node].Length; i++)
                {
                    var (value, neuron) = (values[node][i], i % node.Size);
                    var rounding = 1e-12 * (1 + Math.Abs(value));
                    Assert.InRange(value, forwards.Lower(node)[neuron] - rounding, forwards.Upper(node)[neuron] + rounding);
                    Assert.True(forwards.Lower(node)[neuron] >= interval.Lower(node)[neuron] - rounding);
                    Assert.True(forwards.Upper(node)[neuron] <= interval.Upper(node)[neuron] + rounding);
                }
            }
        }
    }

    [Fact]
    public void Inputs_that_are_fixed_do_not_count()
    {
        var network = RandomNetworks.Dense(new Random(2), ReLU.Instance, 100, 10, 2);
        var (low, high) = (new double[100], new double[100]);
        (low[7], high[7]) = (-1, 1);
        Assert.NotNull(AffineForms.Of(new NodeBounds(network, [InputRegion.Box(low, high)])));
        Array.Fill(high, 1);
        Assert.Null(AffineForms.Of(new NodeBounds(network, [InputRegion.Box(low, high)])));
        Assert.Null(AffineForms.Of(new NodeBounds(network, [InputRegion.Box(low, low)])));
    }

    private static NodeBounds Forwards(Network network, InputRegion region)
    {
        var bounds = new NodeBounds(network, [region]);
        var forms = AffineForms.Of(bounds)!;
        foreach (var node in network.Nodes)
        {
            IntervalPropagation.Through(node, bounds);
            forms.Through(node);
        }

        return bounds;
    }
}
