namespace RobustVerify.Core.Specifications;

/// <summary>How the size of a change of the input is measured.</summary>
public enum Norm
{
    /// <summary>The sum of the absolute changes.</summary>
    L1,

    /// <summary>The Euclidean length of the change.</summary>
    L2,

    /// <summary>The largest absolute change.</summary>
    Linf,
}
