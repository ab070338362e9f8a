namespace RobustVerify.Core.Specifications;

/// <summary>Which arithmetic a proof speaks of.</summary>
public enum Semantics
{
    /// <summary>The network's function of real numbers, with the model's weights.</summary>
    Real,

    /// <summary>
    /// What a runtime computes from them in float32, adding the terms of a sum in any order. A proof of this is also one of
    /// <see cref="Real"/>.
    /// </summary>
    Float32,
}
