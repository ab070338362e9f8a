using RobustVerify.Core.Networks;
using RobustVerify.Core.Networks.Activations;

namespace RobustVerify.Core.Tests.Bounds;

/// <summary>Evaluates a network in float32 as some runtime might: adding in any order, fusing multiplications or not.</summary>
internal sealed class RoundedEvaluation(Random random)
{
    /// <summary>The values of every node.</summary>
    public Dictionary<Node, float[]> Values(Network network, float[] input)
    {
        var values = new Dictionary<Node, float[]>();
        foreach (var node in network.Nodes)
        {
            values[node] = node switch
            {
                AffineNode affine => Of(affine, values),
                ElementwiseNode elementwise => Of(elementwise.Activation, values[elementwise.Source]),
                ProductNode product => Of(product, values[product.Left], values[product.Right]),
                _ => input,
            };
        }

        return values;
    }

    private float[] Of(AffineNode node, Dictionary<Node, float[]> values)
    {
        var y = new float[node.Size];
        for (var output = 0; output < node.Size; output++)
        {
            var terms = new List<(float, float)>();
            if (node.Bias[output] != 0) terms.Add(((float)node.Bias[output], 1));
            foreach (var (source, map) in node.Terms)
            {
                var row = new double[source.Size];
                map.AccumulateRow(output, row);
                for (var i = 0; i < row.Length; i++)
                    if (row[i] != 0) terms.Add(((float)row[i], values[source][i]));
            }

            y[output] = Sum(terms);
        }

        return y;
    }

    private static float[] Of(Activation activation, float[] z)
    {
        var y = new float[z.Length];
        activation.Evaluate<float>(z, y);
        return y;
    }

    private float[] Of(ProductNode node, float[] left, float[] right)
    {
        var y = new float[node.Size];
        for (var i = 0; i < y.Length; i++)
        {
            var (b, row, column) = (i / (node.Rows * node.Columns), i / node.Columns % node.Rows, i % node.Columns);
            y[i] = Sum([.. Enumerable.Range(0, node.Inner).Select(k =>
                (left[(b * node.Rows + row) * node.Inner + k], right[(b * node.Inner + k) * node.Columns + column]))]);
        }

        return y;
    }

    // A random tree of additions.
    private float Sum(List<(float, float)> products)
    {
        if (products.Count == 0) return 0;
        var shuffled = products.ToArray();
        random.Shuffle(shuffled);
        if (random.Next(2) == 0)
        {
            var chain = 0f;
            foreach (var (a, b) in shuffled) chain = MathF.FusedMultiplyAdd(a, b, chain);
            return chain;
        }

        var parts = shuffled.Select(product => product.Item1 * product.Item2).ToList();
        while (parts.Count > 1)
        {
            var (first, last) = (random.Next(parts.Count - 1), parts[^1]);
            parts.RemoveAt(parts.Count - 1);
            parts[first] += last;
        }

        return parts[0];
    }
}
