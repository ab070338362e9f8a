using RobustVerify.Core.Networks;
using RobustVerify.Core.Networks.LinearMaps;

namespace RobustVerify.Core.Lipschitz;

/// <summary>A matrix and a bias, with what they are off by.</summary>
/// <param name="Rows">Outputs.</param>
/// <param name="Columns">Inputs.</param>
/// <param name="Matrix">rows × columns.</param>
/// <param name="Magnitude">At least the absolute values of the matrix; more where entries are sums that cancel.</param>
/// <param name="Bias">One element a row.</param>
/// <param name="BiasMagnitude">At least its absolute values.</param>
/// <param name="Roundings">The matrix and the bias are off by at most γ of so many roundings times their magnitudes.</param>
internal sealed record DenseLayer(int Rows, int Columns, double[] Matrix, double[] Magnitude, double[] Bias, double[] BiasMagnitude, int Roundings);

/// <summary>A network in which matrices and elementwise functions take turns: W₁, f₁, W₂, …, W_L.</summary>
internal sealed class DenseChain
{
    private const long MostEntries = 1 << 22;

    private DenseChain(DenseLayer[] layers, ElementwiseNode[] functions, Problem problem)
    {
        (Layers, Functions) = (layers, functions);
        (LowerSlopes, UpperSlopes) = (new double[functions.Length][], new double[functions.Length][]);
        for (var k = 0; k < functions.Length; k++) (LowerSlopes[k], UpperSlopes[k]) = Slopes.Of(functions[k], problem.Bounds);
    }

    /// <summary>The affine layers, one more than functions.</summary>
    public DenseLayer[] Layers { get; }

    /// <summary>The functions between them.</summary>
    public ElementwiseNode[] Functions { get; }

    /// <summary>The least slope of every function over the region.</summary>
    public double[][] LowerSlopes { get; }

    /// <summary>The largest slope of every function over the region.</summary>
    public double[][] UpperSlopes { get; }

    /// <summary>The chain of a network; null where it is none, a matrix is too large, or a slope is not bounded.</summary>
    public static DenseChain? Of(Problem problem)
    {
        var (layers, functions) = (new List<DenseLayer>(), new List<ElementwiseNode>());
        var node = problem.Network.Output;
        while (true)
        {
            var affine = new List<AffineNode>();
            while (node is AffineNode { Terms: [var term] } one)
            {
                affine.Insert(0, one);
                node = term.Source;
            }

            if (Layer(affine, node.Size) is not { } layer) return null;
            layers.Insert(0, layer);
            if (node is InputNode) break;
            if (node is not ElementwiseNode function) return null;
            functions.Insert(0, function);
            node = function.Source;
        }

        return Bounded(new DenseChain([.. layers], [.. functions], problem));
    }

    /// <summary>The same chain over a part of the region; null where a slope is not bounded.</summary>
    public static DenseChain? Of(DenseChain chain, Problem part) => Bounded(new DenseChain(chain.Layers, chain.Functions, part));

    private static DenseChain? Bounded(DenseChain chain) =>
        chain.LowerSlopes.Concat(chain.UpperSlopes).All(slopes => slopes.All(double.IsFinite)) ? chain : null;

    private static DenseLayer? Layer(List<AffineNode> nodes, int size)
    {
        if (nodes.Count == 0) nodes = [new AffineNode(new InputNode(size), SelectionMap.Identity(size))];
        var map = nodes[0].Terms[0].Map;
        var (bias, magnitude) = (nodes[0].Bias.ToArray(), nodes[0].BiasMagnitude.ToArray());
        foreach (var node in nodes.Skip(1))
        {
            var next = node.Terms[0].Map;
            map = new CompositionMap(next, map);
            (bias, magnitude) = (next.Apply(bias), next.Abs.Apply(magnitude));
            for (var i = 0; i < bias.Length; i++) (bias[i], magnitude[i]) = (bias[i] + node.Bias[i], magnitude[i] + node.BiasMagnitude[i]);
        }

        if ((long)map.InputSize * map.OutputSize > MostEntries) return null;
        var exact = nodes.Count == 1 && map is DenseMap or SelectionMap or ScaleMap or BlockSumMap or ConvolutionMap;
        return new DenseLayer(
            map.OutputSize, map.InputSize, Matrix(map), Matrix(map.Abs), bias, magnitude, exact ? 0 : map.LongestInnerProduct + 2 * nodes.Count + 2);
    }

    private static double[] Matrix(LinearMap map)
    {
        var matrix = new double[map.OutputSize * map.InputSize];
        for (var i = 0; i < map.OutputSize; i++) map.AccumulateRow(i, matrix.AsSpan(i * map.InputSize, map.InputSize));
        return matrix;
    }
}
