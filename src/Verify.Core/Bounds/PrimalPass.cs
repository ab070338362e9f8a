using RobustVerify.Core.Networks;

namespace RobustVerify.Core.Bounds;

/// <summary>
/// The point that a row's bound is attained at: the corner of the region, carried forward through the lines and planes that
/// the row uses.
/// </summary>
internal sealed class PrimalPass(NodeBounds bounds, BackwardPass pass)
{
    private readonly Network network = bounds.Network;
    private readonly Dictionary<Node, double[]> values = [];

    /// <summary>The values of the nodes before a target: rows × size.</summary>
    /// <param name="target">The node that the rows are functions of.</param>
    /// <param name="rows">The rows after they were carried back, with what they multiplied every node by.</param>
    public IReadOnlyDictionary<Node, double[]> Values(Node target, BackwardRows rows)
    {
        for (var i = 0; i < network.IndexOf(target); i++)
        {
            var node = network.Nodes[i];
            // A node that the target does not depend on has no values, and one that sees such a node is none that counts.
            if (node is not AffineNode && !rows.Passed!.ContainsKey(node)) continue;
            if (node.Sources.Any(source => !values.ContainsKey(source))) continue;
            values[node] = node switch
            {
                AffineNode affine => Through(affine, rows.Count),
                ElementwiseNode elementwise => Through(elementwise, rows),
                ProductNode product => Through(product, rows),
                _ => Corners(rows),
            };
        }

        return values;
    }

    private double[] Corners(BackwardRows rows)
    {
        var size = network.Input.Size;
        var corners = new double[rows.Count * size];
        for (var row = 0; row < rows.Count; row++)
        {
            Concretization.Minimizer(
                rows.Passed![network.Input].AsSpan(row * size, size),
                bounds.Regions[rows.RegionOf[row]],
                corners.AsSpan(row * size, size));
        }

        return corners;
    }

    private double[] Through(AffineNode node, int count)
    {
        var y = new double[count * node.Size];
        for (var row = 0; row < count; row++) node.Bias.CopyTo(y.AsSpan(row * node.Size));
        foreach (var (source, map) in node.Terms) map.Accumulate<double>(values[source], y, count);
        return y;
    }

    private double[] Through(ElementwiseNode node, BackwardRows rows)
    {
        var own = rows.Lines.GetValueOrDefault(node);
        var lines = own ?? pass.LinesOf(node);
        var (a, z, y) = (rows.Passed![node], values[node.Source], new double[rows.Count * node.Size]);
        for (var row = 0; row < rows.Count; row++)
        {
            var line = (own is null ? rows.RegionOf[row] : row) * node.Size;
            for (var i = row * node.Size; i < (row + 1) * node.Size; i++, line++)
            {
                y[i] = a[i] >= 0
                    ? lines.LowerSlopes[line] * z[i] + lines.LowerOffsets[line]
                    : lines.UpperSlopes[line] * z[i] + lines.UpperOffsets[line];
            }
        }

        return y;
    }

    private double[] Through(ProductNode node, BackwardRows rows)
    {
        var planes = pass.PlanesOf(node);
        var (a, left, right) = (rows.Passed![node], values[node.Left], values[node.Right]);
        var y = new double[rows.Count * node.Size];
        var next = 0;
        for (var row = 0; row < rows.Count; row++)
        {
            for (var b = 0; b < node.Batch; b++)
            {
                for (var i = 0; i < node.Rows; i++)
                {
                    for (var j = 0; j < node.Columns; j++, next++)
                    {
                        var plane = rows.RegionOf[row] * node.Size + next % node.Size;
                        y[next] = planes.Offsets[plane] - Math.Sign(a[next]) * planes.Radii[plane];
                        for (var k = 0; k < node.Inner; k++)
                        {
                            var (x, z) = ((b * node.Rows + i) * node.Inner + k, (b * node.Inner + k) * node.Columns + j);
                            y[next] += planes.RightCenters[rows.RegionOf[row] * node.Right.Size + z] * left[row * node.Left.Size + x]
                                + planes.LeftCenters[rows.RegionOf[row] * node.Left.Size + x] * right[row * node.Right.Size + z];
                        }
                    }
                }
            }
        }

        return y;
    }
}
