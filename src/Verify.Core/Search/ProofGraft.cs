using System.Collections.Immutable;
using RobustVerify.Core.Certificates;
using RobustVerify.Core.Checking;

namespace RobustVerify.Core.Search;

/// <summary>Puts proofs of what was left to prove in their places in a proof.</summary>
internal static class ProofGraft
{
    /// <summary>A proof with parts replaced.</summary>
    /// <param name="proof">The proof.</param>
    /// <param name="open">The parts of it that were left to prove.</param>
    /// <param name="proofs">For each of them, its proof.</param>
    public static ProofPart Onto(ProofPart proof, ImmutableArray<OpenPart> open, ImmutableArray<ProofPart> proofs)
    {
        var replaced = new Dictionary<ProofPart, ProofPart>(ReferenceEqualityComparer.Instance);
        for (var i = 0; i < open.Length; i++)
        {
            // What the part proved of other violations it still does.
            var others = open[i].Part.Rows.RemoveAll(row => open[i].Violations.Contains(row.Violation));
            var neurons = others.IsEmpty ? [] : open[i].Part.Neurons;
            replaced[open[i].Part] = proofs[i] with { Neurons = neurons.AddRange(proofs[i].Neurons), Rows = others.AddRange(proofs[i].Rows) };
        }

        return Replace(proof, replaced);
    }

    private static ProofPart Replace(ProofPart part, Dictionary<ProofPart, ProofPart> replaced)
    {
        if (replaced.TryGetValue(part, out var other)) return other;
        return part.Cuts.IsEmpty ? part : part with
        {
            Cuts = [.. part.Cuts.Select(cut => cut with { Below = Replace(cut.Below, replaced), Above = Replace(cut.Above, replaced) })],
        };
    }
}
