using RobustVerify.Core.Bounds;
using RobustVerify.Core.Lipschitz;
using RobustVerify.Core.Networks;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Core.ReportCards;

/// <summary>How far an input is from another class at least, by the Lipschitz constants of the margins.</summary>
/// <remarks>
/// Over nested balls around the input, of radii R₁ &lt; R₂ &lt; …, the margin over another class has the constants L₁ ≤ L₂ ≤ …, and on the way out it
/// falls by at most Lᵢ(Rᵢ − Rᵢ₋₁) from one to the next (<see cref="Rings"/>). The radius is where it may be used up, at most that of the outermost
/// ball: no less than min(R, margin/L) of any one ball. Of all classes the least counts. Sound, for the network's function of real
/// numbers; rounded down.
/// </remarks>
internal static class LipschitzRadius
{
    private const int Balls = 5;

    // Where nothing else is known, the next ball is a few times smaller.
    private const double Shrinkage = 1.0 / 64;

    // The radius lies between two balls that differ by less.
    private const double Resolution = 0.05;

    // A lower bound of the constant is of no use here.
    private static readonly LipschitzBudget Budget = new() { Samples = 1, Steps = 0 };

    /// <summary>The radius; nothing where no constant is known.</summary>
    /// <param name="scores">The network.</param>
    /// <param name="input">The input.</param>
    /// <param name="label">Its class.</param>
    /// <param name="norm">Measures the distance.</param>
    /// <param name="ball">The ball of a radius around the input, as far as it lies in the domain.</param>
    /// <param name="reach">The radius of the outermost ball.</param>
    /// <param name="cancellation">Ends the work with an <see cref="OperationCanceledException"/>.</param>
    public static double? Certified(
        Network scores, double[] input, int label, Norm norm, Func<double, InputRegion> ball, double reach, CancellationToken cancellation)
    {
        var point = InputRegion.Box(input, input);
        var others = Enumerable.Range(0, scores.Output.Size).Where(other => other != label)
            .Select(other => (Class: other, Margin: Margin(other)))
            .OrderBy(other => other.Margin).ToArray();
        if (!(others[0].Margin > 0) || reach == 0) return 0;
        foreach (var (other, margin) in others)
        {
            var rings = new Rings(margin);
            var beyond = reach;
            for (var (i, radius) = (0, reach); i < Balls && beyond > rings.Radius * (1 + Resolution); i++)
            {
                rings.Add(radius, Constant(other, radius));
                if (rings.Radius < radius) beyond = radius;
                radius = Math.Sqrt(Math.Max(rings.Radius, Shrinkage * beyond) * beyond);
            }

            if (!rings.Known) return null;
            reach = rings.Radius; // what another class settles is not asked of the others
        }

        return reach;

        LipschitzQuestion Question(int other, InputRegion region) => new LipschitzQuestion(scores, norm, region).OfMargin(label, other);

        double Margin(int other)
        {
            var margin = Question(other, point).Network;
            return IntervalPropagation.Propagate(margin, [point]).Lower(margin.Output)[0];
        }

        double Constant(int other, double radius)
        {
            var constant = LipschitzEstimation.Bound(Question(other, ball(radius)), Budget, cancellation);
            cancellation.ThrowIfCancellationRequested(); // it ends early with a bound that depends on when
            return constant.Upper;
        }
    }
}
