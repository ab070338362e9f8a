using RobustVerify.Core.Networks;
using RobustVerify.Core.Networks.LinearMaps;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Core.Lipschitz;

/// <summary>Which Lipschitz constant is asked for: the least L with ‖f(x) − f(y)‖ ≤ L ‖x − y‖ for all inputs x and y of a region.</summary>
/// <remarks>
/// The same norm measures inputs and outputs. Of a single output (or margin) it is the largest dual norm of the gradient: the
/// l∞ constant is the largest sum of absolute derivatives. Inputs that the region fixes do not differ, so they do not count; a
/// region that is a single point has the constant 0.
/// </remarks>
public sealed class LipschitzQuestion
{
    /// <summary>Asks for the constant of all outputs together.</summary>
    /// <param name="network">The network f.</param>
    /// <param name="norm">The norm of inputs and outputs.</param>
    /// <param name="region">Where the inputs lie; left out, everywhere.</param>
    /// <exception cref="ArgumentException">The region is not one of the network's inputs.</exception>
    public LipschitzQuestion(Network network, Norm norm, InputRegion? region = null)
    {
        if (region is not null && region.Size != network.Input.Size)
            throw new ArgumentException($"The region has {region.Size} inputs, the network {network.Input.Size}.", nameof(region));
        (Network, Norm, Region) = (network, norm, region);
    }

    /// <summary>The network whose constant it is.</summary>
    public Network Network { get; }

    /// <summary>The norm of inputs and outputs.</summary>
    public Norm Norm { get; }

    /// <summary>Where the inputs lie; null for everywhere.</summary>
    public InputRegion? Region { get; }

    /// <summary>The same of one output, or of the difference of two; of none given, of all outputs.</summary>
    /// <exception cref="ArgumentException">There is no such output, or they are more than two, or the same.</exception>
    public LipschitzQuestion OfOutputs(ReadOnlySpan<int> outputs)
    {
        foreach (var output in outputs)
        {
            if (output < 0 || output >= Network.Output.Size) throw new ArgumentException($"There is no output {output}; the model has the outputs 0 to {Network.Output.Size - 1}.");
        }

        return outputs switch
        {
            [] => this,
            [var only] => OfOutput(only),
            [var label, var other] when label != other => OfMargin(label, other),
            _ => throw new ArgumentException("A constant is one of all outputs, of one, or of two that differ."),
        };
    }

    /// <summary>The same of one output alone.</summary>
    public LipschitzQuestion OfOutput(int output)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(output);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(output, Network.Output.Size);
        return Of(output, -1);
    }

    /// <summary>The same of the difference of two outputs.</summary>
    public LipschitzQuestion OfMargin(int label, int other)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(label);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(label, Network.Output.Size);
        ArgumentOutOfRangeException.ThrowIfNegative(other);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(other, Network.Output.Size);
        ArgumentOutOfRangeException.ThrowIfEqual(other, label);
        return Of(label, other);
    }

    private LipschitzQuestion Of(int added, int subtracted)
    {
        var row = new double[Network.Output.Size];
        row[added] = 1;
        if (subtracted >= 0) row[subtracted] = -1;
        var output = new AffineNode(Network.Output, new DenseMap(row, 1, row.Length));
        return new LipschitzQuestion(new Network(Network.Input, output, Network.Inputs), Norm, Region);
    }
}
