using System.Collections.Immutable;
using System.Globalization;
using RobustVerify.Core.Networks;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Core.Clever;

/// <summary>CLEVER: how far an input is from another class, as far as samples of derivatives tell.</summary>
/// <remarks>
/// Requires a network with an output for every class. Returns estimates: neither sound nor complete, and on average too large, since the
/// largest of samples is below the largest value. With g the margin of the input's class over a target:
/// <list type="bullet">
/// <item>first order: min(g(x₀)/L, R), with L the largest norm of ∇g in the ball of radius R, in the dual of the norm of changes;</item>
/// <item>second order: min(2g(x₀)/(‖∇g(x₀)‖ + √(‖∇g(x₀)‖² + 2g(x₀)M)), R), with M the largest curvature −dᵀ∇²g d in the ball for a
/// change d of length 1. It requires a gradient that is continuous.</item>
/// </list>
/// L and M are end points of reverse Weibull laws, fitted to the maxima of batches of samples; <see cref="EndPoint"/> says
/// when the largest sample takes its place, and <see cref="BallSampler"/> what the samples are. The paper's algorithm, with the dual
/// norm, fresh samples, and the minimum with R; its authors' code differs in all three.
/// What cannot be differentiated (Floor, Sign, a transformation of the caller's) is evaluated in its place and differentiated
/// as a line; the margin is that of the network with it.
/// Sources: Weng et al. 2018, arXiv 1801.10578; Weng et al. 2018, arXiv 1810.08640.
/// </remarks>
public static class CleverEstimator
{
    private const int FewestBatches = 10;

    /// <summary>Estimates the scores of an input.</summary>
    /// <param name="network">The network, before a final softmax: its outputs are compared.</param>
    /// <param name="input">The input, as the network reads it.</param>
    /// <param name="question">What is asked.</param>
    /// <param name="cancellation">Ends the work with an <see cref="OperationCanceledException"/>.</param>
    /// <returns>The scores; the same for the same seed, on any number of threads.</returns>
    /// <exception cref="ArgumentException">The question does not fit the network or the input.</exception>
    public static CleverReport Estimate(
        Network network, ReadOnlySpan<float> input, CleverQuestion question, CancellationToken cancellation = default)
    {
        Check(network, input, question);
        var label = question.Label ?? OutputsAt(network, input, question.Transformation).ArgMax();
        var targets = TargetsOf(OutputsAt(network, input, question.Transformation), label, question);
        ImmutableArray<string> transformations = [.. Staircases.In(network)];
        if (question.Transformation is { } transformation) transformations = transformations.Insert(0, transformation.Name);
        return new CleverReport
        {
            Label = label,
            Scores = Scores(network, input, label, targets, question, cancellation),
            Transformations = transformations,
            WithoutTransformation = transformations.IsEmpty
                ? []
                : Scores(Staircases.Straightened(network), input, label, targets, question with { Transformation = null }, cancellation),
        };
    }

    private static ImmutableArray<CleverScore> Scores(
        Network network, ReadOnlySpan<float> input, int label, int[] targets, CleverQuestion question, CancellationToken cancellation)
    {
        var outputs = OutputsAt(network, input, question.Transformation);
        var open = targets.Where(target => outputs[label] > outputs[target]).ToArray();
        var margins = open.Select(target => MarginOf(label, target, outputs.Length)).ToArray();
        var derivatives = question.Order == 1
            ? GradientMaxima.EndPoints(network, input, margins, question, cancellation)
            : CurvatureMaxima.EndPoints(network, input, margins, question, cancellation);
        return [.. targets.Select(target =>
        {
            var margin = outputs[label] - outputs[target];
            var i = Array.IndexOf(open, target);
            if (i < 0) return new CleverScore(target, margin, Estimated.Exactly(0), 0, EndPoint.Known(0));
            var (constant, slope) = derivatives[i];
            double Score(double end) => Math.Min(question.Radius, slope is { } s ? SecondOrder(margin, s, end) : margin / end);
            var estimate = constant.Estimate;
            return new CleverScore(
                target, margin, new Estimated(Score(estimate.Value), Score(estimate.Upper), Score(estimate.Lower)), Score(constant.SampleMaximum), constant, slope);
        })];
    }

    // The root of g − sr − Mr²/2 in the form that loses no digits where M is small.
    private static double SecondOrder(double margin, double slope, double curvature) =>
        2 * margin / (slope + Math.Sqrt(slope * slope + 2 * margin * curvature));

    private static double[] MarginOf(int label, int target, int outputs)
    {
        var coefficients = new double[outputs];
        (coefficients[label], coefficients[target]) = (1, -1);
        return coefficients;
    }

    private static double[] OutputsAt(Network network, ReadOnlySpan<float> input, InputTransformation? transformation)
    {
        var seen = input.ToArray();
        transformation?.Apply(seen);
        return network.Evaluate<double>(Array.ConvertAll(seen, x => (double)x));
    }

    private static int[] TargetsOf(double[] outputs, int label, CleverQuestion question)
    {
        if (question.Target is { } target) return [target];
        var others = Enumerable.Range(0, outputs.Length).Where(output => output != label).ToArray();
        return question.Targets switch
        {
            CleverTargets.RunnerUp => [others.MaxBy(output => outputs[output])],
            CleverTargets.LeastLikely => [others.MinBy(output => outputs[output])],
            _ => others,
        };
    }

    private static int ArgMax(this double[] outputs) => Array.IndexOf(outputs, outputs.Max());

    private static void Check(Network network, ReadOnlySpan<float> input, CleverQuestion question)
    {
        var classes = network.Output.Size;
        if (classes < 2) throw new ArgumentException("The network has one output; a CLEVER score compares the outputs of at least two classes.");
        if (input.Length != network.Input.Size) throw new ArgumentException($"The network takes {network.Input.Size} inputs, not {input.Length}.");
        if (input.ContainsAnyExceptInRange(-float.MaxValue, float.MaxValue)) throw new ArgumentException("An input is not finite.");
        if (!(question.Radius > 0) || !float.IsFinite((float)question.Radius))
            throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"The radius is {question.Radius}; gradients are sampled in a ball of a positive radius."));
        if (question.Order is not 1 and not 2) throw new ArgumentException($"The order is {question.Order}; it is 1 or 2.");
        if (question.Batches < FewestBatches || question.Samples < 1)
            throw new ArgumentException($"{question.Batches} batches of {question.Samples} samples are too few: at least {FewestBatches} batches of 1 are needed to fit a law.");
        if (question.Label is { } label && (label < 0 || label >= classes)) throw new ArgumentException($"There is no class {label}; classes are numbered from 0 to {classes - 1}.");
        if (question.Target is { } target && (target < 0 || target >= classes)) throw new ArgumentException($"There is no target class {target}; classes are numbered from 0 to {classes - 1}.");
        if (question.Target is { } same && same == (question.Label ?? OutputsAt(network, input, question.Transformation).ArgMax()))
            throw new ArgumentException($"The target {same} is the class of the input itself.");
        if (question.Domain is not null and not { IsBox: true }) throw new ArgumentException("A domain is a box.");
        if (question.Domain is { } domain && (domain.Size != input.Length || !domain.Contains(input)))
            throw new ArgumentException("The input does not lie in the domain.");
        if (question.Order == 2 && Smoothness.FirstBend(network) is { } bend)
        {
            throw new ArgumentException(
                $"A score of second order needs a gradient that is continuous, and {bend.Activation.Name} ('{bend.Name}') bends or jumps; ask for order 1.");
        }
    }
}
