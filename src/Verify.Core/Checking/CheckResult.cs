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
    /// <summary>True where the proof proves the property.</summary>
    public bool IsAccepted => Reason is null;

    /// <summary>Where the proof says all that it should and it is not enough, the parts that are left to prove.</summary>
    public ImmutableArray<OpenPart> Open { get; init; } = [];

    /// <inheritdoc/>
    public override string ToString() => IsAccepted ? $"accepted, margin {Margin}" : $"rejected at {Path}: {Reason}";
}
