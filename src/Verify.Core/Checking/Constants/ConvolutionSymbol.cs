using RobustVerify.Core.Networks.LinearMaps;
using RobustVerify.Core.Numerics;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Core.Checking.Constants;

/// <summary>The l2 norm of a convolution on an image without end, which is at least that on a finite one with zeros around it.</summary>
/// <remarks>
/// <para>
/// There it multiplies every frequency by a matrix of channels, its symbol. With a stride s, the inputs at s·a + b are channels of their own for every
/// b, over a. The norm is the largest of all symbols.
/// </para>
/// <para>
/// For unit vectors Re uᴴŴ(ω)v is, shifted to the middle of its frequencies, a trigonometric polynomial of degree m, half of the kernel's reach; near
/// the place of its largest absolute value M it is at least M cos(mt) at a distance t (M. Riesz 1914). So a grid of N frequencies misses no more of the norm than a factor
/// 1/cos(πm/N) for each of the two variables.
/// </para>
/// </remarks>
internal static class ConvolutionSymbol
{
    private const long MostWork = 1L << 31;

    /// <summary>An upper bound of the norm; infinite where the symbols are too many or too large.</summary>
    public static double Upper(ConvolutionMap map)
    {
        var shape = map.Shape;
        var (outputs, inputs) = (shape.OutputChannels / shape.Groups, shape.InputChannels / shape.Groups);
        var (vertical, horizontal) = ((shape.KernelHeight - 1) * shape.DilationHeight / shape.StrideHeight, (shape.KernelWidth - 1) * shape.DilationWidth / shape.StrideWidth);
        var (rows, columns) = (2 * outputs, 2 * inputs * shape.StrideHeight * shape.StrideWidth);
        var (high, wide) = (Grid(vertical), Grid(horizontal));
        var order = (long)Math.Min(rows, columns);
        if (shape.Groups * (high / 2 + 1) * wide * order * (16 * order * order + (long)rows * columns) > 16 * MostWork) return double.PositiveInfinity;
        var largest = 0.0;
        for (var group = 0; group < shape.Groups; group++)
        {
            // Opposite frequencies have conjugate symbols.
            for (var u = 0; u <= high / 2; u++)
            {
                for (var v = 0; v < wide; v++) largest = Math.Max(largest, At(2 * Math.PI * u / high, 2 * Math.PI * v / wide, group));
            }
        }

        return Rounding.Up(largest / (Math.Cos(Math.PI * vertical / 2 / high) * Math.Cos(Math.PI * horizontal / 2 / wide)) * (1 + 1e-14));

        double At(double omega, double nu, int group)
        {
            // The real matrix [A −B; B A] of a complex one A + iB.
            var (matrix, sizes) = (new double[rows * columns], new double[outputs * columns / 2]);
            for (var o = 0; o < outputs; o++)
            {
                for (var c = 0; c < inputs; c++)
                {
                    for (var i = 0; i < shape.KernelHeight * shape.KernelWidth; i++)
                    {
                        var (y, x) = (i / shape.KernelWidth * shape.DilationHeight, i % shape.KernelWidth * shape.DilationWidth);
                        var weight = map.Kernel[((group * outputs + o) * inputs + c) * shape.KernelHeight * shape.KernelWidth + i];
                        var channel = (c * shape.StrideHeight + y % shape.StrideHeight) * shape.StrideWidth + x % shape.StrideWidth;
                        var (sine, cosine) = Math.SinCos(omega * (y / shape.StrideHeight) + nu * (x / shape.StrideWidth));
                        matrix[o * columns + channel] += weight * cosine;
                        matrix[o * columns + columns / 2 + channel] -= weight * sine;
                        matrix[(outputs + o) * columns + channel] += weight * sine;
                        matrix[(outputs + o) * columns + columns / 2 + channel] += weight * cosine;
                        sizes[o * (columns / 2) + channel] += Math.Abs(weight);
                    }
                }
            }

            // Angles of up to some thousands are off by parts in 10¹² at most, and so are their sines.
            return MatrixNorms.Upper(matrix, rows, columns, Norm.L2) + 1e-11 * MatrixNorms.OfSizes(sizes, outputs, columns / 2, Norm.L2);
        }
    }

    private static int Grid(int reach) => reach == 0 ? 1 : Math.Max(16, 8 * reach);
}
