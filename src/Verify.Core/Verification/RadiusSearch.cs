using RobustVerify.Core.Certificates;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Core.Verification;

/// <summary>The largest radius that is certified and the smallest at which an attack succeeds, both by bisection.</summary>
/// <remarks>
/// Requires a property that can be posed at any radius. The certified radius is sound; the attacked radius is the size of a
/// region that really holds a counterexample. The true radius lies between them.
/// </remarks>
public static class RadiusSearch
{
    private const int Doublings = 20;
    private const int Bisections = 12;

    /// <summary>Searches between 0 and the largest scale at which one of the two may still change.</summary>
    /// <param name="verifier">Decides the property at one radius.</param>
    /// <param name="propertyAt">The property with all radii multiplied by a scale.</param>
    /// <param name="budget">How much work one property may cost.</param>
    /// <param name="cancellation">Ends the work with an <see cref="OperationCanceledException"/>.</param>
    /// <returns>The certificate at scale 1, with both radii as scales.</returns>
    public static Certificate Search(
        Verifier verifier, Func<double, Property> propertyAt, Budget budget, CancellationToken cancellation = default)
    {
        var certificate = verifier.Verify(propertyAt(1), budget, cancellation);
        var certified = Certified(verifier, propertyAt, budget, cancellation);
        var attacked = Largest(
            scale => verifier.Attack(propertyAt(scale), budget, cancellation) is null);
        return certificate with
        {
            CertifiedRadius = certified,
            AttackedRadius = double.IsFinite(attacked.Fails) ? attacked.Fails : null,
        };
    }

    /// <summary>The largest scale found at which bounds prove the property, or 0.</summary>
    internal static double Certified(Verifier verifier, Func<double, Property> propertyAt, Budget budget, CancellationToken cancellation)
    {
        bool IsProved(PropertyBounds bounds, double scale) =>
            verifier.Bound(bounds, propertyAt(scale), budget, cancellation).Verdict == Verdict.Verified;

        // The bounds of one radius help the next. What they prove together, those of the radius alone may just miss: the
        // radius that is told is one that is proved when asked for by itself.
        var (bounds, proved) = (verifier.BoundsOf(propertyAt(1)), new Stack<double>());
        Largest(scale =>
        {
            if (!IsProved(bounds, scale)) return false;
            proved.Push(scale);
            return true;
        });
        while (proved.TryPeek(out var scale) && !IsProved(verifier.BoundsOf(propertyAt(scale)), scale)) proved.Pop();
        return proved.TryPeek(out var largest) ? largest : 0;
    }

    /// <summary>The largest scale found at which something holds, and the smallest above it at which it does not.</summary>
    private static (double Holds, double Fails) Largest(Func<double, bool> holds)
    {
        var (low, high) = (0.0, double.PositiveInfinity);
        var scale = 1.0;
        for (var i = 0; i < Doublings && !double.IsFinite(high); i++, scale *= 2)
        {
            if (holds(scale)) low = scale;
            else high = scale;
        }

        if (!double.IsFinite(high)) return (low, high);
        for (var i = 0; i < Bisections; i++)
        {
            var middle = low + (high - low) / 2;
            if (holds(middle)) low = middle;
            else high = middle;
        }

        return (low, high);
    }
}
