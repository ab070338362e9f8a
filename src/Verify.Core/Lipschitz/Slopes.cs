using RobustVerify.Core.Networks;
using RobustVerify.Core.Networks.Activations;
using RobustVerify.Core.Bounds;
using RobustVerify.Core.Relaxations;

namespace RobustVerify.Core.Lipschitz;

/// <summary>Between which numbers the difference quotients of an activation lie.</summary>
internal static class Slopes
{
    /// <summary>Of every element of a node over the region of its bounds, or everywhere where there are none.</summary>
    public static (double[] Lower, double[] Upper) Of(ElementwiseNode node, NodeBounds? bounds)
    {
        var (lower, upper) = (new double[node.Size], new double[node.Size]);
        if (bounds is null)
        {
            var (least, most) = Of(node.Activation, double.NegativeInfinity, double.PositiveInfinity);
            Array.Fill(lower, least);
            Array.Fill(upper, most);
            return (lower, upper);
        }

        var from = bounds.Lower(node.Source);
        var to = bounds.Upper(node.Source);
        for (var i = 0; i < lower.Length; i++) (lower[i], upper[i]) = Of(node.Activation, from[i], to[i]);
        return (lower, upper);
    }

    /// <summary>Of an activation between two numbers; infinite where it jumps or may be undefined.</summary>
    public static (double Lower, double Upper) Of(Activation activation, double lower, double upper)
    {
        if (activation is ReLU) return lower >= 0 ? (1, 1) : upper <= 0 ? (0, 0) : (0, 1);
        if (activation is LipschitzActivation { LipschitzConstant: var steepest }) return (-steepest, steepest);
        return activation.IsDefinedOn(lower, upper) && !Jumps(activation, lower, upper)
            ? Slir.Range(activation.Derivative, lower, upper)
            : (double.NegativeInfinity, double.PositiveInfinity);
    }

    private static bool Jumps(Activation activation, double lower, double upper)
    {
        if (upper - lower > 2 * activation.Period)
        {
            lower = double.IsInfinity(lower) ? 0 : lower;
            upper = lower + 2 * activation.Period;
        }

        for (var piece = activation.PieceAt(lower); piece.End < upper;)
        {
            var next = activation.PieceAt(piece.End);
            var (before, after) = (piece.Function.Value(piece.End), next.Function.Value(piece.End));
            if (!(Math.Abs(before - after) <= 1e-12 * (1 + Math.Abs(before)))) return true;
            piece = next;
        }

        return activation.PieceAt(upper) is { Start: var start } last && start == upper && start > lower
            && !(Math.Abs(activation.PieceAt(Math.BitDecrement(upper)).Function.Value(upper) - last.Function.Value(upper)) <= 1e-12 * (1 + Math.Abs(last.Function.Value(upper))));
    }
}
