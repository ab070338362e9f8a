using RobustVerify.Core.Numerics;

namespace RobustVerify.Core.Reachability;

/// <summary>Logarithms of products, rounded up.</summary>
internal static class Logarithms
{
    // Four units in the last place, twice what the runtime's logarithm is taken to be within.
    private const double Relative = 4 * 2.220446049250313e-16;

    /// <summary>ln x, rounded up; −∞ of zero.</summary>
    public static double Up(double x)
    {
        var log = Math.Log(x);
        return double.IsInfinity(log) || x == 1 ? log : log + Relative * Math.Abs(log) + double.Epsilon;
    }

    /// <summary>A sum of logarithms, rounded up; −∞ where one is.</summary>
    public static double Sum(IEnumerable<double> logs)
    {
        var sum = 0.0;
        foreach (var log in logs)
        {
            if (double.IsNegativeInfinity(log)) return log;
            sum = Rounding.SumUp(sum, log);
        }

        return sum;
    }

    /// <summary>The volume of a box.</summary>
    public static double OfBox(IEnumerable<(double Lower, double Upper)> ranges) => Sum(ranges.Select(range => Up(Width(range))));

    /// <summary>The width of an interval, rounded up.</summary>
    public static double Width((double Lower, double Upper) range) => Rounding.SumUp(range.Upper, -range.Lower);
}
