using System.Numerics.Tensors;
using MathNet.Numerics.LinearAlgebra;
using RobustVerify.Core.Networks;
using RobustVerify.Core.Numerics;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Core.Clever;

/// <summary>How fast a function may fall short of its tangent: the largest −dᵀHd over changes d of length 1, or 0 where that is negative.</summary>
/// <remarks>
/// H is the Hessian. Its product with a vector is the pullback of the gradient network, which is a network again; no differences are
/// taken. For l1 and l∞ all of H is computed, and what is returned is at least the largest: the largest
/// of |Hᵢⱼ|, or their sum, with −Hᵢᵢ or 0 on the diagonal. For l2 it is the smallest eigenvalue, from all of H for up
/// to 32 inputs, and otherwise, from below, by 24 steps of Lanczos' method, which are worth some hundreds of the power iteration.
/// Source: Lanczos 1950; Pearlmutter 1994, Fast exact multiplication by the Hessian.
/// </remarks>
internal sealed class SampledCurvature
{
    private const int MostExact = 32;
    private const int Steps = 24;

    private readonly Norm norm;
    private readonly int size;
    private readonly int capacity;
    private readonly Network product;
    private readonly Evaluation<double> evaluation;
    private readonly double[] inputs;
    private readonly double[] hessian;
    private readonly double[][] basis;
    private readonly Matrix<double>[] tridiagonal;
    private readonly float[] start;

    /// <summary>Prepares a function, given by the network of its gradient, for up to a number of points at once.</summary>
    public SampledCurvature(Network gradient, Norm norm, int capacity)
    {
        (this.norm, this.capacity, size) = (norm, capacity, gradient.Input.Size);
        product = Differentiation.Pullback(gradient).Network;
        evaluation = new Evaluation<double>(product, capacity);
        inputs = new double[capacity * 2 * size];
        IsDense = norm != Norm.L2 || size <= MostExact;
        hessian = new double[IsDense ? size * size : 0];
        basis = IsDense ? [] : [.. Enumerable.Range(0, Steps + 1).Select(_ => new double[capacity * size])];
        tridiagonal = IsDense ? [] : [.. Enumerable.Range(0, capacity).Select(_ => Matrix<double>.Build.Dense(Steps, Steps))];
        start = new float[size];
    }

    private bool IsDense { get; }

    /// <summary>The largest curvature at any of some points; not a number where one is not.</summary>
    public double Largest(ReadOnlySpan<float> points, int rows, RandomLanes random)
    {
        if (!IsDense) return Lanczos(points, rows, random);
        var largest = 0.0;
        for (var row = 0; row < rows; row++) largest = Math.Max(largest, Dense(points.Slice(row * size, size)));
        return largest;
    }

    private double Dense(ReadOnlySpan<float> point)
    {
        for (var first = 0; first < size; first += capacity)
        {
            var count = Math.Min(capacity, size - first);
            for (var k = 0; k < count; k++)
            {
                TensorPrimitives.ConvertTruncating(point, inputs.AsSpan(2 * k * size, size));
                var unit = inputs.AsSpan((2 * k + 1) * size, size);
                unit.Clear();
                unit[first + k] = 1;
            }

            evaluation.Run(inputs.AsSpan(0, 2 * count * size), count);
            evaluation[product.Output].CopyTo(hessian.AsSpan(first * size));
        }

        if (hessian.AsSpan().ContainsAnyExceptInRange(double.MinValue, double.MaxValue)) return double.NaN;
        if (norm == Norm.L2) return Math.Max(0, -SmallestEigenvalue(Matrix<double>.Build.Dense(size, size, (i, j) => (hessian[i * size + j] + hessian[j * size + i]) / 2)));
        for (var i = 0; i < size; i++) hessian[i * size + i] = Math.Max(0, -hessian[i * size + i]);
        return norm == Norm.L1 ? DualNorm.Of<double>(hessian, Norm.L1) : DualNorm.Of<double>(hessian, Norm.Linf);
    }

    /// <summary>Every point has a basis of its own; products with the Hessians are taken for all points at once.</summary>
    private double Lanczos(ReadOnlySpan<float> points, int rows, RandomLanes random)
    {
        var (dimensions, isComplete) = (new int[rows], new bool[rows]);
        for (var row = 0; row < rows; row++)
        {
            TensorPrimitives.ConvertTruncating(points.Slice(row * size, size), inputs.AsSpan(2 * row * size, size));
            random.FillGaussian(start);
            var vector = basis[0].AsSpan(row * size, size);
            TensorPrimitives.ConvertTruncating(start, vector);
            TensorPrimitives.Multiply(vector, 1 / DualNorm.Of<double>(vector, Norm.L2), vector);
            tridiagonal[row].Clear();
        }

        for (var step = 0; step < Steps; step++)
        {
            for (var row = 0; row < rows; row++) basis[step].AsSpan(row * size, size).CopyTo(inputs.AsSpan((2 * row + 1) * size, size));
            evaluation.Run(inputs.AsSpan(0, 2 * rows * size), rows);
            evaluation[product.Output].CopyTo(basis[step + 1]);
            for (var row = 0; row < rows; row++)
            {
                var next = basis[step + 1].AsSpan(row * size, size);
                if (isComplete[row])
                {
                    next.Clear();
                    continue;
                }

                dimensions[row] = step + 1;
                var alpha = 0.0;
                for (var k = step; k >= 0; k--)
                {
                    ReadOnlySpan<double> earlier = basis[k].AsSpan(row * size, size);
                    var share = Reduction.Dot(earlier, next);
                    if (k == step) alpha = share;
                    TensorPrimitives.FusedMultiplyAdd(earlier, -share, next, next);
                }

                var beta = DualNorm.Of<double>(next, Norm.L2);
                tridiagonal[row][step, step] = alpha;
                if (!double.IsFinite(alpha) || !double.IsFinite(beta)) return double.NaN;

                // The basis spans all that its first vector can reach.
                isComplete[row] = beta <= 1e-10 * (Math.Abs(alpha) + (step > 0 ? tridiagonal[row][step - 1, step] : 0));
                if (isComplete[row] || step + 1 == Steps)
                {
                    next.Clear();
                    continue;
                }

                tridiagonal[row][step, step + 1] = tridiagonal[row][step + 1, step] = beta;
                TensorPrimitives.Multiply(next, 1 / beta, next);
            }
        }

        var largest = 0.0;
        for (var row = 0; row < rows; row++)
            largest = Math.Max(largest, -SmallestEigenvalue(tridiagonal[row].SubMatrix(0, dimensions[row], 0, dimensions[row])));
        return largest;
    }

    private static double SmallestEigenvalue(Matrix<double> symmetric)
    {
        var eigenvalues = symmetric.Evd(Symmetricity.Symmetric).EigenValues;
        return eigenvalues.Min(value => value.Real);
    }
}
