namespace RobustVerify.Core.Specifications;

/// <summary>Which classes a CLEVER score is about: how far is the input from being given one of them?</summary>
public enum CleverTargets
{
    /// <summary>All other classes; the score is the least of theirs.</summary>
    Untargeted,

    /// <summary>The class of the second largest output.</summary>
    RunnerUp,

    /// <summary>The class of the smallest output.</summary>
    LeastLikely,
}
