using RobustVerify.Core.Networks;

namespace RobustVerify.Core.Bounds.Splits;

/// <summary>What a part of a region is told apart by: what goes into one activation is at least a number there, or at most that.</summary>
/// <param name="Node">The activations.</param>
/// <param name="Element">Which of them.</param>
/// <param name="Sign">1 where z ≥ p, −1 where z ≤ p.</param>
/// <param name="At">The number p.</param>
/// <param name="On">The activation on what this and the part's earlier splits leave of its interval.</param>
internal readonly record struct Split(ElementwiseNode Node, int Element, int Sign, double At, SplitElement On)
{
    /// <summary>Whether a value lies on its side.</summary>
    public bool Holds(double z) => Sign * (z - At) >= 0;
}
