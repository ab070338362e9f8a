namespace RobustVerify.Core.Programming;

/// <summary>What branching on each variable has gained so far, per unit by which it was rounded.</summary>
/// <remarks>Source: Bénichou et al. 1971; a variable that has not been branched on stands at the mean of the others.</remarks>
internal sealed class PseudoCosts(int variables)
{
    private const double Least = 1e-6;

    private readonly double[] down = new double[variables], up = new double[variables];
    private readonly int[] downCount = new int[variables], upCount = new int[variables];
    private double sum;
    private long count;

    /// <summary>Whether both directions of a variable are known.</summary>
    public bool IsKnown(int variable) => downCount[variable] > 0 && upCount[variable] > 0;

    /// <summary>Notes by how much the bound has risen when a variable was rounded by a distance.</summary>
    public void Add(int variable, bool isUp, double distance, double gain)
    {
        var perUnit = Math.Max(0, gain) / Math.Max(distance, 1e-6);
        (isUp ? up : down)[variable] += perUnit;
        (isUp ? upCount : downCount)[variable]++;
        sum += perUnit;
        count++;
    }

    /// <summary>How good it is to branch on a variable at a fraction above an integer.</summary>
    public double Score(int variable, double fraction)
    {
        var (low, high) = Estimate(variable, fraction);
        return Combine(low, high);
    }

    /// <summary>One number for what both directions gain.</summary>
    public static double Combine(double down, double up) => Math.Max(down, Least) * Math.Max(up, Least);

    /// <summary>By how much the bound is expected to rise in both directions.</summary>
    public (double Down, double Up) Estimate(int variable, double fraction)
    {
        var mean = count > 0 ? sum / count : 1;
        var low = downCount[variable] > 0 ? down[variable] / downCount[variable] : mean;
        var high = upCount[variable] > 0 ? up[variable] / upCount[variable] : mean;
        return (low * fraction, high * (1 - fraction));
    }
}
