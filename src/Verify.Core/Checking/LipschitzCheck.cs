namespace RobustVerify.Core.Checking;

/// <summary>What became of a Lipschitz constant's bounds that were checked.</summary>
/// <param name="Lower">What the witness shows that the constant is at least, rounded down.</param>
/// <param name="Upper">What the proof shows that it is at most, rounded up.</param>
/// <param name="Reason">Why the certificate was rejected, or null.</param>
/// <param name="Path">The part where its proof fails, or null.</param>
public sealed record LipschitzCheck(double Lower, double Upper, string? Reason = null, string? Path = null)
{
    /// <summary>What is not checked any further.</summary>
    /// <param name="reason">Why.</param>
    public static LipschitzCheck Rejected(string reason) => new(0, double.PositiveInfinity, reason);

    /// <summary>True where the bounds that were claimed follow.</summary>
    public bool IsAccepted => Reason is null;
}
