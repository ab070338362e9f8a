using System.Collections.Immutable;
using System.Globalization;
using MathNet.Numerics.Statistics;
using RobustVerify.Core.Certificates;
using RobustVerify.Core.Networks.Activations;
using RobustVerify.Core.Numerics;
using RobustVerify.Core.Onnx;
using RobustVerify.Core.Reachability;
using RobustVerify.Core.Runtimes;
using RobustVerify.Core.Specifications;
using RobustVerify.Core.Specifications.Samples;
using RobustVerify.Core.Verification;
using RobustVerify.Training;
using RobustVerify.Training.Objectives;

namespace RobustVerify.Benchmarks;

/// <summary>
/// What terms of the training loss do to how far outputs spread, at equal accuracy: of every method the strength is chosen on validation
/// samples, as that of the narrowest reachable intervals among those that are at most one hundredth less accurate than plain training.
/// </summary>
internal static class TrainingComparison
{
    private const int Seeds = 5;
    private const double AccuracyToSpare = 0.01;

    // Beside every other term, so that what is compared are these, and not what a little decay does as well.
    private const double SomeDecay = 1e-3;

    private static readonly Method[] Methods =
    [
        new("plain", [0], _ => new TrainingLoss()),
        new("weight decay", [1e-4, 3e-4, 1e-3, 3e-3, 1e-2], strength => new TrainingLoss { WeightDecay = strength }),
        new("Jacobian penalty", [1e-4, 1e-3, 3e-3, 1e-2, 3e-2], strength => new TrainingLoss { JacobianWeight = strength, WeightDecay = SomeDecay }),
        new("interval bounds", [0.1, 0.25, 0.5, 0.75, 1], strength => new TrainingLoss { WorstCaseShare = strength, WeightDecay = SomeDecay }),
        new("sensitivity", [0.03, 0.1, 0.2, 0.3, 0.5, 1], strength => new TrainingLoss { SensitivityWeight = strength, WeightDecay = SomeDecay }),
    ];

    private sealed record Method(string Name, double[] Strengths, Func<double, TrainingLoss> Loss);

    /// <summary>How a data set is learnt: by networks of few neurons, since it is small itself.</summary>
    private sealed record Setting(int[] Hidden, int Epochs, double Radius, double OtherRadius, (double Low, double High, double Scale)? Pixels);

    /// <summary>The samples of one seed: three fifths to train on, one to choose on, one to tell.</summary>
    private sealed record Split(Examples Training, Examples Validation, Examples Test, Scaling Scaling, Perturbation Perturbation);

    private sealed record Trained(Split Split, double[] Parameters, Assessment Validation);

    private sealed record Figures(
        double Accuracy, double IntervalWidth, double LinearWidth, double OutputWidth, double Certified, double CertifiedFarther, double Attacked, double AttackedFarther);

    public static int Run(string file)
    {
        var setting = Path.GetFileNameWithoutExtension(file) switch
        {
            "iris" => new Setting([8], 200, 0.1, 0.2, null),
            "digits" => new Setting([32], 100, 0.5, 1, (0, 16, 16)),
            var other => throw new ArgumentException($"It is not said how to learn {other}; there are iris.csv and digits.csv."),
        };
        var columns = File.ReadLines(file).First().Split(',');
        var table = CsvSamples.Read(file, new CsvSelection { Label = "label", Ignore = columns.Contains("split") ? ["split"] : [] });
        var splits = Enumerable.Range(0, Seeds).Select(seed => Divide(table, setting, (ulong)seed)).ToArray();
        var architecture = Architecture.FullyConnected(
            [table.FeatureNames.Length, .. setting.Hidden, 1 + table.Samples.Max(sample => (int)sample.Label!.Value)], ReLU.Instance);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {Path.GetFileName(file)} | accuracy | width, intervals | width, lines | width of scores | certified {setting.Radius} | certified {setting.OtherRadius} | attacked {setting.Radius} | attacked {setting.OtherRadius} |"));
        Console.WriteLine("|---|---|---|---|---|---|---|---|---|");
        var least = double.NegativeInfinity;
        foreach (var method in Methods)
        {
            var tried = method.Strengths.Select(strength => (Strength: strength, Runs: splits.Select((split, seed) => Train(architecture, split, method.Loss(strength), setting, (ulong)seed)).ToArray())).ToArray();
            if (double.IsNegativeInfinity(least)) least = tried[0].Runs.Average(run => run.Validation.Accuracy!.Value) - AccuracyToSpare;
            var accurate = tried.Where(one => one.Runs.Average(run => run.Validation.Accuracy!.Value) >= least).ToArray();
            var (strength, runs) = accurate.Length == 0 ? tried[0] : accurate.MinBy(one => one.Runs.Average(run => run.Validation.MedianWidth!.Value));
            var figures = runs.Select(run => Measure(architecture, run, setting)).ToArray();
            Console.WriteLine($"| {method.Name}{(strength > 0 ? string.Create(CultureInfo.InvariantCulture, $", {strength}") : "")} | {string.Join(" | ", Cells(figures))} |");
        }

        return 0;
    }

    private static IEnumerable<string> Cells(Figures[] figures)
    {
        yield return Share(one => one.Accuracy);
        yield return Number(one => one.IntervalWidth);
        yield return Number(one => one.LinearWidth);
        yield return Number(one => one.OutputWidth);
        yield return Share(one => one.Certified);
        yield return Share(one => one.CertifiedFarther);
        yield return Share(one => one.Attacked);
        yield return Share(one => one.AttackedFarther);

        string Share(Func<Figures, double> figure) => Spread(figure, 100, "F1");
        string Number(Func<Figures, double> figure) => Spread(figure, 1, "F2");
        string Spread(Func<Figures, double> figure, double unit, string format)
        {
            var values = figures.Select(figure).ToArray();
            var mean = values.Average();
            var deviation = Math.Sqrt(values.Sum(value => (value - mean) * (value - mean)) / (values.Length - 1));
            return (unit * mean).ToString(format, CultureInfo.InvariantCulture) + " ± " + (unit * deviation).ToString(format, CultureInfo.InvariantCulture);
        }
    }

    private static Split Divide(SampleTable table, Setting setting, ulong seed)
    {
        var random = RandomStream.From("split of training comparison", seed);
        var order = table.Samples.Select(sample => (Key: random.NextDouble(), Sample: sample)).OrderBy(pair => pair.Key).Select(pair => pair.Sample).ToArray();
        var (features, fifth) = (table.FeatureNames.Length, order.Length / 5);
        var raw = ToExamples(order[(2 * fifth)..]);
        var scaling = setting.Pixels is var (_, _, scale) ? Scaling.Uniform(features, 0, scale) : Scaling.Standard(raw, scalesTargets: false);
        var perturbation = scaling.Apply(Moved(setting, setting.Radius, features));
        return new Split(scaling.Apply(raw), scaling.Apply(ToExamples(order[..fifth])), scaling.Apply(ToExamples(order[fifth..(2 * fifth)])), scaling, perturbation);
    }

    private static Examples ToExamples(Sample[] samples) => new(
        [.. samples.SelectMany(sample => sample.Values)], [.. samples.Select(sample => sample.Label!.Value)], samples.Length);

    private static Perturbation Moved(Setting setting, double radius, int features)
    {
        var (low, high, _) = setting.Pixels ?? (double.NegativeInfinity, double.PositiveInfinity, 1);
        return new Perturbation([.. Enumerable.Repeat(radius, features)], [.. Enumerable.Repeat(low, features)], [.. Enumerable.Repeat(high, features)]);
    }

    private static Trained Train(Architecture architecture, Split split, TrainingLoss loss, Setting setting, ulong seed)
    {
        loss = loss with { Perturbation = split.Perturbation };
        var run = new TrainingRun(
            architecture, split.Training, loss, new TrainingPlan { Epochs = setting.Epochs, RampEpochs = setting.Epochs / 2, BatchSize = 16, Seed = seed });
        while (!run.IsFinished) run.Advance();
        return new Trained(split, run.State.Parameters, Assessment.Of(architecture, run.State.Parameters, split.Validation, loss));
    }

    private static Figures Measure(Architecture architecture, Trained trained, Setting setting)
    {
        var split = trained.Split;
        var test = Assessment.Of(architecture, trained.Parameters, split.Test, new TrainingLoss { Perturbation = split.Perturbation });
        var network = architecture.ToNetwork(split.Scaling.Fold(architecture, trained.Parameters));
        var path = Path.GetTempFileName();
        OnnxWriter.Write(network, path);
        using var model = DeployedModel.Load(path);
        var centers = Enumerable.Range(0, split.Test.Count).Select(i => Raw(split, i)).ToArray();
        var (margins, outputs) = (new List<double>(), new List<double>());
        for (var i = 0; i < centers.Length; i++)
        {
            var sensitivity = Sensitivity.Of(
                new ReachableOutputs(model.Scores, Region(centers[i], setting.Radius, setting)), ReachabilityMethod.Polytope, centers[i], split.Test.Label(i));
            outputs.Add(sensitivity.MeanWidth);
            margins.Add(sensitivity.Margins!.MeanWidth ?? double.PositiveInfinity);
        }

        var (near, far) = (Verdicts(setting.Radius), Verdicts(setting.OtherRadius));
        File.Delete(path);
        return new Figures(test.Accuracy!.Value, test.MedianWidth!.Value, margins.Median(), outputs.Median(), near.Certified, far.Certified, near.Attacked, far.Attacked);

        // Bounds only: what they leave open is neither certified nor found by the attack.
        (double Certified, double Attacked) Verdicts(double radius)
        {
            var (verified, falsified) = (0.0, 0.0);
            for (var i = 0; i < centers.Length; i++)
            {
                var property = new Property($"test {i}", Region(centers[i], radius, setting), OutputProperty.SameLabel(split.Test.Label(i), architecture.OutputSize));
                var verdict = new Verifier(model).Verify(property, Budget.Default with { Subproblems = 0 }).Verdict;
                verified += verdict == Verdict.Verified ? 1 : 0;
                falsified += verdict == Verdict.Falsified ? 1 : 0;
            }

            return (verified / centers.Length, 1 - falsified / centers.Length);
        }
    }

    private static float[] Raw(Split split, int example) =>
        [.. Enumerable.Range(0, split.Test.InputSize).Select(k => (float)(split.Test.Input(example)[k] * split.Scaling.InputScales[k] + split.Scaling.InputShifts[k]))];

    private static InputRegion Region(float[] center, double radius, Setting setting)
    {
        var moved = Moved(setting, radius, center.Length);
        var domain = setting.Pixels is null ? null : InputRegion.Box(moved.Lower, moved.Upper);
        return InputRegion.Ball(Array.ConvertAll(center, value => (double)value), radius, Norm.Linf, domain);
    }
}
