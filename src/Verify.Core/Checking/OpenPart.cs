using System.Collections.Immutable;
using RobustVerify.Core.Certificates;

namespace RobustVerify.Core.Checking;

/// <summary>A part without cuts whose rows do not exclude all that they should: what is left to prove.</summary>
/// <param name="Part">The part of the proof.</param>
/// <param name="Lower">The lower ends of its box.</param>
/// <param name="Upper">The upper ends of its box.</param>
/// <param name="Cuts">The cuts of neurons that tell it apart, the first one first.</param>
/// <param name="Violations">The indices of the violations that are not excluded.</param>
/// <param name="Shortfall">By how much a bound falls short, at most; infinite where there is none.</param>
public sealed record OpenPart(
    ProofPart Part,
    ImmutableArray<double> Lower,
    ImmutableArray<double> Upper,
    ImmutableArray<SignedCut> Cuts,
    ImmutableArray<int> Violations,
    double Shortfall)
{
    /// <summary>The same with one entry a part, for all violations.</summary>
    internal static ImmutableArray<OpenPart> Together(IEnumerable<OpenPart> open) =>
    [
        .. open.GroupBy(one => one.Part, ReferenceEqualityComparer.Instance).Select(same => same.First() with
        {
            Violations = [.. same.SelectMany(one => one.Violations).Distinct().Order()],
            Shortfall = same.Max(one => one.Shortfall),
        }),
    ];
}

/// <summary>What a half of a neuron cut tells: sign·(z − at) ≥ 0 for what goes into an elementwise node.</summary>
/// <param name="Node">The index of the node.</param>
/// <param name="Source">The index of its source.</param>
/// <param name="Element">Which element z of the source.</param>
/// <param name="Sign">1 above the cut, −1 below it.</param>
/// <param name="At">Where it is cut.</param>
public sealed record SignedCut(int Node, int Source, int Element, int Sign, double At);
