using System.Numerics.Tensors;
using RobustVerify.Core.Numerics;
using RobustVerify.Training.Layers;

namespace RobustVerify.Training.Objectives;

/// <summary>The squared Frobenius norm of the Jacobian of the outputs, and its derivative, both exact.</summary>
/// <remarks>
/// Row k of the Jacobian is g = Jᵀeₖ, by reverse differentiation. Since d‖g‖² = 2g·dg, the derivative is that of 2eₖ·(J t)
/// with t = g held fixed: the directional derivative of an output, by forward differentiation, is differentiated in
/// reverse. Its derivative with respect to a layer's weights is (adjoint of the layer's output from the first pass) × (tangent of its
/// input); with respect to an activation's argument it is f″ · tangent · adjoint, which <see cref="ValuePass.Backward"/> takes further
/// down together with everything else. Memory of one thread; everything is rows × size of the layer.
/// </remarks>
internal sealed class JacobianPass
{
    private readonly Architecture architecture;
    private readonly ValuePass values;
    private readonly double[][] adjoints;
    private readonly double[][] tangents;
    private readonly double[]?[] slopes;
    private readonly double[]?[] curvatures;

    public JacobianPass(Architecture architecture, ValuePass values, int capacity)
    {
        (this.architecture, this.values) = (architecture, values);
        int[] sizes = [architecture.InputSize, .. architecture.Layers.Select(layer => layer.OutputSize)];
        adjoints = Array.ConvertAll(sizes, size => new double[capacity * size]);
        tangents = Array.ConvertAll(sizes, size => new double[capacity * size]);
        slopes = [.. architecture.Layers.Select(layer => layer is ActivationLayer ? new double[capacity * layer.InputSize] : null)];
        curvatures = [.. architecture.Layers.Select(layer => layer is ActivationLayer ? new double[capacity * layer.InputSize] : null)];
    }

    /// <summary>The sum over rows of weight · ‖J‖²; its derivative goes to the gradient and to the pass of the values.</summary>
    public double Accumulate(ReadOnlySpan<double> parameters, Span<double> gradient, int rows, double weight)
    {
        for (var i = 0; i < architecture.Layers.Length; i++)
        {
            if (architecture.Layers[i] is not ActivationLayer layer) continue;
            var x = values.Values(i, rows);
            layer.Activation.Derivative.Evaluate(x, slopes[i]);
            layer.Activation.Derivative.Derivative.Evaluate(x, curvatures[i]);
        }

        var (sum, inputs) = (0.0, rows * architecture.InputSize);
        for (var output = 0; output < architecture.OutputSize; output++)
        {
            var seed = adjoints[^1].AsSpan(0, rows * architecture.OutputSize);
            seed.Clear();
            for (var row = 0; row < rows; row++) seed[row * architecture.OutputSize + output] = 1;
            Reverse(parameters, rows);
            var jacobian = adjoints[0].AsSpan(0, inputs);
            sum += weight * Reduction.Dot(jacobian, jacobian);
            TensorPrimitives.Multiply(jacobian, 2 * weight, tangents[0].AsSpan(0, inputs));
            Forward(parameters, gradient, rows);
        }

        return sum;
    }

    private void Reverse(ReadOnlySpan<double> parameters, int rows)
    {
        for (var i = architecture.Layers.Length - 1; i >= 0; i--)
        {
            var layer = architecture.Layers[i];
            Span<double> dy = adjoints[i + 1].AsSpan(0, rows * layer.OutputSize), dx = adjoints[i].AsSpan(0, rows * layer.InputSize);
            if (layer is AffineLayer affine)
            {
                dx.Clear();
                affine.ApplyTransposed(architecture.Weights(parameters, i), dy, dx, rows);
            }
            else
            {
                TensorPrimitives.Multiply(slopes[i].AsSpan(0, dy.Length), dy, dx);
            }
        }
    }

    private void Forward(ReadOnlySpan<double> parameters, Span<double> gradient, int rows)
    {
        for (var i = 0; i < architecture.Layers.Length; i++)
        {
            var layer = architecture.Layers[i];
            Span<double> tx = tangents[i].AsSpan(0, rows * layer.InputSize), ty = tangents[i + 1].AsSpan(0, rows * layer.OutputSize);
            ReadOnlySpan<double> dy = adjoints[i + 1].AsSpan(0, rows * layer.OutputSize);
            if (layer is AffineLayer affine)
            {
                affine.AccumulateWeights(tx, dy, architecture.Weights(gradient, i), rows);
                ty.Clear();
                affine.Apply(architecture.Weights(parameters, i), tx, ty, rows);
            }
            else
            {
                var curvature = curvatures[i].AsSpan(0, tx.Length);
                var source = values.Sources(i, rows);
                for (var k = 0; k < tx.Length; k++) source[k] += curvature[k] * tx[k] * dy[k];
                TensorPrimitives.Multiply(slopes[i].AsSpan(0, tx.Length), tx, ty);
            }
        }
    }
}
