using RobustVerify.Core.Certificates;
using RobustVerify.Core.Numerics;
using RobustVerify.Core.Specifications;
using RobustVerify.Core.Verification;

namespace RobustVerify.Core.ReportCards;

/// <summary>The nearest counterexample that attacks find.</summary>
/// <remarks>
/// Attacks in balls that grow until one succeeds and shrink from there on; what is found is moved towards the sample along the line
/// between them, as far as it stays a counterexample: one that the deployed model answers wrongly, and the network of real numbers, too, so that
/// nothing that is true of either excludes it. Where only rounding makes counterexamples, the first of these is told. The distance
/// is above the least of all counterexamples, nobody knows by how much.
/// </remarks>
internal static class NearestCounterexample
{
    private const int Doublings = 20;
    private const int Shrinkings = 12;
    private const int Moves = 24;

    // What is left between an attack that fails and the nearest counterexample, as a part of its distance.
    private const double Resolution = 1e-3;

    /// <summary>The counterexample and its distance, rounded up; nothing where no attack succeeds.</summary>
    /// <param name="verifier">Attacks the model.</param>
    /// <param name="propertyAt">The property within a radius of the sample.</param>
    /// <param name="sample">The sample.</param>
    /// <param name="norm">Measures the distance.</param>
    /// <param name="radius">The radius of the first attack.</param>
    /// <param name="cancellation">Ends the work with an <see cref="OperationCanceledException"/>.</param>
    public static (Counterexample Counterexample, double Distance)? Find(
        Verifier verifier, Func<double, Property> propertyAt, float[] sample, Norm norm, double radius, CancellationToken cancellation)
    {
        if (verifier.CounterexampleAt(sample, propertyAt(0)) is { } itself) return (itself, 0);
        var (failed, nearest, rounded) = (0.0, default((Counterexample Counterexample, double Distance)?), default(Counterexample));
        for (var doubling = 0; doubling < Doublings && nearest is null; doubling++, radius *= 2)
        {
            nearest = Attack(radius);
            if (nearest is null) failed = radius;
        }

        for (var shrinking = 0; shrinking < Shrinkings && nearest is var (_, distance) && failed < distance * (1 - Resolution); shrinking++)
        {
            var middle = failed + (distance - failed) / 2;
            if (Attack(middle) is { } nearer) nearest = nearer;
            else failed = middle;
        }

        return nearest ?? (rounded is null ? null : (rounded, Distance(sample, rounded.Input.AsSpan(), norm)));

        (Counterexample, double)? Attack(double size)
        {
            var property = propertyAt(size);
            if (verifier.Attack(property, Budget.Default, cancellation) is not { } found) return null;
            if (!Consistency.IsReal(property.Output, verifier.Model.Scores, found))
            {
                rounded ??= found;
                return null;
            }

            var moved = Towards(verifier, property, sample, found);
            return (moved, Distance(sample, moved.Input.AsSpan(), norm));
        }
    }

    /// <summary>‖y − x‖, rounded up.</summary>
    internal static double Distance(ReadOnlySpan<float> x, ReadOnlySpan<float> y, Norm norm)
    {
        var sum = 0.0;
        for (var i = 0; i < x.Length; i++)
        {
            var change = Rounding.SumUp(Math.Max(x[i], y[i]), -Math.Min(x[i], y[i]));
            sum = norm switch
            {
                Norm.L1 => Rounding.SumUp(sum, change),
                Norm.L2 => Rounding.SumUp(sum, Rounding.ProductUp(change, change)),
                _ => Math.Max(sum, change),
            };
        }

        if (norm != Norm.L2) return sum;
        var root = Math.Sqrt(sum);
        return Math.FusedMultiplyAdd(root, root, -sum) >= 0 ? root : Rounding.Up(root);
    }

    /// <summary>The counterexample nearest to a sample on the line to one that is known, as far as bisection finds it.</summary>
    private static Counterexample Towards(Verifier verifier, Property property, float[] sample, Counterexample known)
    {
        var (low, high, nearest) = (0.0, 1.0, known);
        for (var move = 0; move < Moves; move++)
        {
            var share = low + (high - low) / 2;
            var point = new float[sample.Length];

            // Rounding keeps it between its two ends, so in the domain.
            for (var i = 0; i < point.Length; i++) point[i] = (float)(sample[i] + share * ((double)known.Input[i] - sample[i]));
            if (verifier.CounterexampleAt(point, property) is { } nearer && Consistency.IsReal(property.Output, verifier.Model.Scores, nearer)) (high, nearest) = (share, nearer);
            else low = share;
        }

        return nearest;
    }
}
