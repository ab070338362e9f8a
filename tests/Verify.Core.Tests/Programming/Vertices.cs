using RobustVerify.Core.Programming;

namespace RobustVerify.Core.Tests.Programming;

/// <summary>The minimum of a small bounded program, by solving for every choice of constraints that may meet in a vertex.</summary>
internal static class Vertices
{
    public static double Minimum(LinearProgram program)
    {
        var n = program.ColumnCount;
        var planes = new List<(double[] Normal, double Value)>();
        for (var j = 0; j < n; j++)
        {
            var unit = new double[n];
            unit[j] = 1;
            planes.Add((unit, program.Lower[j]));
            planes.Add((unit, program.Upper[j]));
        }

        for (var i = 0; i < program.RowCount; i++)
        {
            var row = new double[n];
            for (var e = program.RowStarts[i]; e < program.RowStarts[i + 1]; e++) row[program.Columns[e]] = program.Coefficients[e];
            if (double.IsFinite(program.RowLower[i])) planes.Add((row, program.RowLower[i]));
            if (double.IsFinite(program.RowUpper[i])) planes.Add((row, program.RowUpper[i]));
        }

        var best = double.PositiveInfinity;
        Choose(0, []);
        return best;

        void Choose(int first, List<int> chosen)
        {
            if (chosen.Count == n)
            {
                if (Solve([.. chosen.Select(k => planes[k])], n) is { } x && IsFeasible(program, x)) best = Math.Min(best, program.Objective(x));
                return;
            }

            for (var k = first; k < planes.Count; k++) Choose(k + 1, [.. chosen, k]);
        }
    }

    private static bool IsFeasible(LinearProgram program, double[] x)
    {
        const double Room = 1e-9;
        for (var j = 0; j < x.Length; j++)
        {
            if (x[j] < program.Lower[j] - Room || x[j] > program.Upper[j] + Room) return false;
        }

        for (var i = 0; i < program.RowCount; i++)
        {
            var value = program.Row(i, x);
            if (value < program.RowLower[i] - Room || value > program.RowUpper[i] + Room) return false;
        }

        return true;
    }

    // Gaussian elimination; null where the planes do not meet in one point.
    private static double[]? Solve((double[] Normal, double Value)[] planes, int n)
    {
        var a = planes.Select(plane => plane.Normal.Append(plane.Value).ToArray()).ToArray();
        for (var k = 0; k < n; k++)
        {
            var best = Enumerable.Range(k, n - k).MaxBy(i => Math.Abs(a[i][k]));
            if (Math.Abs(a[best][k]) < 1e-9) return null;
            (a[k], a[best]) = (a[best], a[k]);
            for (var i = 0; i < n; i++)
            {
                if (i == k) continue;
                var factor = a[i][k] / a[k][k];
                for (var j = k; j <= n; j++) a[i][j] -= factor * a[k][j];
            }
        }

        return [.. Enumerable.Range(0, n).Select(k => a[k][n] / a[k][k])];
    }
}
