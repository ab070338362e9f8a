using RobustVerify.Core.Certificates;

namespace RobustVerify.Core.Search;

/// <summary>A part of a proof that a search is about to find.</summary>
internal sealed class ProofBranch
{
    private readonly List<(Cut Cut, ProofBranch Below, ProofBranch Above)> cuts = [];
    private ProofPart part = new();

    /// <summary>Takes in what is known of the part; returns the branches of its divisions' parts, each one's below and above.</summary>
    public IEnumerable<ProofBranch> Grow<TPart>(Bounded<TPart> bounded)
    {
        part = new ProofPart { Neurons = bounded.Neurons, Rows = bounded.Rows };
        foreach (var division in bounded.Divisions) cuts.Add((division.Cut, new ProofBranch(), new ProofBranch()));
        return cuts.SelectMany(cut => new[] { cut.Below, cut.Above });
    }

    /// <summary>The proof of the part, once all its divisions' parts are proved.</summary>
    public ProofPart ToProof() => part with
    {
        Cuts = [.. cuts.Select<(Cut Cut, ProofBranch Below, ProofBranch Above), ProofCut>(cut => cut.Cut.Node == 0
            ? new InputCut(cut.Cut.Element, cut.Cut.At, cut.Below.ToProof(), cut.Above.ToProof())
            : new NeuronCut(cut.Cut.Node, cut.Cut.Element, cut.Cut.At, cut.Below.ToProof(), cut.Above.ToProof()))],
    };
}
