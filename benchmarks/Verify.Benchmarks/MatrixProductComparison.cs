using System.Diagnostics;
using RobustVerify.Core.Numerics;

namespace RobustVerify.Benchmarks;

/// <summary>The matrix product against OpenBLAS, on one thread.</summary>
/// <remarks>
/// Both compute the same product in turn, round after round, so that whatever else the machine does falls on both alike;
/// the ratio is taken within each round, and its median is reported.
/// </remarks>
internal static class MatrixProductComparison
{
    /// <summary>Prints GFLOP/s of both and the median ratio.</summary>
    public static int Run(int size, int rounds)
    {
        var present = OpenBlas.IsPresent;
        if (present)
        {
            OpenBlas.UseOneThread();
            Console.WriteLine($"{OpenBlas.Configuration}, one thread");
        }
        else
        {
            Console.WriteLine("SKIPPED the comparison: libopenblas.so.0 is not installed (Debian: libopenblas0-pthread).");
        }

        var random = new Random(1);
        double[] Matrix() => Enumerable.Range(0, size * size).Select(_ => random.NextDouble() - 0.5).ToArray();
        var (a, b, ours, theirs) = (Matrix(), Matrix(), new double[size * size], new double[size * size]);
        var (managed, native) = (new List<double>(), new List<double>());
        for (var round = -2; round < rounds; round++)
        {
            // Who goes first alternates.
            var (mine, other) = (0.0, 0.0);
            if (round % 2 == 0) mine = Speed(() => MatrixProduct.Accumulate<double>(a, b, ours, size, size, size));
            if (present) other = Speed(() => OpenBlas.Accumulate(a, b, theirs, size, size, size));
            if (round % 2 != 0) mine = Speed(() => MatrixProduct.Accumulate<double>(a, b, ours, size, size, size));
            if (round < 0) continue;
            managed.Add(mine);
            native.Add(other);
        }

        Console.WriteLine($"{size} x {size} x {size}, double, {rounds} interleaved rounds");
        Print("RobustVerify", managed, "GFLOP/s");
        if (!present) return 0;

        Print("OpenBLAS", native, "GFLOP/s");
        Print("ratio", [.. managed.Zip(native, (mine, other) => mine / other)], "");
        var difference = ours.Zip(theirs, (mine, other) => Math.Abs(mine - other)).Max();
        Console.WriteLine($"largest difference between the two results {difference:g3}");
        return 0;

        double Speed(Action product)
        {
            var start = Stopwatch.GetTimestamp();
            product();
            return 2e-9 * size * size * size / Stopwatch.GetElapsedTime(start).TotalSeconds;
        }
    }

    private static void Print(string name, List<double> values, string unit)
    {
        var sorted = values.Order().ToArray();
        double At(double quantile) => sorted[(int)(quantile * (sorted.Length - 1))];
        Console.WriteLine($"{name,-14} median {At(0.5),7:0.000}   quartiles {At(0.25),7:0.000} {At(0.75),7:0.000}   best {sorted[^1],7:0.000} {unit}");
    }
}
