using System.Collections.Immutable;

namespace RobustVerify.Core.Certificates;

/// <summary>Why a Lipschitz constant is not above a bound: how the region and the slopes are divided, and by what every part is bounded.</summary>
/// <remarks>
/// Data only, and nothing in it is believed: whoever checks it derives every bound itself, and the proof shows the largest of them. Nodes
/// are told by their index in the network over the inputs that vary; neurons by their number, counted through all functions of a chain.
/// </remarks>
public sealed record LipschitzProof
{
    /// <summary>Neurons that are bounded over the region by lines of their own, in the order of their nodes.</summary>
    public ImmutableArray<NeuronRow> Neurons { get; init; } = [];

    /// <summary>What bounds the derivative over the whole region.</summary>
    public required LipschitzPart Whole { get; init; }
}

/// <summary>What bounds the derivative over a part.</summary>
public abstract record LipschitzPart;

/// <summary>By the product of the norms of all layers.</summary>
public sealed record NormProductPart : LipschitzPart;

/// <summary>By lines for the Jacobian of a chain, or by intervals where these say as much.</summary>
public sealed record JacobianPart : LipschitzPart;

/// <summary>By lines for the gradient network of every output.</summary>
/// <param name="Outputs">The lines of every output, as far as they are not those of least area; none where all are.</param>
public sealed record GradientPart(ImmutableArray<GradientLines> Outputs) : LipschitzPart;

/// <summary>The lines by which the gradient of one output is bounded.</summary>
/// <param name="Neurons">Neurons of the gradient network that are bounded by lines of their own.</param>
/// <param name="Entries">For every entry of the gradient those of its lower bound and those of its upper one; none where all are of least area.</param>
/// <param name="Sum">In l∞ those of the sum of the entries' absolute values.</param>
public sealed record GradientLines(ImmutableArray<NeuronRow> Neurons, ImmutableArray<RowLines> Entries, RowLines Sum);

/// <summary>In l2 by multipliers of slopes: the quadratic form of the chain that they make is positive definite.</summary>
/// <param name="Constant">The bound.</param>
/// <param name="Multipliers">One for every neuron, not negative.</param>
public sealed record MultiplierPart(double Constant, ImmutableArray<double> Multipliers) : LipschitzPart;

/// <summary>By the larger of two bounds, where the slope of a neuron is fixed at one end or at the other: the norm is convex in it.</summary>
/// <param name="Neuron">The neuron.</param>
/// <param name="AtLower">Where its slope is least.</param>
/// <param name="AtUpper">Where its slope is largest.</param>
public sealed record SlopeCut(int Neuron, LipschitzPart AtLower, LipschitzPart AtUpper) : LipschitzPart;

/// <summary>By the larger of the bounds of two halves of a box.</summary>
/// <param name="Input">Which input is cut, of those that vary.</param>
/// <param name="At">Where it is cut.</param>
/// <param name="Below">The half where it is at most that.</param>
/// <param name="Above">The half where it is at least that.</param>
public sealed record BoxHalves(int Input, double At, LipschitzPart Below, LipschitzPart Above) : LipschitzPart;

/// <summary>By the larger of two bounds: where what goes into a neuron is not positive, and where it is not negative.</summary>
/// <param name="Neuron">The neuron. Of all layers before its own every sign is known.</param>
/// <param name="Negative">The side where the neuron's argument is not positive.</param>
/// <param name="Positive">The side where it is not negative.</param>
public sealed record SignCut(int Neuron, LipschitzPart Negative, LipschitzPart Positive) : LipschitzPart;

/// <summary>Some neurons have one sign on a part, which therefore is bounded with their slopes fixed.</summary>
/// <param name="Signs">The signs, each shown with those before it.</param>
/// <param name="Part">What bounds the derivative then.</param>
public sealed record SignedPart(ImmutableArray<ShownSign> Signs, LipschitzPart Part) : LipschitzPart;

/// <summary>A neuron whose argument has one sign on a part, since the other side is empty.</summary>
/// <param name="Neuron">The neuron.</param>
/// <param name="IsPositive">Which sign.</param>
/// <param name="Multipliers">
/// What the sign cuts that lead to the part are multiplied by, from the first one on, so that the sum excludes the other side. Missing ones
/// are zero.
/// </param>
public readonly record struct ShownSign(int Neuron, bool IsPositive, ImmutableArray<double> Multipliers);

/// <summary>A side of a sign cut that has no interior, so that it has no derivative of its own.</summary>
/// <param name="Meeting">
/// The sign cuts before this one, counted from 0, whose arguments are zero at the vertex where the neuron's argument reaches zero.
/// </param>
/// <param name="Ends">For every input −1 where it is at its lower end there, 1 at its upper end, 0 in between.</param>
public sealed record FlatPart(ImmutableArray<int> Meeting, ImmutableArray<int> Ends) : LipschitzPart;
