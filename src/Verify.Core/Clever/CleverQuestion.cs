using RobustVerify.Core.Specifications;

namespace RobustVerify.Core.Clever;

/// <summary>What is asked of an estimator of CLEVER scores.</summary>
public sealed record CleverQuestion
{
    /// <summary>How a change of the input is measured.</summary>
    public Norm Norm { get; init; } = Norm.L2;

    /// <summary>The radius of the ball that gradients are sampled in, and the largest score.</summary>
    public required double Radius { get; init; }

    /// <summary>1 to bound the margin by its steepness, 2 by its gradient at the input and its curvature.</summary>
    public int Order { get; init; } = 1;

    /// <summary>The class of the input; without it, the one that the network gives it.</summary>
    public int? Label { get; init; }

    /// <summary>The classes that the input could be given.</summary>
    public CleverTargets Targets { get; init; }

    /// <summary>One class that the input could be given, in place of <see cref="Targets"/>.</summary>
    public int? Target { get; init; }

    /// <summary>The box that inputs lie in at all, where there is one: points of the ball beyond it are moved to its border.</summary>
    public InputRegion? Domain { get; init; }

    /// <summary>What happens to an input before the network sees it, where it has no useful derivative.</summary>
    public InputTransformation? Transformation { get; init; }

    /// <summary>How many batches, at least 10; each gives one maximum, and a law is fitted to these.</summary>
    public int Batches { get; init; } = 100;

    /// <summary>Samples of a batch, none of them used twice.</summary>
    public int Samples { get; init; } = UsualSamples(order: 1);

    /// <summary>Which random numbers are used.</summary>
    public ulong Seed { get; init; }

    /// <summary>How many samples a batch usually has: one of second order costs as much as hundreds of first order.</summary>
    public static int UsualSamples(int order) => order == 2 ? 64 : 1024;
}
