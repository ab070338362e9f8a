using System.Numerics.Tensors;
using RobustVerify.Core.Numerics;

namespace RobustVerify.Training.Objectives;

/// <summary>
/// Radii of the margins z_y − z_j of scores z = W x + b, with the difference merged into the last layer: |W_y − W_j| r, which is
/// less than the sum of both scores' radii.
/// </summary>
/// <remarks>Memory of one thread.</remarks>
internal sealed class MarginRadii(int labels, int inputs)
{
    // |W_a − W_b| for every pair a < b, and its derivative.
    private readonly double[] differences = new double[labels * (labels - 1) / 2 * inputs];
    private readonly double[] gradients = new double[labels * (labels - 1) / 2 * inputs];

    /// <summary>Begins with the weights of the last layer, labels × inputs.</summary>
    public void Begin(ReadOnlySpan<double> weights)
    {
        Array.Clear(gradients);
        for (var a = 0; a < labels; a++)
        {
            for (var b = a + 1; b < labels; b++)
            {
                var difference = differences.AsSpan(Pair(a, b), inputs);
                TensorPrimitives.Subtract(weights.Slice(a * inputs, inputs), weights.Slice(b * inputs, inputs), difference);
                TensorPrimitives.Abs<double>(difference, difference);
            }
        }
    }

    /// <summary>The radii of the margins of one example, from those of the last layer's inputs.</summary>
    public void Forward(int label, ReadOnlySpan<double> inputRadii, Span<double> radii)
    {
        for (var j = 0; j < labels; j++)
            radii[j] = j == label ? 0 : Reduction.Dot(differences.AsSpan(Pair(label, j), inputs), inputRadii);
    }

    /// <summary>Adds the derivatives with respect to the radii of the last layer's inputs.</summary>
    public void Backward(int label, ReadOnlySpan<double> inputRadii, ReadOnlySpan<double> derivatives, Span<double> inputDerivatives)
    {
        for (var j = 0; j < labels; j++)
        {
            if (j == label) continue;
            var pair = Pair(label, j);
            TensorPrimitives.MultiplyAdd(differences.AsSpan(pair, inputs), derivatives[j], inputDerivatives, inputDerivatives);
            var gradient = gradients.AsSpan(pair, inputs);
            TensorPrimitives.MultiplyAdd(inputRadii, derivatives[j], gradient, gradient);
        }
    }

    /// <summary>Adds the derivatives with respect to the weights, of all examples since the beginning.</summary>
    public void End(ReadOnlySpan<double> weights, Span<double> gradient)
    {
        for (var a = 0; a < labels; a++)
        {
            for (var b = a + 1; b < labels; b++)
            {
                var pair = Pair(a, b);
                for (var k = 0; k < inputs; k++)
                {
                    var (first, second) = (weights[a * inputs + k], weights[b * inputs + k]);
                    var derivative = first > second ? gradients[pair + k] : first < second ? -gradients[pair + k] : 0;
                    gradient[a * inputs + k] += derivative;
                    gradient[b * inputs + k] -= derivative;
                }
            }
        }
    }

    // Where the pair begins, in either order.
    private int Pair(int a, int b)
    {
        var (first, second) = (Math.Min(a, b), Math.Max(a, b));
        return (first * (2 * labels - first - 1) / 2 + second - first - 1) * inputs;
    }
}
