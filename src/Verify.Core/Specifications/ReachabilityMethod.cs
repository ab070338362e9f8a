namespace RobustVerify.Core.Specifications;

/// <summary>What the outputs over an input region are enclosed in.</summary>
public enum ReachabilityMethod
{
    /// <summary>A box, by interval propagation.</summary>
    Interval,

    /// <summary>A box, by linear bounds with lines that are optimised.</summary>
    Linear,

    /// <summary>A zonotope, by affine forms.</summary>
    Zonotope,

    /// <summary>A polytope in chosen directions, by linear bounds with lines that are optimised.</summary>
    Polytope,

    /// <summary>The smallest box, by optimising every output: of ReLU networks, while the work that is allowed lasts.</summary>
    Exact,
}
