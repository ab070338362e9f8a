using RobustVerify.Core.Networks;

namespace RobustVerify.Core.Bounds;

/// <summary>What a part of a region is told apart by: the input z of one ReLU is not negative there, or not positive.</summary>
/// <param name="Node">The ReLUs.</param>
/// <param name="Element">Which of them.</param>
/// <param name="Sign">1 where z ≥ 0, −1 where z ≤ 0.</param>
internal readonly record struct Split(ElementwiseNode Node, int Element, int Sign);
