namespace RobustVerify.Core.Lipschitz;

/// <summary>A way to bound a Lipschitz constant from above.</summary>
public enum LipschitzMethod
{
    /// <summary>The product of the norms of all layers.</summary>
    NormProduct,

    /// <summary>Multipliers of slopes by a formula: ECLipsE-Fast; l2, chains only.</summary>
    EclipseFast,

    /// <summary>The best multipliers of slopes, with division: l2, chains only.</summary>
    SlopeProgram,

    /// <summary>The Jacobian by intervals; chains only.</summary>
    IntervalJacobian,

    /// <summary>The Jacobian by lines that know signs, and its norm as one function; chains only.</summary>
    GatedJacobian,

    /// <summary>The gradient network by optimised lines; over a region only.</summary>
    GradientNetwork,
}
