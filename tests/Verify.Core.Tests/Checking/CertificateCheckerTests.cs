using RobustVerify.Core.Certificates;
using RobustVerify.Core.Checking;
using RobustVerify.Core.Networks;
using RobustVerify.Core.Networks.Activations;
using RobustVerify.Core.Networks.LinearMaps;
using RobustVerify.Core.Specifications;
using RobustVerify.Core.Tests.Networks;

namespace RobustVerify.Core.Tests.Checking;

/// <summary>Proofs that are checked by hand, and the same proofs with one thing in them wrong.</summary>
public sealed class CertificateCheckerTests
{
    // Of many inputs that vary, only backward rows are known; all but the first count nothing.
    private const int Inputs = 40;

    private static readonly InputRegion Unit = Along(-1, 1);

    // relu(x) − x/2: its least value on [−1, 1] is 0; by the line of slope a below the ReLU, −|a − 1/2|.
    private static readonly Network Kink = Plus(ReLU.Instance, -0.5);

    [Fact]
    public void The_line_of_least_area_does_not_prove_what_another_does()
    {
        var property = Proofs.Above(Unit, -0.25, 1);
        Rejected(Kink, property, Proofs.Part());
        Accepted(Kink, property, Proofs.Part(Proofs.Lines(0.5)), 0.25);
        Accepted(Kink, property, Proofs.Part(Proofs.Lines(0.375)), 0.125);
        Rejected(Kink, property, Proofs.Part(Proofs.Lines(1)));
        Rejected(Kink, property, Proofs.Part(Proofs.Lines(-3)));
    }

    [Fact]
    public void Halves_of_a_neuron_need_multipliers_and_no_others()
    {
        var property = Proofs.Above(Unit, -0.25, 1);
        ProofPart Cut(float below, float above, double at = 0) =>
            new() { Cuts = [new NeuronCut(2, 0, at, Proofs.Part(Proofs.Lines(null, below)), Proofs.Part(Proofs.Lines(null, above)))] };
        Accepted(Kink, property, Cut(0.5f, 0.5f), 0.25);
        Accepted(Kink, property, Cut(0.625f, 0.5f), 0.125);
        Rejected(Kink, property, Cut(0, 0.5f));
        Rejected(Kink, property, Cut(1.5f, 0.5f));
        Rejected(Kink, property, Cut(0.5f, 0), "region / node 2, element 0 ≥ 0");
        Rejected(Kink, property, Cut(-0.5f, 0.5f));
        Rejected(Kink, property, Cut(float.NaN, 0.5f));
    }

    [Fact]
    public void What_negative_multipliers_and_weights_would_prove_is_false()
    {
        // relu(x) − 2x is −1 at 1; −x + 1·x, which is no bound of it, is 0.
        var half = new ProofPart { Cuts = [new NeuronCut(2, 0, 0, Proofs.Part(Proofs.Lines(null, 2)), Proofs.Part(Proofs.Lines(null, -1)))] };
        Rejected(Plus(ReLU.Instance, -2), Proofs.Above(Unit, -0.5, 1), half);

        // Twice x ≤ 1/2 less once x ≤ 3 would say that x ≤ −2.
        var input = new InputNode(1);
        var network = new Network(input, new AffineNode(input, new DenseMap([1], 1, 1)));
        var property = new Property("p", InputRegion.Box([-1], [1]), new OutputProperty([new([new([1], 0.5), new([1], 3)])], "test"));
        Rejected(network, property, new ProofPart { Rows = [new ViolationRow(0, [2, -1], RowLines.LeastArea)] });
    }

    [Fact]
    public void A_proof_that_is_too_deep_is_rejected_and_not_followed()
    {
        var proof = new ProofPart();
        for (var i = 0; i < 100_000; i++) proof = new ProofPart { Cuts = [new InputCut(0, 1 - i * 1e-5, proof, new ProofPart())] };
        Rejected(Kink, Proofs.Above(Unit, -0.25, 1), proof);
    }

    [Fact]
    public void Halves_of_an_input_need_none()
    {
        var property = Proofs.Above(Unit, -0.25, 1);
        Accepted(Kink, property, new ProofPart { Cuts = [new InputCut(0, 0, Proofs.Part(), Proofs.Part())] }, 0.25);
        Rejected(Kink, property, new ProofPart { Cuts = [new InputCut(0, 0, new ProofPart(), Proofs.Part())] });
        Rejected(Kink, property, new ProofPart { Cuts = [new InputCut(0, 0, Proofs.Part(), null!)] });
        Rejected(Kink, property, new ProofPart { Cuts = [new InputCut(0, 3, Proofs.Part(), Proofs.Part())] });
        Rejected(Kink, property, new ProofPart { Cuts = [new InputCut(0, double.NaN, Proofs.Part(), Proofs.Part())] });
        Rejected(Kink, property, new ProofPart { Cuts = [new InputCut(Inputs, 0, Proofs.Part(), Proofs.Part())] });
        Rejected(Kink, property, new ProofPart { Cuts = [null!] });
    }

    [Fact]
    public void A_row_leaves_of_a_box_what_it_does_not_exclude()
    {
        // By the line of slope 0 the violation needs x ≥ 1/2, where the ReLU is linear: neither half need be bounded on x < 1/2.
        var property = Proofs.Above(Unit, -0.25, 1);
        var proof = Proofs.Part(null, new InputCut(0, 0.75, Proofs.Part(), Proofs.Part()));
        var result = CertificateChecker.Check(Kink, property, 0, proof);
        Assert.True(result.IsAccepted, result.ToString());
        Assert.InRange(result.Margin, double.Epsilon, 1e-11);
        Rejected(Kink, property, proof with { Rows = [] });
    }

    [Fact]
    public void What_one_row_cuts_off_stays_where_another_violation_is_open()
    {
        // relu(x) − x/2 ≤ −1/4 is left only of x ≥ 1/2, which is then divided; x ≤ −9/10 happens elsewhere.
        var input = new InputNode(Inputs);
        var relu = new ElementwiseNode(new AffineNode(input, SelectionMap.Slice(Inputs, 0, 1)), ReLU.Instance);
        var weights = new double[2 * Inputs];
        (weights[0], weights[Inputs]) = (-0.5, 1);
        var network = new Network(input, new AffineNode([new(relu, new DenseMap([1, 0], 2, 1)), new(input, new DenseMap(weights, 2, Inputs))], [0, 0]));
        var property = new Property("p", Unit, new OutputProperty([new([new([1, 0], -0.25)]), new([new([0, 1], -0.9)])], "test"));
        var both = new ProofPart { Rows = [Proofs.Row(0), Proofs.Row(1)] };
        var proof = both with { Cuts = [new InputCut(0, 0.75, both, both)] };
        Rejected(network, property, proof);
        Assert.True(CertificateChecker.Check(network, property with { Output = new OutputProperty([property.Output.Violations[0]], "test") }, 0, Proofs.Part(null, new InputCut(0, 0.75, Proofs.Part(), Proofs.Part()))).IsAccepted);
    }

    [Fact]
    public void Rows_may_exclude_a_violation_together()
    {
        // y₀ = x ≤ −1/4 and y₁ = −x ≤ −1/4: what is left by one row is excluded by the other.
        var input = new InputNode(1);
        var network = new Network(input, new AffineNode(input, new DenseMap([1, -1], 2, 1)));
        var property = new Property("p", InputRegion.Box([-1], [1]), new OutputProperty([new([new([1, 0], -0.25), new([0, 1], -0.25)])], "test"));
        var (first, second) = (ViolationRow.Of(0, 0, 2, RowLines.LeastArea), ViolationRow.Of(0, 1, 2, RowLines.LeastArea));
        Assert.True(CertificateChecker.Check(network, property, 0, new ProofPart { Rows = [first, second] }).IsAccepted);
        Rejected(network, property, new ProofPart { Rows = [first] });
        Rejected(network, property, new ProofPart { Rows = [second] });
        Rejected(network, property with { Output = new OutputProperty([new([new([1, 0], 0), new([0, 1], 0)])], "test") }, new ProofPart { Rows = [first, second] });
    }

    [Fact]
    public void Violations_may_be_excluded_by_different_cuts()
    {
        // y₀ = relu(x₀) − x₀/2 and y₁ = relu(x₁) − x₁/2, neither of which is at most −1/4.
        var input = new InputNode(Inputs);
        var pair = new AffineNode(input, SelectionMap.Slice(Inputs, 0, 2));
        var network = new Network(input, new AffineNode([new(new ElementwiseNode(pair, ReLU.Instance), SelectionMap.Identity(2)), new(pair, ScaleMap.Uniform(2, -0.5))], [0, 0]));
        var property = new Property("p", Unit, new OutputProperty(
            [new([new([1, 0], -0.25)]), new([new([0, 1], -0.25)])], "test"));
        ProofCut Cut(int input) => new InputCut(input, 0, new ProofPart { Rows = [Proofs.Row(input)] }, new ProofPart { Rows = [Proofs.Row(input)] });
        Accepted(network, property, new ProofPart { Cuts = [Cut(0), Cut(1)] }, 0.25);
        Rejected(network, property, new ProofPart { Cuts = [Cut(0)] });
        Rejected(network, property, new ProofPart { Cuts = [Cut(1), Cut(1)] });
    }

    [Fact]
    public void Constraints_of_a_violation_may_be_weighted()
    {
        // y₀ = x and y₁ = −x cannot both be at most −1/4, though either can.
        var input = new InputNode(1);
        var network = new Network(input, new AffineNode(input, new DenseMap([1, -1], 2, 1)));
        var property = new Property("p", InputRegion.Box([-1], [1]), new OutputProperty([new([new([1, 0], -0.25), new([0, 1], -0.25)])], "test"));
        ProofPart Weighted(params float[] weights) => new() { Rows = [new ViolationRow(0, [.. weights], RowLines.LeastArea)] };
        Accepted(network, property, Weighted(1, 1), 0.25);
        Accepted(network, property, Weighted(3, 3), 0.25);
        Rejected(network, property, Weighted(1, 0));
        Rejected(network, property, Weighted(2, 1));
        Rejected(network, property, Weighted(1, -1));
        Rejected(network, property, Weighted(0, 0));
        Rejected(network, property, Weighted(1));
    }

    [Fact]
    public void A_neuron_may_have_lines_of_its_own()
    {
        // z = relu(x) − x/2 ≥ 0 by the line of slope 1/2, and ≥ −1/2 by that of least area; y = relu(z) − z is 0 where z ≥ 0.
        var input = new InputNode(Inputs);
        var relu = new ElementwiseNode(new AffineNode(input, SelectionMap.Slice(Inputs, 0, 1)), ReLU.Instance);
        var z = new AffineNode([new(relu, SelectionMap.Identity(1)), new(input, First(-0.5))], [0]);
        var network = new Network(input, new AffineNode([new(new ElementwiseNode(z, ReLU.Instance), SelectionMap.Identity(1)), new(z, ScaleMap.Uniform(1, -1))], [0]));
        var property = Proofs.Above(Unit, -0.01, -1);
        Rejected(network, property, Proofs.Part());
        var own = new NeuronRow(network.IndexOf(z), 0, 1, Proofs.Lines(0.5));
        Accepted(network, property, Proofs.Part() with { Neurons = [own] }, 0.01);
        Rejected(network, property, Proofs.Part() with { Neurons = [own with { Sign = -1 }] });
        Rejected(network, property, Proofs.Part() with { Neurons = [own with { Sign = 2 }] });
        Rejected(network, property, Proofs.Part() with { Neurons = [own with { Node = 99 }] });
        Rejected(network, property, Proofs.Part() with { Neurons = [own with { Element = 1 }] });
        Rejected(network, property, Proofs.Part() with { Neurons = [own with { Lines = Proofs.Lines(double.NaN) }] });
    }

    [Fact]
    public void Of_a_concave_stretch_of_tanh_the_chord_is_known()
    {
        // tanh z ≥ z·tanh(2)/2 on [0, 2].
        var network = Plus(Tanh.Instance, -0.25);
        var property = Proofs.Above(Along(0, 2), -0.1, 1);
        Accepted(network, property, Proofs.Part(), 0.1);
        Rejected(network, property, Proofs.Part(Proofs.Lines(0)));

        // By the line of slope 1/8 it is at least −z/8.
        Accepted(network, property with { Output = Proofs.Above(Unit, -0.5, 1).Output }, Proofs.Part(Proofs.Lines(0.125)), 0.25);
    }

    [Fact]
    public void Of_a_product_the_mean_of_two_planes_is_known()
    {
        // xy ≥ 4x + 1.5y − 6.5 for x ∈ [1, 2] and y ∈ [3, 5].
        var input = new InputNode(2);
        var product = new ProductNode(new AffineNode(input, SelectionMap.Slice(2, 0, 1)), new AffineNode(input, SelectionMap.Slice(2, 1, 1)));
        var network = new Network(input, new AffineNode([new(product, SelectionMap.Identity(1)), new(input, new DenseMap([-4, -1.5], 1, 2))], [0]));
        Accepted(network, Proofs.Above(InputRegion.Box([1, 3], [2, 5]), -7, 1), Proofs.Part(), 0.5, 1e-11);
        Rejected(network, Proofs.Above(InputRegion.Box([1, 3], [2, 5]), -6.4, 1), Proofs.Part());
    }

    [Theory]
    [InlineData(Norm.L1, 1.0)]
    [InlineData(Norm.L2, 1.4142135623730951)]
    [InlineData(Norm.Linf, 2.0)]
    public void Over_a_ball_the_dual_norm_is_taken(Norm norm, double length)
    {
        var input = new InputNode(2);
        var network = new Network(input, new AffineNode(input, new DenseMap([1, -1], 1, 2)));
        Accepted(network, Proofs.Above(InputRegion.Ball([4, 2], 0.5, norm), 0, 1), Proofs.Part(), 2 - 0.5 * length, 1e-7);
    }

    [Fact]
    public void What_has_no_input_misses_everything_and_what_has_some_is_not_without()
    {
        // x ≥ 2 has no point in [−1, 1].
        var proof = new ProofPart { Cuts = [new NeuronCut(2, 0, 2, Proofs.Part(Proofs.Lines(0.5)), new ProofPart())] };
        Accepted(Kink, Proofs.Above(Unit, -0.25, 1), proof, 0.25);
        Rejected(Kink, Proofs.Above(Unit, -0.25, 1), new ProofPart { Cuts = [new NeuronCut(2, 0, 0.5, Proofs.Part(Proofs.Lines(0.5)), new ProofPart())] });
    }

    [Fact]
    public void Where_a_function_may_be_undefined_nothing_is_proved()
    {
        var network = Plus(Log.Instance, 0);
        var property = Proofs.Above(Unit, -1e9, 1);
        var result = CertificateChecker.Check(network, property, 0, Proofs.Part());
        Assert.Contains("undefined", result.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_asked_beyond_the_bound_is_taken_off_the_margin()
    {
        var property = Proofs.Above(Unit, -0.25, 1);
        var result = CertificateChecker.Check(Kink, property, 0.125, Proofs.Part(Proofs.Lines(0.5)));
        Assert.InRange(result.Margin, 0.1249, 0.125);
        Assert.False(CertificateChecker.Check(Kink, property, 0.25, Proofs.Part(Proofs.Lines(0.5))).IsAccepted);
        Assert.Throws<ArgumentOutOfRangeException>(() => CertificateChecker.Check(Kink, property, double.NaN, Proofs.Part()));
    }

    [Fact]
    public void A_property_of_another_network_is_rejected()
    {
        Rejected(Kink, Proofs.Above(InputRegion.Box([0, 0], [1, 1]), 0, 1), Proofs.Part());
        Rejected(Kink, Proofs.Above(Unit, 0, 1, 1), Proofs.Part());
    }

    [Fact]
    public void Of_a_proof_that_is_needed_nothing_may_be_changed()
    {
        var random = new Random(73);
        var network = RandomNetworks.Dense(random, ReLU.Instance, 2, 8, 8, 2);
        var region = InputRegion.Box([-1, -1], [1, 1]);
        var points = Tests.Bounds.Sampling.Points(region, 4000, random);
        var (least, most) = Tests.Bounds.Sampling.Range(network, [1, -1], points);
        var bound = least - 0.02 * (most - least);
        var property = Proofs.Above(region, bound, 1, -1);
        var proof = Proofs.ByHalving(network, property);
        var margin = CertificateChecker.Check(network, property, 0, proof).Margin;
        Assert.True(margin > 0 && margin <= least - bound, $"{margin}");
        Assert.True(Leaves(proof) > 5, $"{Leaves(proof)} leaves do not need one another.");

        // A leaf that says nothing.
        for (var leaf = 0; leaf < Leaves(proof); leaf++) Rejected(network, property, WithoutLeaf(proof, leaf));

        // A bound, a region and a weight that the proof was not made for.
        Rejected(network, Proofs.Above(region, bound + 1.001 * (least - bound), 1, -1), proof);
        Rejected(network, property with { Region = InputRegion.Box([-1.5, -1.5], [1.5, 1.5]) }, proof);
        var weights = RandomNetworks.Dense(new Random(73), ReLU.Instance, 2, 8, 8, 2);
        var changed = new Network(weights.Input, new AffineNode(weights.Output, new DenseMap([1.3, 0, 0, 1.3], 2, 2), [-0.1 * (most - least), 0]));
        Rejected(changed, property, proof);
    }

    [Fact]
    public void A_check_that_is_cancelled_ends() => Assert.ThrowsAny<OperationCanceledException>(
        () => CertificateChecker.Check(Kink, Proofs.Above(Unit, -0.25, 1), 0, Proofs.Part(), new CancellationToken(canceled: true)));

    private static int Leaves(ProofPart part) => part.Cuts.IsEmpty ? 1 : part.Cuts.Sum(cut => Leaves(cut.Below) + Leaves(cut.Above));

    private static ProofPart WithoutLeaf(ProofPart part, int leaf)
    {
        if (part.Cuts.IsEmpty) return leaf == 0 ? new ProofPart() : part;
        var cut = (InputCut)part.Cuts[0];
        var below = Leaves(cut.Below);
        return new ProofPart
        {
            Cuts = [leaf < below ? cut with { Below = WithoutLeaf(cut.Below, leaf) } : cut with { Above = WithoutLeaf(cut.Above, leaf - below) }],
        };
    }

    /// <summary>f(x) + c·x.</summary>
    private static Network Plus(Activation activation, double c)
    {
        var input = new InputNode(Inputs);
        var function = new ElementwiseNode(new AffineNode(input, SelectionMap.Slice(Inputs, 0, 1)), activation);
        return new Network(input, new AffineNode([new(function, SelectionMap.Identity(1)), new(input, First(c))], [0]));
    }

    /// <summary>The first input, multiplied.</summary>
    private static DenseMap First(double factor)
    {
        var row = new double[Inputs];
        row[0] = factor;
        return new DenseMap(row, 1, Inputs);
    }

    /// <summary>The first input between two numbers, and the others too.</summary>
    private static InputRegion Along(double lower, double upper) =>
        InputRegion.Box([.. Enumerable.Repeat(lower, Inputs)], [.. Enumerable.Repeat(upper, Inputs)]);

    private static void Accepted(Network network, Property property, ProofPart proof, double margin, double tolerance = 1e-12)
    {
        var result = CertificateChecker.Check(network, property, 0, proof);
        Assert.True(result.IsAccepted, result.ToString());
        Assert.InRange(result.Margin, margin - tolerance, margin);
    }

    private static void Rejected(Network network, Property property, ProofPart proof, string? path = null)
    {
        var result = CertificateChecker.Check(network, property, 0, proof);
        Assert.False(result.IsAccepted, result.ToString());
        Assert.False(result.Margin > 0);
        Assert.Equal(path ?? result.Path, result.Path);
        Assert.NotNull(result.Path);
    }
}
