using RobustVerify.Core.Bounds;
using RobustVerify.Core.Networks;
using RobustVerify.Core.Runtimes;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Core.Tests.Bounds;

/// <summary>Compares what runtimes compute with bounds for float32.</summary>
internal static class DeployedBounds
{
    /// <summary>Fails where an output lies outside the bounds at its input alone, or in a box around it.</summary>
    public static void Check(Network network, ModelRuntime[] runtimes, Random random, double scale = 3)
    {
        for (var sample = 0; sample < 40; sample++)
        {
            var input = Enumerable.Range(0, network.Input.Size).Select(_ => (float)(scale * (2 * random.NextDouble() - 1))).ToArray();
            var radius = sample % 4 == 0 ? 1e-3 : 0;
            var center = input.Select(value => value + radius * (random.NextDouble() - 0.5)).ToArray();
            var bounds = LinearBoundPropagation.Propagate(
                network, [InputRegion.Ball(radius == 0 ? Array.ConvertAll(input, value => (double)value) : center, radius, Norm.Linf)], semantics: Semantics.Float32);
            foreach (var runtime in runtimes)
            {
                var output = runtime.RunExactly(input);
                for (var i = 0; i < output.Length; i++)
                {
                    var (low, high) = (bounds.Bounds.Lower(network.Output)[i], bounds.Bounds.Upper(network.Output)[i]);
                    Assert.True(low <= output[i] && output[i] <= high, $"{runtime.Name}, output {i}: {output[i]:R} lies outside [{low:R}, {high:R}].");
                    var unit = new double[output.Length];
                    unit[i] = 1;
                    var least = bounds.LowerBounds(unit)[0];
                    Assert.True(least <= output[i], $"{runtime.Name}, output {i}: {output[i]:R} lies below {least:R}.");
                }
            }
        }
    }
}
