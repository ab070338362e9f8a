namespace RobustVerify.Training;

/// <summary>A training between two epochs: all that it depends on, besides what it was begun with.</summary>
/// <param name="Epochs">The epochs that are done.</param>
/// <param name="Loss">The loss of the last of them, averaged over its batches.</param>
/// <param name="Parameters">The parameters.</param>
/// <param name="Steps">Steps of Adam.</param>
/// <param name="Means">Adam's averages of gradients; empty for L-BFGS.</param>
/// <param name="Squares">Adam's averages of their squares; empty for L-BFGS.</param>
public sealed record TrainingState(int Epochs, double Loss, double[] Parameters, int Steps, double[] Means, double[] Squares);
