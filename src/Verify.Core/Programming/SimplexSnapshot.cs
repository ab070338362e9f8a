namespace RobustVerify.Core.Programming;

/// <summary>A basis, and the weights of its rows, to come back to.</summary>
/// <param name="Places">Where every variable and every row's value is.</param>
/// <param name="Weights">The dual steepest edge weight of every one that is basic, in their order.</param>
internal sealed record SimplexSnapshot(VariablePlace[] Places, float[] Weights);
