using RobustVerify.Core.Networks;
using RobustVerify.Core.Networks.LinearMaps;
using RobustVerify.Core.Onnx;
using RobustVerify.Core.Runtimes;
using RobustVerify.Core.Tests.Bounds;
using RobustVerify.Core.Tests.Runtimes;
using RobustVerify.Core.Tests.Specifications;

namespace RobustVerify.Core.Tests.Onnx;

public sealed class SimplificationTests
{
    /// <summary>Ways in which exporters write an activation of x.</summary>
    private static readonly Dictionary<string, (string Activation, Action<ModelBuilder> Build)> Forms = new()
    {
        ["GELU, halved first"] = ("Gelu", m => m.Node("Mul", [m.Node("Mul", ["x", m.Floats([], 0.5)]), OnePlusErf(m)])),
        ["GELU, halved last"] = ("Gelu", m => m.Node("Mul", [m.Node("Mul", ["x", OnePlusErf(m)]), m.Floats([], 0.5)])),
        ["GELU, the gate halved"] = ("Gelu", m => m.Node("Mul", [m.Node("Mul", [OnePlusErf(m), m.Floats([], 0.5)]), "x"])),
        ["GELU by tanh"] = ("GeluTanh", m => m.Node("Mul", [m.Node("Mul", ["x", m.Floats([], 0.5)]), OnePlusTanh(m, m.Node("Pow", ["x", m.Floats([], 3)]))])),
        ["GELU by tanh, the cube multiplied"] = ("GeluTanh", m => m.Node("Mul", [m.Node("Mul", ["x", OnePlusTanh(m, m.Node("Mul", ["x", m.Node("Mul", ["x", "x"])]))]), m.Floats([], 0.5)])),
        ["SiLU"] = ("Silu", m => m.Node("Mul", ["x", m.Node("Sigmoid", ["x"])])),
        ["Swish"] = ("Swish(1.5)", m => m.Node("Mul", ["x", m.Node("Sigmoid", [m.Node("Mul", ["x", m.Floats([], 1.5)])])])),
        ["SiLU, all by hand"] = ("Silu", m => m.Node("Div", ["x", m.Node("Add", [m.Floats([], 1), m.Node("Exp", [m.Node("Neg", ["x"])])])])),
        ["Mish"] = ("Mish", m => m.Node("Mul", ["x", m.Node("Tanh", [m.Node("Softplus", ["x"])])])),
        ["Mish, softplus by hand"] = ("Mish", m => m.Node("Mul", [m.Node("Tanh", [m.Node("Log", [m.Node("Add", [m.Node("Exp", ["x"]), m.Floats([], 1)])])]), "x"])),
        ["hard swish by hard sigmoid"] = ("HardSwish", m => m.Node("Mul", ["x", m.Node("HardSigmoid", ["x"], ("alpha", 1 / 6.0))])),
        ["hard swish by clip"] = ("HardSwish", m => m.Node("Div", [m.Node("Mul", ["x", m.Node("Clip", [m.Node("Add", ["x", m.Floats([], 3)]), m.Floats([], 0), m.Floats([], 6)])]), m.Floats([], 6)])),
        ["softplus"] = ("Softplus", m => m.Node("Log", [m.Node("Add", [m.Node("Exp", ["x"]), m.Floats([], 1)])])),
        ["sigmoid"] = ("Sigmoid", m => m.Node("Reciprocal", [m.Node("Add", [m.Node("Exp", [m.Node("Neg", ["x"])]), m.Floats([], 1)])])),
    };

    public static TheoryData<string> Names => [.. Forms.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_composed_activation_becomes_one(string form)
    {
        var builder = new ModelBuilder();
        builder.Input([3]);
        Forms[form].Build(builder);
        var network = builder.Import().Network;
        var activation = Assert.IsType<ElementwiseNode>(network.Output).Activation;
        Assert.Equal((2, Forms[form].Activation), (network.Nodes.Length, activation.Name));
    }

    [OnnxRuntimeTheory]
    [MemberData(nameof(Names))]
    public void A_composed_activation_is_rounded_as_it_is_written(string form)
    {
        var builder = new ModelBuilder();
        builder.Input([3]);
        Forms[form].Build(builder);
        using var folder = new TemporaryFolder();
        var model = OnnxImporter.Import(builder.Save(folder));
        Assert.Contains(model.Computed.Network.Nodes, node => node is ElementwiseNode { Written: not null });
        using var runtime = OnnxRuntime.Open(model);
        using var managed = new ManagedRuntime(model);
        foreach (var scale in new[] { 0.1, 3, 12 }) DeployedBounds.Check(model.Computed.Network, [runtime, managed], new Random(3), scale);
    }

    [Fact]
    public void What_is_added_and_taken_away_again_is_still_rounded()
    {
        var builder = new ModelBuilder();
        var large = builder.Node("Add", [builder.Input([3]), builder.Floats([], 1e8)]);
        builder.Node("Sub", [large, builder.Floats([], 1e8)]);
        var model = builder.Import();
        Assert.IsType<InputNode>(model.Network.Output);
        Assert.Equal(3, model.Computed.Network.Nodes.Length);
    }

    [Fact]
    public void Constants_that_cancel_leave_their_magnitudes()
    {
        var builder = new ModelBuilder();
        builder.Node("Sum", [builder.Floats([], 1e8), builder.Input([2]), builder.Floats([], -1e8)]);
        var model = builder.Import();
        var sum = Assert.IsType<AffineNode>(model.Computed.Network.Output);
        Assert.Equal([0, 0], sum.Bias.ToArray());
        Assert.Equal([2e8, 2e8], sum.BiasMagnitude.ToArray());
        Assert.True(sum.Roundings >= 3);
        Assert.IsType<InputNode>(model.Network.Output);
    }

    [Fact]
    public void What_is_multiplied_one_after_the_other_stays_apart_for_float32()
    {
        var builder = new ModelBuilder();
        var x = builder.Input([3]);
        foreach (var factor in new[] { 1e-30, 1e-20, 1e30, 1e20 }) x = builder.Node("Mul", [x, builder.Floats([], factor)]);
        var model = builder.Import();
        Assert.True(model.Network.Nodes.Length <= 2);
        Assert.Equal(5, model.Computed.Network.Nodes.Length);
    }

    [Fact]
    public void A_clipped_gate_is_not_taken_for_SiLU()
    {
        var builder = new ModelBuilder();
        var gate = builder.Node("Sigmoid", [builder.Input([3])]);
        builder.Node("Mul", [builder.Node("Min", ["x", builder.Floats([], 1e9)]), gate]);
        Assert.IsType<ProductNode>(builder.Import().Network.Output);
    }

    [Fact]
    public void A_gate_with_a_bump_between_the_points_of_comparison_is_not_taken_for_SiLU()
    {
        // x·σ(x)·(1 + e^(−(x − 37)²)) is SiLU at every point that is compared, and twice SiLU at 37.
        var builder = new ModelBuilder();
        var aside = builder.Node("Sub", [builder.Input([1]), builder.Floats([], 37)]);
        var bump = builder.Node("Exp", [builder.Node("Neg", [builder.Node("Mul", [aside, aside])])]);
        var gate = builder.Node("Mul", [builder.Node("Sigmoid", ["x"]), builder.Node("Add", [bump, builder.Floats([], 1)])]);
        builder.Node("Mul", ["x", gate]);
        Assert.Equal(74, builder.Import().Network.Evaluate<double>([37.0])[0], 1e-9);
    }

    [Fact]
    public void Gelu_with_a_rounded_constant_is_not_taken_for_Gelu()
    {
        var builder = new ModelBuilder();
        builder.Input([3]);
        var erf = builder.Node("Erf", [builder.Node("Div", ["x", builder.Floats([], 1.414)])]);
        builder.Node("Mul", ["x", builder.Node("Add", [erf, builder.Floats([], 1)])]);
        Assert.IsType<ProductNode>(builder.Import().Network.Output);
    }

    [Fact]
    public void A_perceptron_is_affine_and_elementwise_in_turn()
    {
        var builder = new ModelBuilder();
        var x = builder.Node("Sub", [builder.Node("Flatten", [builder.Input([1, 2, 3])]), builder.Weights(6)]);
        for (var layer = 0; layer < 2; layer++)
            x = builder.Node("Relu", [builder.Node("Add", [builder.Node("MatMul", [x, builder.Weights(6, 6)]), builder.Weights(6)])]);
        builder.Node("Gemm", [x, builder.Weights(2, 6)], ("transB", 1));
        Assert.Equal(
            [typeof(InputNode), typeof(AffineNode), typeof(ElementwiseNode), typeof(AffineNode), typeof(ElementwiseNode), typeof(AffineNode)],
            builder.Import().Network.Nodes.Select(node => node.GetType()));
    }

    [Fact]
    public void Batch_normalisation_folds_into_the_convolution_before_it()
    {
        var builder = new ModelBuilder();
        builder.Input([1, 2, 4, 4]);
        var y = builder.Node("Conv", ["x", builder.Weights(3, 2, 3, 3), builder.Weights(3)]);
        builder.Node("BatchNormalization", [y, builder.Weights(3), builder.Weights(3), builder.Weights(3), builder.Floats([3], 1, 2, 3)]);
        var affine = Assert.IsType<AffineNode>(builder.Import().Network.Output);
        Assert.IsType<ConvolutionMap>(Assert.Single(affine.Terms).Map);
    }

    [Fact]
    public void A_residual_sum_takes_in_its_branch_but_not_what_both_use()
    {
        var builder = new ModelBuilder();
        var x = builder.Node("Relu", [builder.Input([1, 4])]);
        builder.Node("Add", [builder.Node("MatMul", [x, builder.Weights(4, 4)]), x]);
        var network = builder.Import().Network;
        Assert.Equal(3, network.Nodes.Length);
        Assert.Equal(2, ((AffineNode)network.Output).Terms.Length);
    }

    [Fact]
    public void Dense_maps_whose_entries_cancel_stay_apart()
    {
        // [1 −1]·[x; x] is zero, but the deployed network rounds numbers of the size of x.
        var builder = new ModelBuilder();
        builder.Node("MatMul", [builder.Node("MatMul", [builder.Input([1, 1]), builder.Floats([1, 2], 3, 3)]), builder.Floats([2, 1], 1, -1)]);
        var affine = Assert.IsType<AffineNode>(builder.Import().Network.Output);
        var map = Assert.IsType<CompositionMap>(Assert.Single(affine.Terms).Map);
        Assert.Equal([6], map.Abs.Apply([1]));
    }

    [Fact]
    public void A_long_chain_of_products_is_read_in_no_time()
    {
        var builder = new ModelBuilder();
        var x = builder.Input([2]);
        for (var i = 0; i < 60; i++) x = builder.Node("Mul", [x, builder.Node("Tanh", [x])]);
        Assert.Equal(121, builder.Import().Network.Nodes.Length);
    }

    private static string OnePlusErf(ModelBuilder m) =>
        m.Node("Add", [m.Node("Erf", [m.Node("Div", ["x", m.Floats([], Math.Sqrt(2))])]), m.Floats([], 1)]);

    private static string OnePlusTanh(ModelBuilder m, string cube)
    {
        var inner = m.Node("Add", ["x", m.Node("Mul", [cube, m.Floats([], 0.044715)])]);
        return m.Node("Add", [m.Floats([], 1), m.Node("Tanh", [m.Node("Mul", [inner, m.Floats([], Math.Sqrt(2 / Math.PI))])])]);
    }
}
