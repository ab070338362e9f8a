using RobustVerify.Core.Networks;
using RobustVerify.Core.Networks.Activations;

namespace RobustVerify.Core.Clever;

/// <summary>Whether a network has a gradient that is continuous, so that its curvature says how fast the gradient changes.</summary>
internal static class Smoothness
{
    /// <summary>The first node at which the function or its slope may jump, or nothing where the network is smooth.</summary>
    public static ElementwiseNode? FirstBend(Network network) =>
        network.Nodes.OfType<ElementwiseNode>().FirstOrDefault(node => !IsContinuous(node.Activation) || !IsContinuous(node.Activation.Derivative));

    // A function is smooth on every piece: it can jump only from one to the next.
    private static bool IsContinuous(Activation function)
    {
        try
        {
            var isPeriodic = double.IsFinite(function.Period);
            var piece = function.PieceAt(isPeriodic ? 0 : double.NegativeInfinity);
            while (piece.End < (isPeriodic ? function.Period + 1 : double.PositiveInfinity))
            {
                var next = function.PieceAt(piece.End);
                var (left, right) = (piece.Function.Value(piece.End), next.Function.Value(next.Start));

                // Where it has no value, or a pole, there is nothing to jump from or to.
                if (double.IsFinite(left) && double.IsFinite(right) && Math.Abs(left - right) > 1e-9 * (1 + Math.Abs(left))) return false;
                piece = next;
            }

            return true;
        }
        catch (NotSupportedException)
        {
            return false; // nothing is known of its shape
        }
    }
}
