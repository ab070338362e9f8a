using RobustVerify.Core.Networks.LinearMaps;
using RobustVerify.Core.Numerics;

namespace RobustVerify.Core.Lipschitz.Norms;

/// <summary>An upper bound of the l2 norm of a convolution, without its matrix.</summary>
/// <remarks>
/// <para>
/// On an infinite image a convolution multiplies every frequency ω by its symbol, a matrix of channels, and a finite image with zeros around
/// it is part of an infinite one: so the norm is at most the largest ‖Ŵ(ω)‖. A stride s is a convolution of s² times the channels.
/// ‖Ŵ(ω)‖ is looked up on a grid of N × N frequencies; for unit vectors, Re uᴴŴv is a trigonometric polynomial of degree m in
/// either variable, and stays above M cos(mt) within t of its maximum M, so no more than 1/cos(πm/N) a variable is lost between.
/// </para>
/// <para>Sources: Sedghi et al. 2019, arXiv 1805.10408 (the symbol); M. Riesz 1914 (the maximum).</para>
/// </remarks>
internal static class ConvolutionNorm
{
    public static double Upper(ConvolutionMap map)
    {
        var shape = map.Shape;
        var groups = shape.Groups;
        var (outputs, inputs) = (shape.OutputChannels / groups, shape.InputChannels / groups);
        var (strideH, strideW) = (shape.StrideHeight, shape.StrideWidth);
        var columns = inputs * strideH * strideW;

        // The symbol of the phases: input row p·stride + r, with p the position in the coarser image.
        var (reachH, reachW) = ((shape.KernelHeight - 1) * shape.DilationHeight / strideH, (shape.KernelWidth - 1) * shape.DilationWidth / strideW);
        var (degreeH, degreeW) = ((reachH + 1) / 2, (reachW + 1) / 2);
        var (gridH, gridW) = (Grid(degreeH), Grid(degreeW));
        if ((long)gridH * gridW * outputs * columns * Math.Min(outputs, columns) * groups > 1L << 30) return double.PositiveInfinity;
        var largest = 0.0;
        var weights = map.Kernel.ToArray();
        for (var g = 0; g < groups; g++)
        {
            for (var u = 0; u < gridH; u++)
            {
                // The symbol at −ω is the conjugate of that at ω.
                for (var v = 0; v <= (u == 0 || 2 * u == gridH ? gridW / 2 : u > gridH / 2 ? -1 : gridW - 1); v++)
                    largest = Math.Max(largest, At(2 * Math.PI * u / gridH, 2 * Math.PI * v / gridW, g));
            }
        }

        var lost = Math.Cos(Math.PI * degreeH / gridH) * Math.Cos(Math.PI * degreeW / gridW) - 1e-14;
        return Rounding.Up(largest / lost);

        double At(double omega, double nu, int group)
        {
            // [Re −Im; Im Re] has the norm of the complex matrix.
            var matrix = new double[4 * outputs * columns];
            var sum = 0.0;
            for (var o = 0; o < outputs; o++)
            {
                for (var c = 0; c < inputs; c++)
                {
                    for (var i = 0; i < shape.KernelHeight; i++)
                    {
                        for (var j = 0; j < shape.KernelWidth; j++)
                        {
                            var (y, x) = (i * shape.DilationHeight, j * shape.DilationWidth);
                            var weight = weights[(((group * outputs + o) * inputs + c) * shape.KernelHeight + i) * shape.KernelWidth + j];
                            var column = (c * strideH + y % strideH) * strideW + x % strideW;
                            var angle = omega * (y / strideH) + nu * (x / strideW);
                            var (re, im) = (weight * Math.Cos(angle), weight * Math.Sin(angle));
                            matrix[o * 2 * columns + column] += re;
                            matrix[o * 2 * columns + columns + column] -= im;
                            matrix[(outputs + o) * 2 * columns + column] += im;
                            matrix[(outputs + o) * 2 * columns + columns + column] += re;
                            sum += weight * weight;
                        }
                    }
                }
            }

            // Angles below 2¹⁰ are off by 2⁻⁴² at most, sines by a few units in the last place: taken with a part in 10¹¹ of all weights.
            return SpectralNorm.Upper(matrix, 2 * outputs, 2 * columns) + 1e-11 * Math.Sqrt(sum * shape.KernelHeight * shape.KernelWidth);
        }
    }

    private static int Grid(int degree) => degree == 0 ? 1 : Math.Max(16, 16 * degree);
}
