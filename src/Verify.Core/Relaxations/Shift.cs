namespace RobustVerify.Core.Relaxations;

/// <summary>How far a line of given slope is shifted until it touches a function.</summary>
/// <param name="Offset">The line's value at zero, rounded outward.</param>
/// <param name="Contact">
/// Where the line touches, to rounding. The derivative of the offset with respect to the slope is −<paramref name="Contact"/>.
/// </param>
public readonly record struct Shift(double Offset, double Contact);
