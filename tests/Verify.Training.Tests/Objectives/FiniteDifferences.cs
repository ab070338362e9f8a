using RobustVerify.Training.Objectives;

namespace RobustVerify.Training.Tests.Objectives;

/// <summary>Holds a gradient against central differences of the value.</summary>
internal static class FiniteDifferences
{
    private const double Step = 1e-5;

    /// <summary>Every element may be off by a part of the largest one.</summary>
    public static void Agree(IObjective objective, double[] parameters, double tolerance = 1e-7)
    {
        var gradient = new double[objective.Size];
        Array.Fill(gradient, double.NaN);
        objective.Evaluate(parameters, gradient);
        var unused = new double[objective.Size];
        var scale = gradient.Max(Math.Abs);
        Assert.True(scale > 0, "the gradient vanishes: nothing is tested");
        for (var i = 0; i < parameters.Length; i++)
        {
            var at = parameters[i];
            parameters[i] = at + Step;
            var above = objective.Evaluate(parameters, unused);
            parameters[i] = at - Step;
            var below = objective.Evaluate(parameters, unused);
            parameters[i] = at;
            var difference = (above - below) / (2 * Step);
            Assert.True(Math.Abs(difference - gradient[i]) <= tolerance * scale, $"parameter {i}: {gradient[i]} instead of {difference}");
        }
    }
}
