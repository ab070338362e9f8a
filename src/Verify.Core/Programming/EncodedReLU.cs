using RobustVerify.Core.Networks;

namespace RobustVerify.Core.Programming;

/// <summary>Where in a program a ReLU is whose input z may have both signs.</summary>
/// <param name="Node">The ReLUs.</param>
/// <param name="Element">Which of them.</param>
/// <param name="Input">The variable z.</param>
/// <param name="Output">The variable y = max(z, 0).</param>
/// <param name="Binary">The variable that is 1 where z ≥ 0 and 0 where z ≤ 0; −1 in a relaxation without integers.</param>
/// <param name="LowerRow">The row y − z ≥ 0; its dual is how much of y's cost is carried back to z with slope one.</param>
/// <param name="UpperRow">
/// The row above y: of a relaxation the triangle's, y − u/(u − l)·z ≤ −ul/(u − l); with a binary a, y − z − la ≤ −l.
/// </param>
/// <param name="BinaryRow">With a binary a, the row y − ua ≤ 0; otherwise −1.</param>
public readonly record struct EncodedReLU(ElementwiseNode Node, int Element, int Input, int Output, int Binary, int LowerRow, int UpperRow, int BinaryRow);
