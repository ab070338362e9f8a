using System.Collections.Immutable;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Core.Certificates;

/// <summary>What was found out about a Lipschitz constant of a model: two bounds, with the proof of one and the witness of the other.</summary>
/// <remarks>
/// It is a constant of the network's function of real numbers: the least L with ‖f(x) − f(y)‖ ≤ L ‖x − y‖ for all inputs x and y of the
/// region. Inputs that the region fixes do not count.
/// </remarks>
public sealed record LipschitzCertificate
{
    /// <summary>A name that tells it from others of the same model; empty where there is only one.</summary>
    public string Name { get; init; } = "";

    /// <summary>SHA-256 of the model, in hexadecimal.</summary>
    public required string Model { get; init; }

    /// <summary>The norm of inputs and outputs.</summary>
    public required Norm Norm { get; init; }

    /// <summary>Where the inputs lie; null for everywhere.</summary>
    public InputRegion? Region { get; init; }

    /// <summary>Whether it is a constant of the scores before a final softmax or sigmoid.</summary>
    public bool OnScores { get; init; }

    /// <summary>One output alone, or two, whose difference counts; none for all together.</summary>
    public ImmutableArray<int> Outputs { get; init; } = [];

    /// <summary>The constant is at least that.</summary>
    public required double Lower { get; init; }

    /// <summary>The constant is at most that; infinite where nothing is known.</summary>
    public required double Upper { get; init; }

    /// <summary>The input near which the network is so steep as the lower bound says; empty where that is zero.</summary>
    public ImmutableArray<double> Witness { get; init; } = [];

    /// <summary>The method that gave the upper bound.</summary>
    public required string Method { get; init; }

    /// <summary>The version of the engine.</summary>
    public required string Engine { get; init; }

    /// <summary>Why the upper bound holds; null where it is infinite.</summary>
    public LipschitzProof? Proof { get; init; }
}
