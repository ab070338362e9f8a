using System.Numerics.Tensors;
using RobustVerify.Core.Numerics;

namespace RobustVerify.Training.Landscape;

/// <summary>Moves points along forces, with inertia that is lost where it leads uphill.</summary>
/// <remarks>Needs no function whose descent could be measured, as the forces of an <see cref="ElasticBand"/> have none. Source: Bitzek et al., Phys. Rev. Lett. 97, 170201 (2006).</remarks>
internal sealed class InertialDescent
{
    private const double Faster = 1.1, Slower = 0.5, Mixing = 0.1, MixingDecay = 0.99, LongestTime = 1;
    private const int Patience = 5;

    private double time = 0.1, mixing = Mixing;
    private int downhill;

    /// <summary>One step; the first and the last of the points stay.</summary>
    public void Move(double[][] points, double[][] velocities, double[][] forces, double longestStep)
    {
        double power = 0, speed = 0, strength = 0;
        for (var i = 1; i < points.Length - 1; i++)
        {
            power += Reduction.Dot(forces[i], velocities[i]);
            speed += Reduction.Dot(velocities[i], velocities[i]);
            strength += Reduction.Dot(forces[i], forces[i]);
        }

        var turn = strength > 0 ? mixing * Math.Sqrt(speed / strength) : 0;
        var keep = power > 0 ? 1 - mixing : 0;
        if (power > 0 && ++downhill > Patience)
        {
            time = Math.Min(time * Faster, LongestTime);
            mixing *= MixingDecay;
        }
        else if (power <= 0)
        {
            (time, mixing, downhill, turn) = (time * Slower, Mixing, 0, 0);
        }

        for (var i = 1; i < points.Length - 1; i++)
        {
            TensorPrimitives.Multiply(velocities[i], keep, velocities[i]);
            TensorPrimitives.MultiplyAdd<double>(forces[i], turn + time, velocities[i], velocities[i]);
            var step = time * Math.Sqrt(Reduction.Dot(velocities[i], velocities[i]));
            var share = step > longestStep ? longestStep / step : 1;
            TensorPrimitives.MultiplyAdd<double>(velocities[i], time * share, points[i], points[i]);
        }
    }
}
