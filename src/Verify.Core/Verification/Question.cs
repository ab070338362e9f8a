using RobustVerify.Core.Networks;
using RobustVerify.Core.Onnx;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Core.Verification;

/// <summary>The network whose bounds decide a property, and by how much, or why there is none.</summary>
/// <remarks>
/// In float32, a property that compares outputs is posed before a final ArgMax, which only compares. Before a final softmax it is where
/// one output must stay the largest: scores that differ by 2⁻¹⁴ give exponentials whose quotient is below 1 − 2⁻¹⁵, far more than
/// runtimes round, whereas of two outputs that are not the largest both may vanish. A final sigmoid may be 1 for different
/// scores: it stays in the network.
/// </remarks>
/// <param name="Network">The network.</param>
/// <param name="LeastMargin">By how much the property must hold of it.</param>
/// <param name="Refusal">Why there is none.</param>
internal readonly record struct Question(Network? Network, double LeastMargin, string? Refusal)
{
    private const double LeastDifference = 1.0 / (1 << 14);

    /// <summary>What decides a property of what a runtime computes in float32.</summary>
    public static Question Float32(OnnxModel model, OutputProperty property) => (property.OnScores, model.FinalLayer) switch
    {
        (true, "Softmax" or "LogSoftmax") when StaysLargest(property) => On(model.ComputedScores, LeastDifference),
        (true, "ArgMax") => On(model.ComputedScores, 0),
        _ => On(model.Computed, 0),
    };

    private static Question On(ComputedNetwork computed, double leastMargin) => computed.Refusal is { } refusal
        ? new Question(null, 0, $"Of float32 nothing can be said: {refusal}.")
        : new Question(computed.Network, leastMargin, null);

    /// <summary>Whether the property is violated exactly where one certain output is not the largest.</summary>
    private static bool StaysLargest(OutputProperty property)
    {
        var (label, others) = (-1, new HashSet<int>());
        foreach (var violation in property.Violations)
        {
            if (violation.Constraints is not [{ Bound: 0, Coefficients: var coefficients }]) return false;
            if (coefficients.Count(c => c == 1) != 1 || coefficients.Count(c => c == -1) != 1 || coefficients.Count(c => c == 0) != coefficients.Length - 2)
                return false;
            var larger = coefficients.IndexOf(1);
            if (label >= 0 && label != larger) return false;
            label = larger;
            others.Add(coefficients.IndexOf(-1));
        }

        return others.Count == property.Size - 1;
    }
}
