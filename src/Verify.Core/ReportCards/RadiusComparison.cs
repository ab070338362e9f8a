using RobustVerify.Core.Clever;
using RobustVerify.Core.Specifications;
using RobustVerify.Core.Verification;

namespace RobustVerify.Core.ReportCards;

/// <summary>Asks all analyses the same question of one input: how far is it from another class?</summary>
/// <remarks>
/// Requires a model with an output for every class. What is proved must lie below what refutes it: where a proved radius reaches a
/// counterexample that is one of real numbers too, an analysis is wrong, and nothing it says may be used. Scores are estimates,
/// which may well lie above: that is a warning. Deterministic.
/// </remarks>
public static class RadiusComparison
{
    // A search that divides the region is of no use for a radius: bounds alone decide each.
    private static readonly Budget BoundsAlone = Budget.Default with { Subproblems = 0 };

    /// <summary>The report card of one input.</summary>
    /// <param name="verifier">Verifies the model.</param>
    /// <param name="name">The name of the input.</param>
    /// <param name="input">The input, as the model reads it.</param>
    /// <param name="question">What the card tells of.</param>
    /// <param name="cancellation">Ends the work with an <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="ArgumentException">The question does not fit the model or the input.</exception>
    /// <exception cref="InvalidOperationException">A proved radius reaches a counterexample: a fault of an analysis.</exception>
    public static ReportCard Compare(Verifier verifier, string name, float[] input, ReportCardQuestion question, CancellationToken cancellation = default)
    {
        var (model, norm) = (verifier.Model, question.Norm);
        if (input.Length != model.Network.Input.Size) throw new ArgumentException($"The model takes {model.Network.Input.Size} inputs, not {input.Length}.");
        var clever = new CleverQuestion
        {
            Norm = norm,
            Radius = question.Radius,
            Label = question.Label ?? LargestOf(model.Runtime.Run(input)),
            Domain = question.Domain,
            Batches = question.Batches,
            Samples = question.Samples,
            Seed = question.Seed,
        };
        var first = CleverEstimator.Estimate(model.Scores, input, clever, cancellation);
        var bend = Smoothness.FirstBend(model.Scores);
        var second = bend is not null
            ? null
            : CleverEstimator.Estimate(model.Scores, input, clever with { Order = 2, Samples = question.Curvatures }, cancellation);

        var center = Array.ConvertAll(input, x => (double)x);
        var sameLabel = OutputProperty.SameLabel(first.Label, model.Network.Output.Size);
        InputRegion Ball(double radius) => InputRegion.Ball(center, radius, norm, question.Domain);
        Property At(double radius) => new(name, Ball(radius), sameLabel);

        var found = NearestCounterexample.Find(verifier, At, input, norm, question.Radius, cancellation);

        // No proof reaches further than the counterexample, so its distance is the scale to search in.
        var reach = found?.Distance ?? question.Radius;
        var certified = reach == 0 ? 0 : reach * RadiusSearch.Certified(verifier, scale => At(reach * scale), BoundsAlone, cancellation);
        var lipschitz = LipschitzRadius.Certified(model.Scores, center, first.Label, norm, Ball, reach, cancellation);
        var warnings = found is var (counterexample, distance)
            ? new[]
            {
                Consistency.Contradiction("certified radius", certified, At(certified), model.Scores, counterexample),
                Consistency.Contradiction("radius of the Lipschitz constants", lipschitz ?? 0, At(lipschitz ?? 0), model.Scores, counterexample),
                Consistency.Overestimate("CLEVER score", first.Score, distance),
                second is null ? null : Consistency.Overestimate("CLEVER score of second order", second.Score, distance),
            }
            : [];
        var remarks = new[]
        {
            lipschitz is null ? "no Lipschitz radius: no constant of the model is known" : null,
            bend is null ? null : $"no score of second order: {bend.Activation.Name} bends or jumps",
        };
        return new ReportCard
        {
            Name = name,
            Label = first.Label,
            CertifiedRadius = certified,
            LipschitzRadius = lipschitz,
            Score = first.Score,
            SecondOrderScore = second?.Score,
            Counterexample = found?.Counterexample,
            Distance = found?.Distance,
            Remarks = [.. remarks.OfType<string>()],
            Warnings = [.. warnings.OfType<string>()],
        };
    }

    private static int LargestOf(float[] outputs) => Array.IndexOf(outputs, outputs.Max());
}
