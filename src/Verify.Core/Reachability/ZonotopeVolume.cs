using RobustVerify.Core.Numerics;

namespace RobustVerify.Core.Reachability;

/// <summary>The volume of a zonotope, or an upper bound of it.</summary>
/// <remarks>
/// <para>
/// 2ᴷ Σ |det G_S| over all sets S of K of the N generators. The sum takes the first generator of a set, and goes on with the later ones as
/// seen along it, in one dimension less: |det| is the first one's length times the volume of what is left of the others. So
/// sets that begin alike share their work.
/// </para>
/// <para>
/// Rounding: a reflection in floating point gives the exact image of columns that are off by some γ of their own length, so the columns of
/// every determinant are off by ε at most of theirs, and by Hadamard's inequality a determinant by ((1 + ε)ᴷ − 1) Π‖g‖. The
/// sum of these products over all sets is an elementary symmetric polynomial, and is added.
/// </para>
/// <para>
/// Where there are too many sets, generators are replaced by the box around them until there are few enough: those that are most
/// like a box already, in the outputs' axes and in those along which the generators spread most, and the smaller bound counts. Sources:
/// Gover and Krikorian 2010 (volume); Girard 2005 (reduction); Kopetzki, Schürmann and Althoff 2017 (principal axes).
/// </para>
/// </remarks>
internal static class ZonotopeVolume
{
    /// <summary>The most sets of generators that are looked at, times the square of the outputs.</summary>
    public const double MostWork = 3e7;

    // Larger matrices have no principal axes.
    private const int MostPrincipal = 128;

    /// <summary>ln of the volume of {Σ eᵢgᵢ + b : |eᵢ| ≤ 1, |bₖ| ≤ slackₖ}, rounded up; −∞ where it is flat.</summary>
    /// <param name="generators">Generators × outputs.</param>
    /// <param name="slack">Half the sides of a box that is added.</param>
    /// <returns>The logarithm, and whether it is that of the volume itself, but for rounding.</returns>
    public static (double Log, bool IsExact) Of(ReadOnlySpan<double> generators, ReadOnlySpan<double> slack)
    {
        var size = slack.Length;
        var own = generators.Length / size + slack.Length - slack.Count(0);
        if (Work(own, size) <= MostWork) return (Enumerated(generators, slack), true);
        var bound = Reduced(generators, slack);
        if (size > MostPrincipal) return (bound, false);

        var axes = PrincipalAxes.Of(generators, size);
        var (turned, around) = axes.Turn(generators, slack);
        return (Math.Min(bound, Logarithms.Sum([Reduced(turned, around), axes.LogShrinking])), false);
    }

    private static double Work(int generators, int size)
    {
        var work = (double)size * size;
        for (var k = 0; k < size; k++) work *= Math.Max(0, generators - k) / (size - k * 1.0);
        return work;
    }

    private static double Reduced(ReadOnlySpan<double> generators, ReadOnlySpan<double> slack)
    {
        var (size, count) = (slack.Length, generators.Length / slack.Length);
        var kept = 0;
        while (kept < count && Work(kept + 1 + size, size) <= MostWork) kept++;
        var rows = generators.ToArray();
        var order = Enumerable.Range(0, count).OrderByDescending(row => Boxlessness(rows.AsSpan(row * size, size))).ToArray();
        var (left, around) = (new double[kept * size], slack.ToArray());
        for (var i = 0; i < count; i++)
        {
            var row = rows.AsSpan(order[i] * size, size);
            if (i < kept) row.CopyTo(left.AsSpan(i * size));
            for (var k = 0; k < size && i >= kept; k++) around[k] = Rounding.SumUp(around[k], Math.Abs(row[k]));
        }

        return kept == 0 ? Logarithms.OfBox(around.Select(side => (-side, side))) : Enumerated(left, around);
    }

    /// <summary>By how much a generator is longer than the longest side of its box.</summary>
    private static double Boxlessness(ReadOnlySpan<double> generator)
    {
        var (sum, most) = (0.0, 0.0);
        foreach (var value in generator) (sum, most) = (sum + Math.Abs(value), Math.Max(most, Math.Abs(value)));
        return sum - most;
    }

    private static double Enumerated(ReadOnlySpan<double> generators, ReadOnlySpan<double> slack)
    {
        var (size, count) = (slack.Length, generators.Length / slack.Length);
        var columns = new List<double[]>();
        for (var i = 0; i < count; i++) columns.Add(generators.Slice(i * size, size).ToArray());
        for (var k = 0; k < size; k++)
        {
            if (slack[k] == 0) continue;
            columns.Add(new double[size]);
            columns[^1][k] = slack[k];
        }

        columns.RemoveAll(column => !column.AsSpan().ContainsAnyExcept(0));
        if (columns.Count < size) return double.NegativeInfinity;
        var logs = new List<double> { Logarithms.Up(Math.ScaleB(1, Math.Min(size, 1000))) };
        for (var k = 1000; k < size; k++) logs.Add(Logarithms.Up(2));
        for (var k = 0; k < size; k++)
        {
            // As parts of a power of two, so that products neither overflow nor underflow where they count.
            var most = columns.Max(column => Math.Abs(column[k]));
            if (most == 0) return double.NegativeInfinity;
            var exponent = Math.ILogB(most);
            foreach (var column in columns.Where(column => column[k] != 0))
                column[k] = Math.ScaleB(column[k], -exponent) is var scaled and not 0 ? scaled : Math.CopySign(double.Epsilon, column[k]);
            logs.Add(exponent * Math.Log(2) + 1e-15 * Math.Abs(exponent));
        }

        EnlargeTiny(columns, size);
        if (columns.Count < size) return double.NegativeInfinity;
        var all = columns.SelectMany(column => column).ToArray();
        var scratch = Enumerable.Range(0, size).Select(k => new double[columns.Count * k]).ToArray();
        var sum = Determinants(all, size, scratch);
        var epsilon = 1.01 * size * Rounding.Gamma(32 * (size + 4));
        var products = Products(columns, size);
        var total = sum * (1 + 2 * Rounding.Gamma((columns.Count + 4) * size)) + 1.01 * Math.Exp(size * epsilon) * size * epsilon * products + 1e-280;
        logs.Add(Logarithms.Up(total));
        return Logarithms.Sum(logs);
    }

    /// <summary>Puts a larger box in the place of columns whose squares might underflow.</summary>
    private static void EnlargeTiny(List<double[]> columns, int size)
    {
        const double Tiny = 1e-140;
        var box = new double[size];
        foreach (var column in columns.Where(IsTiny))
        {
            for (var k = 0; k < size; k++) box[k] = Rounding.SumUp(box[k], Math.Abs(column[k]));
        }

        columns.RemoveAll(column => IsTiny(column));
        for (var k = 0; k < size; k++)
        {
            if (box[k] == 0) continue;
            columns.Add(new double[size]);
            columns[^1][k] = Math.Max(box[k], Tiny);
        }

        static bool IsTiny(double[] column) => column.All(value => Math.Abs(value) < Tiny);
    }

    /// <summary>Σ |det| over all sets of so many of the columns as they have elements.</summary>
    private static double Determinants(ReadOnlySpan<double> columns, int size, double[][] scratch)
    {
        var (sum, count) = (0.0, columns.Length / size);
        if (size == 1)
        {
            foreach (var value in columns) sum += Math.Abs(value);
            return sum;
        }

        for (var j = 0; j <= count - size; j++)
        {
            var first = columns.Slice(j * size, size);
            var squares = 0.0;
            foreach (var value in first) squares += value * value;
            var length = Math.Sqrt(squares);
            if (length == 0) continue;
            // The reflection that takes the first column to the first axis; what it makes of the others' first elements does not count.
            var pivot = first[0] + Math.CopySign(length, first[0]);
            var scale = 1 / (length * Math.Abs(pivot));
            var left = scratch[size - 1].AsSpan(0, (count - j - 1) * (size - 1));
            for (var c = j + 1; c < count; c++)
            {
                var column = columns.Slice(c * size, size);
                var product = pivot * column[0];
                for (var k = 1; k < size; k++) product += first[k] * column[k];
                product *= scale;
                var image = left.Slice((c - j - 1) * (size - 1), size - 1);
                for (var k = 1; k < size; k++) image[k - 1] = column[k] - product * first[k];
            }

            sum += length * Determinants(left, size - 1, scratch);
        }

        return sum;
    }

    /// <summary>Σ Π‖g‖ over all sets of so many columns, rounded up.</summary>
    private static double Products(List<double[]> columns, int size)
    {
        var sums = new double[size + 1];
        sums[0] = 1;
        foreach (var column in columns)
        {
            var length = Math.Sqrt(column.Sum(value => value * value));
            for (var k = size; k > 0; k--) sums[k] += sums[k - 1] * length;
        }

        return sums[size] * (1 + 2 * Rounding.Gamma((columns.Count + size + 4) * 4));
    }
}
