namespace RobustVerify.Core.Relaxations;

/// <summary>slope·z + offset.</summary>
/// <param name="Slope">The slope.</param>
/// <param name="Offset">The value at zero.</param>
public readonly record struct Line(double Slope, double Offset);
