using System.Collections.Immutable;

namespace RobustVerify.Core.Checking;

/// <summary>What became of a proof that was checked.</summary>
/// <param name="Margin">
/// By how much every violation is missed in one of its constraints, at least, beyond the least margin that was asked for: rounded
/// down, and positive exactly where the proof is accepted.
/// </param>
/// <param name="Reason">Why the proof was rejected, or null.</param>
/// <param name="Path">The part where it fails, as the halves that lead to it, or null.</param>
public sealed record CheckResult(double Margin, string? Reason = null, string? Path = null)
{
    /// <summary>What there is nothing to prove of.</summary>
    public static CheckResult Accepted { get; } = new(double.PositiveInfinity);

    /// <summary>What is not checked any further.</summary>
    /// <param name="reason">Why.</param>
    public static CheckResult Rejected(string reason) => new(double.NegativeInfinity, reason);

    /// <summary>True where the proof proves the property.</summary>
    public bool IsAccepted => Reason is null;

    /// <summary>Where the proof says all that it should and it is not enough, the parts that are left to prove.</summary>
    public ImmutableArray<OpenPart> Open { get; init; } = [];

    /// <inheritdoc/>
    public override string ToString() => IsAccepted ? $"accepted, margin {Margin}" : $"rejected at {Path}: {Reason}";
}
