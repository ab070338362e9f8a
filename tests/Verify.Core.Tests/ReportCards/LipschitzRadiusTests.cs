using RobustVerify.Core.Networks;
using RobustVerify.Core.Networks.Activations;
using RobustVerify.Core.Numerics;
using RobustVerify.Core.ReportCards;
using RobustVerify.Core.Specifications;
using RobustVerify.Core.Tests.Networks;

namespace RobustVerify.Core.Tests.ReportCards;

public sealed class LipschitzRadiusTests
{
    [Theory]
    [InlineData(Norm.L1)]
    [InlineData(Norm.L2)]
    [InlineData(Norm.Linf)]
    public void No_input_within_the_radius_is_of_another_class(Norm norm)
    {
        var random = new Random(71);
        foreach (var activation in new Activation[] { ReLU.Instance, Tanh.Instance })
        {
            for (var trial = 0; trial < 10; trial++)
            {
                var network = RandomNetworks.Dense(random, activation, 2, 8, 6, 3);
                double[] input = [(float)random.NextDouble(), (float)random.NextDouble()];
                InputRegion Ball(double radius) => InputRegion.Ball(input, radius, norm);
                var label = LargestOf(network.Evaluate<double>(input));

                var radius = LipschitzRadius.Certified(network, input, label, norm, Ball, 10, CancellationToken.None)!.Value;

                // The nearest point of a dense grid of directions and lengths that is of another class; it has to be further away.
                var nearest = double.PositiveInfinity;
                for (var direction = 0; direction < 720; direction++)
                {
                    var (sine, cosine) = Math.SinCos(Math.PI * direction / 360);
                    var length = norm switch { Norm.L1 => Math.Abs(sine) + Math.Abs(cosine), Norm.L2 => 1, _ => Math.Max(Math.Abs(sine), Math.Abs(cosine)) };
                    for (var step = 1; step <= 200; step++)
                    {
                        var distance = 10 * step / 200.0;
                        if (distance >= nearest) break;
                        if (LargestOf(network.Evaluate<double>([input[0] + distance / length * cosine, input[1] + distance / length * sine])) != label) nearest = distance;
                    }
                }

                Assert.InRange(radius, 0, nearest);
                Assert.InRange(radius, Math.Min(nearest, 10) / 100, 10);
                var points = new float[2 * 2000];
                UniformSampling.Draw(Ball(radius), RandomStream.From("points", (ulong)trial), points);
                var outputs = network.Evaluate<double>(Array.ConvertAll(points, x => (double)x), 2000);
                for (var row = 0; row < 2000; row++) Assert.Equal(label, LargestOf(outputs.AsSpan(3 * row, 3)));
            }
        }
    }

    private static int LargestOf(ReadOnlySpan<double> outputs)
    {
        var largest = 0;
        for (var i = 1; i < outputs.Length; i++)
        {
            if (outputs[i] > outputs[largest]) largest = i;
        }

        return largest;
    }
}
