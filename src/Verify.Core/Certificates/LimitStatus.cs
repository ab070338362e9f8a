namespace RobustVerify.Core.Certificates;

/// <summary>What is known of a limit, from worst to best.</summary>
public enum LimitStatus
{
    /// <summary>All that is known or estimated lies beyond the limit.</summary>
    Broken,

    /// <summary>The limit lies within what is known or estimated.</summary>
    Undecided,

    /// <summary>All that is known or estimated keeps the limit.</summary>
    Kept,
}
