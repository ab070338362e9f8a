using System.Collections.Immutable;

namespace RobustVerify.Core.Certificates;

/// <summary>Why a property holds on a part of its region: by which lines it is bounded there, and how what is left open is divided.</summary>
/// <remarks>
/// Data only, and nothing in it is believed: slopes and multipliers of any value give sound bounds, good ones give bounds that prove
/// something. Whoever checks a proof computes offsets and bounds itself. The root is the whole region. A part is bounded anew
/// after its input was cut; after a neuron was cut it keeps the bounds of the part that it is cut from, but for that neuron's and
/// for what <see cref="Neurons"/> names. Nodes are told by their index in the network that the property is posed on.
/// </remarks>
public sealed record ProofPart
{
    /// <summary>Neurons that are bounded by lines of their own, in the order of their nodes.</summary>
    public ImmutableArray<NeuronRow> Neurons { get; init; } = [];

    /// <summary>
    /// What excludes violations, or confines them to a smaller box: rows of one violation take away from the part's box what they
    /// exclude, one after the other, and what is divided further is the smallest box around what they leave of all violations.
    /// </summary>
    public ImmutableArray<ViolationRow> Rows { get; init; } = [];

    /// <summary>
    /// How the part is divided, where its rows leave violations open. Each of these is excluded in both halves of one of the cuts:
    /// mostly there is one cut, but different violations may be best told apart by different ones.
    /// </summary>
    public ImmutableArray<ProofCut> Cuts { get; init; } = [];
}

/// <summary>A part of a region in two halves that share the cut.</summary>
/// <param name="At">Where it is cut.</param>
/// <param name="Below">The half where the number that is cut is at most that.</param>
/// <param name="Above">The half where it is at least that.</param>
public abstract record ProofCut(double At, ProofPart Below, ProofPart Above);

/// <summary>Halves that are told apart by an element of the input, which is a box.</summary>
/// <param name="Input">The element.</param>
/// <param name="At">Where it is cut.</param>
/// <param name="Below">The half where it is at most that.</param>
/// <param name="Above">The half where it is at least that.</param>
public sealed record InputCut(int Input, double At, ProofPart Below, ProofPart Above) : ProofCut(At, Below, Above);

/// <summary>Halves that are told apart by what goes into an activation.</summary>
/// <param name="Node">The index of the elementwise node.</param>
/// <param name="Element">Which element of its source.</param>
/// <param name="At">Where it is cut.</param>
/// <param name="Below">The half where it is at most that.</param>
/// <param name="Above">The half where it is at least that.</param>
public sealed record NeuronCut(int Node, int Element, double At, ProofPart Below, ProofPart Above) : ProofCut(At, Below, Above);

/// <summary>A bound of one neuron from below or above.</summary>
/// <param name="Node">The index of the neuron's node.</param>
/// <param name="Element">Which element of it.</param>
/// <param name="Sign">1 for a bound from below, −1 for one from above.</param>
/// <param name="Lines">The lines that give it.</param>
public sealed record NeuronRow(int Node, int Element, int Sign, RowLines Lines);

/// <summary>A linear function of the output that is at most a bound wherever a violation happens.</summary>
/// <param name="Violation">The index of the violation, a conjunction of constraints.</param>
/// <param name="Weights">What its constraints are multiplied by before they are added up, not negative.</param>
/// <param name="Lines">The lines that bound the sum from below.</param>
public sealed record ViolationRow(int Violation, ImmutableArray<float> Weights, RowLines Lines)
{
    /// <summary>A row that is one constraint of its violation.</summary>
    /// <param name="violation">The violation.</param>
    /// <param name="constraint">The constraint.</param>
    /// <param name="constraints">How many the violation has.</param>
    /// <param name="lines">The lines that bound it from below.</param>
    public static ViolationRow Of(int violation, int constraint, int constraints, RowLines lines)
    {
        var weights = new float[constraints];
        weights[constraint] = 1;
        return new(violation, [.. weights], lines);
    }
}

/// <summary>The lines by which one row is carried backwards, as far as they are not those of least area.</summary>
/// <param name="Neurons">Which activations, counted through all elementwise nodes of the network, in ascending order.</param>
/// <param name="Slopes">For each of them, the slope of the line on the side that the row needs.</param>
/// <param name="Multipliers">
/// Those of what neuron cuts tell, not negative: one for each cut from the root to the part, in this order. Missing ones are zero, and
/// those of cuts that come after the node of the row count nothing.
/// </param>
public sealed record RowLines(ImmutableArray<int> Neurons, ImmutableArray<Half> Slopes, ImmutableArray<float> Multipliers)
{
    /// <summary>The lines of least area everywhere.</summary>
    public static RowLines LeastArea { get; } = new([], [], []);
}
