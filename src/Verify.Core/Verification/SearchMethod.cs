namespace RobustVerify.Core.Verification;

/// <summary>What decides a property that an attack and bounds leave open.</summary>
public enum SearchMethod
{
    /// <summary>What suits the network and the region.</summary>
    Any,

    /// <summary>Nothing: it stays open.</summary>
    None,

    /// <summary>The region, a box, in halves.</summary>
    Inputs,

    /// <summary>The inputs of activations in halves.</summary>
    Neurons,

    /// <summary>The signs of ReLUs' inputs, by a mixed-integer program.</summary>
    Program,
}
