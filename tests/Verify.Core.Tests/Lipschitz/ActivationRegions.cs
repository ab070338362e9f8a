using RobustVerify.Core.Networks;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Core.Tests.Lipschitz;

/// <summary>All activation regions of a network of ReLUs or LeakyReLUs of two inputs over a square or a ball, as polygons that its neurons cut.</summary>
internal static class ActivationRegions
{
    // Smaller polygons are rounding.
    private const double LeastArea = 1e-11;

    /// <summary>The largest norm of the derivative over all regions with interior, in a square.</summary>
    public static double LargestNorm(Network network, double low, double high, Norm norm) => LargestNorm(network, InputRegion.Box([low, low], [high, high]), norm);

    /// <summary>The same in a square, or in a ball that is as wide as it is high.</summary>
    public static double LargestNorm(Network network, InputRegion around, Norm norm)
    {
        var (x, y) = (around.Lower[0] / 2 + around.Upper[0] / 2, around.Lower[1] / 2 + around.Upper[1] / 2);
        var regions = Of(network, around);
        if (around.Norm == Core.Specifications.Norm.L2) regions = [.. regions.Where(region => region.DistanceTo((x, y)) < (around.Upper[0] - around.Lower[0]) / 2)];
        return regions.Max(region => Norm(region.Matrix, norm));
    }

    /// <summary>The smallest and the largest value of every output over a square: at corners of regions.</summary>
    public static (double Least, double Most)[] Ranges(Network network, InputRegion square)
    {
        var regions = Of(network, square);
        return [.. Enumerable.Range(0, network.Output.Size).Select(i =>
        {
            var values = regions.SelectMany(region => region.Corners.Select(p => region.Matrix[i][0] * p.X + region.Matrix[i][1] * p.Y + region.Bias[i])).ToArray();
            return (values.Min(), values.Max());
        })];
    }

    private static List<Region> Of(Network network, InputRegion around)
    {
        var (x, y) = (around.Lower[0] / 2 + around.Upper[0] / 2, around.Lower[1] / 2 + around.Upper[1] / 2);
        var (low, high, bottom, top) = (around.Lower[0], around.Upper[0], around.Lower[1], around.Upper[1]);
        (double, double)[] corners = around.Norm == Core.Specifications.Norm.L1 ? [(x, bottom), (high, y), (x, top), (low, y)] : [(low, bottom), (high, bottom), (high, top), (low, top)];
        List<Region> regions = [new(corners, [[1, 0], [0, 1]], [0, 0])];
        foreach (var node in network.Nodes)
        {
            if (node is AffineNode affine) regions = [.. regions.Select(region => region.Through(affine))];
            else if (node is ElementwiseNode { Activation: var activation }) regions = [.. regions.SelectMany(region => region.Cut(-activation.Value(-1)))];
        }

        return regions;
    }

    private static double Norm(double[][] matrix, Norm norm)
    {
        double Sum(int i, int j) => matrix.Sum(row => row[i] * row[j]);
        return norm switch
        {
            Core.Specifications.Norm.L1 => Math.Max(matrix.Sum(row => Math.Abs(row[0])), matrix.Sum(row => Math.Abs(row[1]))),
            Core.Specifications.Norm.Linf => matrix.Max(row => Math.Abs(row[0]) + Math.Abs(row[1])),
            _ => Math.Sqrt((Sum(0, 0) + Sum(1, 1) + Math.Sqrt(Math.Pow(Sum(0, 0) - Sum(1, 1), 2) + 4 * Sum(0, 1) * Sum(0, 1))) / 2),
        };
    }

    private sealed record Region((double X, double Y)[] Corners, double[][] Matrix, double[] Bias)
    {
        private double Area => Math.Abs(Corners.Select((p, i) => p.X * Corners[(i + 1) % Corners.Length].Y - p.Y * Corners[(i + 1) % Corners.Length].X).Sum()) / 2;

        /// <summary>How far a point is from the polygon; zero inside.</summary>
        public double DistanceTo((double X, double Y) point)
        {
            var (isInside, distance) = (true, double.PositiveInfinity);
            for (var k = 0; k < Corners.Length; k++)
            {
                var (p, q) = (Corners[k], Corners[(k + 1) % Corners.Length]);
                var (dx, dy) = (q.X - p.X, q.Y - p.Y);
                isInside &= dx * (point.Y - p.Y) - dy * (point.X - p.X) >= 0;
                var share = dx == 0 && dy == 0 ? 0 : Math.Clamp(((point.X - p.X) * dx + (point.Y - p.Y) * dy) / (dx * dx + dy * dy), 0, 1);
                distance = Math.Min(distance, Math.Sqrt(Math.Pow(p.X + share * dx - point.X, 2) + Math.Pow(p.Y + share * dy - point.Y, 2)));
            }

            return isInside ? 0 : distance;
        }

        public Region Through(AffineNode node)
        {
            var map = node.Terms[0].Map;
            var columns = Enumerable.Range(0, 2).Select(j => map.Apply(Matrix.Select(row => row[j]).ToArray())).ToArray();
            var bias = map.Apply(Bias).Zip(node.Bias.ToArray(), (a, b) => a + b).ToArray();
            return new(Corners, [.. Enumerable.Range(0, node.Size).Select(i => new[] { columns[0][i], columns[1][i] })], bias);
        }

        public List<Region> Cut(double slope)
        {
            List<Region> regions = [this];
            for (var neuron = 0; neuron < Bias.Length; neuron++)
            {
                var i = neuron;
                regions = [.. regions.SelectMany(region => new[] { region.Side(i, 1, 1), region.Side(i, -1, slope) }).Where(region => region.Corners.Length > 2 && region.Area > LeastArea)];
            }

            return regions;
        }

        private Region Side(int neuron, int sign, double slope)
        {
            var (a, b, c) = (sign * Matrix[neuron][0], sign * Matrix[neuron][1], sign * Bias[neuron]);
            double Value((double X, double Y) p) => a * p.X + b * p.Y + c;
            var corners = new List<(double, double)>();
            for (var k = 0; k < Corners.Length; k++)
            {
                var (p, q) = (Corners[k], Corners[(k + 1) % Corners.Length]);
                var (here, next) = (Value(p), Value(q));
                if (here >= 0) corners.Add(p);
                if (here * next < 0) corners.Add((p.X + here / (here - next) * (q.X - p.X), p.Y + here / (here - next) * (q.Y - p.Y)));
            }

            if (sign > 0) return this with { Corners = [.. corners] };
            var (matrix, bias) = ((double[][])Matrix.Clone(), (double[])Bias.Clone());
            (matrix[neuron], bias[neuron]) = ([slope * Matrix[neuron][0], slope * Matrix[neuron][1]], slope * Bias[neuron]);
            return new([.. corners], matrix, bias);
        }
    }
}
