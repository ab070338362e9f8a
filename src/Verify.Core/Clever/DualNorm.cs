using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Core.Clever;

/// <summary>The norm of a gradient that bounds what a change of the input does: the dual of the change's norm.</summary>
internal static class DualNorm
{
    /// <summary>Largest element for l1, Euclidean length for l2, sum for l∞; of magnitudes, in an order that is the same on every machine.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static T Of<T>(ReadOnlySpan<T> gradient, Norm norm)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var (lanes, i) = (Vector512<T>.Zero, 0);
        for (; i <= gradient.Length - Vector512<T>.Count; i += Vector512<T>.Count)
        {
            var g = Vector512.Create(gradient[i..]);
            lanes = norm switch
            {
                Norm.L1 => Vector512.Max(lanes, Vector512.Abs(g)),
                Norm.L2 => lanes + g * g,
                _ => lanes + Vector512.Abs(g),
            };
        }

        var result = T.Zero;
        for (var lane = 0; lane < Vector512<T>.Count; lane++) result = norm == Norm.L1 ? T.Max(result, lanes[lane]) : result + lanes[lane];
        for (; i < gradient.Length; i++)
        {
            var g = T.Abs(gradient[i]);
            result = norm switch { Norm.L1 => T.Max(result, g), Norm.L2 => result + g * g, _ => result + g };
        }

        return norm == Norm.L2 ? T.Sqrt(result) : result;
    }

    /// <summary>The norms of gradients that are the columns of a matrix, as many as fill vectors.</summary>
    /// <param name="gradients">elements × columns.</param>
    /// <param name="norms">One for each column, to be written.</param>
    /// <param name="norm">The norm of changes.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void OfColumns<T>(ReadOnlySpan<T> gradients, Span<T> norms, Norm norm)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        for (var column = 0; column < norms.Length; column += Vector512<T>.Count)
        {
            var result = Vector512<T>.Zero;
            for (var i = column; i < gradients.Length; i += norms.Length)
            {
                var g = Vector512.Create(gradients[i..]);
                result = norm switch
                {
                    Norm.L1 => Vector512.Max(result, Vector512.Abs(g)),
                    Norm.L2 => result + g * g,
                    _ => result + Vector512.Abs(g),
                };
            }

            (norm == Norm.L2 ? Vector512.Sqrt(result) : result).CopyTo(norms[column..]);
        }
    }
}
