using RobustVerify.Core.Networks;
using RobustVerify.Core.Numerics;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Core.Lipschitz.Norms;

/// <summary>The product of the norms of all layers.</summary>
/// <remarks>
/// Requires nothing where the network has no products of computed tensors; these need a region. Returns an upper bound of the
/// Lipschitz constant in any norm: sound, since the constant of a composition is at most the product of the constants, and of a sum
/// at most their sum; rounded up. Functions count with their steepest slope over the region. One pass; the l2 norms of the
/// matrices cost most.
/// </remarks>
internal static class NormProduct
{
    public static double Upper(Problem problem)
    {
        var network = problem.Network;
        var constants = new double[network.Nodes.Length];
        for (var i = 0; i < constants.Length; i++)
        {
            constants[i] = network.Nodes[i] switch
            {
                AffineNode affine => OfSum(affine),
                ElementwiseNode elementwise => Times(Steepest(elementwise), Of(elementwise.Source)),
                ProductNode product => OfProduct(product),
                _ => 1,
            };
        }

        return constants[^1];

        double Of(Node node) => constants[network.IndexOf(node)];

        double OfSum(AffineNode node)
        {
            var sum = 0.0;
            foreach (var (source, map) in node.Terms) sum = Rounding.Up(sum + Times(OperatorNorm.Upper(map, problem.Norm), Of(source)));
            return sum;
        }

        double Steepest(ElementwiseNode node)
        {
            var (lower, upper) = Slopes.Of(node, problem.Bounds);
            var steepest = 0.0;
            for (var i = 0; i < lower.Length; i++) steepest = Math.Max(steepest, Math.Max(-lower[i], upper[i]));
            return steepest;
        }

        // d(XY) = dX Y + X dY: rows of dX meet Yᵀ, columns of dY meet X.
        double OfProduct(ProductNode node)
        {
            if (problem.Bounds is not { } bounds) return double.PositiveInfinity;
            var (left, right) = (bounds.Magnitude(node.Left), bounds.Magnitude(node.Right));
            var (ofLeft, ofRight) = (0.0, 0.0);
            for (var b = 0; b < node.Batch; b++)
            {
                var x = left.AsSpan(b * node.Rows * node.Inner, node.Rows * node.Inner);
                var y = right.AsSpan(b * node.Inner * node.Columns, node.Inner * node.Columns);
                ofLeft = Math.Max(ofLeft, MatrixNorm.OfMagnitudes(x, node.Rows, node.Inner, problem.Norm));
                ofRight = Math.Max(ofRight, MatrixNorm.OfMagnitudes(y, node.Inner, node.Columns, Dual(problem.Norm)));
            }

            return Rounding.Up(Times(ofRight, Of(node.Left)) + Times(ofLeft, Of(node.Right)));
        }
    }

    /// <summary>The norm of a transposed matrix is the dual norm of the matrix.</summary>
    private static Norm Dual(Norm norm) => norm switch { Norm.L1 => Norm.Linf, Norm.Linf => Norm.L1, _ => Norm.L2 };

    // What does not depend on the input has the constant 0, however steep what follows may be.
    private static double Times(double a, double b) => a == 0 || b == 0 ? 0 : Rounding.Up(a * b);
}
