using System.CommandLine;
using System.Globalization;
using RobustVerify.Core.Clever;
using RobustVerify.Core.Runtimes;
using RobustVerify.Core.Specifications;
using RobustVerify.Core.Specifications.Samples;
using Spectre.Console;

namespace RobustVerify.Tool;

/// <summary><c>clever model.onnx --data samples.csv --radius r</c>: CLEVER scores, which are estimates and prove nothing.</summary>
internal static class CleverCommand
{
    public static Command Create(Terminal terminal)
    {
        var model = new Argument<string>("model.onnx") { Description = "The model, with an output for every class." };
        var data = new Option<string>("--data") { Required = true, Description = "A CSV file with a header and a sample in each row." };
        var radius = new Option<double>("--radius") { Required = true, CustomParser = QuestionArguments.ParseRadius, Description = "The radius of the ball that derivatives are sampled in, and the largest score, in the units of the data." };
        var norm = new Option<Norm>("--norm") { DefaultValueFactory = _ => Norm.L2, Description = "How the distance is measured." };
        var target = new Option<string>("--target") { DefaultValueFactory = _ => "untargeted", Description = "Which other class: 'untargeted' (any), 'runner-up', 'least-likely', or its number." };
        var order = new Option<int>("--order") { DefaultValueFactory = _ => 1, Description = "1, by the largest gradient; 2, by the gradient at the sample and the largest curvature, for networks whose gradient is continuous." };
        var label = new Option<string?>("--label") { Description = "The column with the label; without it, the label that the model predicts." };
        var ignore = new Option<string[]>("--ignore") { AllowMultipleArgumentsPerToken = true, Description = "Columns that are neither inputs nor labels." };
        var domain = new Option<(double Lower, double Upper)?>("--domain") { CustomParser = QuestionArguments.ParseDomain, Description = "The values that every feature can have at all, as 'lower,upper': points of the ball beyond them are moved there." };
        var bits = new Option<int?>("--bits") { Description = "The model is given inputs rounded to so many bits, over the domain or from 0 to 1; this is evaluated, and not differentiated." };
        var batches = new Option<int>("--batches") { DefaultValueFactory = _ => 100, Description = "How many batches, at least 10; a law is fitted to their maxima." };
        var samples = new Option<int?>("--samples") { Description = $"Samples of a batch: {CleverQuestion.UsualSamples(1)}, or of second order {CleverQuestion.UsualSamples(2)}, if not given." };
        var seed = new Option<ulong>("--seed") { Description = "Which random numbers are used." };
        var json = JsonOutput.Option();
        var command = new Command("clever", "Estimates how far each sample is from another class (CLEVER). An estimate proves nothing.")
        {
            model, data, radius, norm, target, order, label, ignore, domain, bits, batches, samples, seed, json,
        };
        command.SetAction((parsed, cancellation) =>
        {
            var table = CsvSamples.Read(parsed.GetRequiredValue(data), new CsvSelection { Label = parsed.GetValue(label), Ignore = [.. parsed.GetValue(ignore) ?? []] });
            using var deployed = DeployedModel.Load(parsed.GetRequiredValue(model));
            var inputs = deployed.Network.Input.Size;
            var box = parsed.GetValue(domain) is var (lower, upper) ? InputRegion.Box([.. Enumerable.Repeat(lower, inputs)], [.. Enumerable.Repeat(upper, inputs)]) : null;
            var (kind, number) = Target(parsed.GetRequiredValue(target));
            var question = new CleverQuestion
            {
                Radius = parsed.GetValue(radius),
                Norm = parsed.GetValue(norm),
                Order = parsed.GetValue(order),
                Targets = kind,
                Target = number,
                Domain = box,
                Transformation = Transformation(parsed.GetValue(bits), parsed.GetValue(domain)),
                Batches = parsed.GetValue(batches),
                Samples = parsed.GetValue(samples) ?? CleverQuestion.UsualSamples(parsed.GetValue(order)),
                Seed = parsed.GetValue(seed),
            };
            var lines = parsed.GetValue(json) ? terminal.ForLogs() : terminal;
            var results = EachSample.Answer(lines, "estimating", table.Samples, sample => Estimate(deployed, sample, question, cancellation), Line, cancellation);
            if (lines.Interactive) lines.Write(Table(results));
            if (parsed.GetValue(json)) JsonOutput.Write(terminal, results);
            lines.WriteSentence($"{results.Count} of {table.Samples.Length} samples, norm {question.Norm.ToString().ToLowerInvariant()}, order {question.Order}. Scores are estimates and prove nothing.");
            return Task.FromResult(results.Count == table.Samples.Length ? ExitCode.Holds : ExitCode.Inconclusive);
        });
        return command;
    }

    private static CleverResult Estimate(DeployedModel model, Sample sample, CleverQuestion question, CancellationToken cancellation)
    {
        var own = question with { Label = QuestionArguments.ClassOf(sample) };
        return CleverResult.Of(sample.Name, own, CleverEstimator.Estimate(model.Scores, [.. sample.Values.Select(value => (float)value)], own, cancellation));
    }

    private static (CleverTargets Kind, int? Number) Target(string text) => text switch
    {
        "untargeted" => (CleverTargets.Untargeted, null),
        "runner-up" => (CleverTargets.RunnerUp, null),
        "least-likely" => (CleverTargets.LeastLikely, null),
        _ when int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) => (CleverTargets.Untargeted, number),
        _ => throw new UsageException($"--target is '{text}'; it is 'untargeted', 'runner-up', 'least-likely', or the number of a class."),
    };

    private static InputTransformation? Transformation(int? bits, (double Lower, double Upper)? domain) => bits switch
    {
        null => null,
        >= 1 and <= 16 => domain is var (lower, upper) ? InputTransformation.BitDepth(bits.Value, lower, upper) : InputTransformation.BitDepth(bits.Value),
        _ => throw new UsageException($"--bits is {bits}; it is a number from 1 to 16."),
    };

    private static string Line(CleverResult result)
    {
        var target = result.Targets.MinBy(one => one.Score)!;
        return $"{result.Sample}: score {Interval(result)} from {result.Label} to {target.Target} ({Basis(target)})"
            + (result.WithoutTransformation is { } without ? $", without {string.Join(", ", result.Transformations)} {Interval(without)}" : "");
    }

    private static Table Table(IReadOnlyList<CleverResult> results)
    {
        var table = new Table().RoundedBorder();
        table.AddColumns("sample", "class", "nearest", "score", "how");
        var transformed = results.Any(result => result.WithoutTransformation is not null);
        if (transformed) table.AddColumn("without transformation");
        foreach (var result in results)
        {
            var target = result.Targets.MinBy(one => one.Score)!;
            string[] cells = [Markup.Escape(result.Sample), $"{result.Label}", $"{target.Target}", Markup.Escape(Interval(result)), Basis(target)];
            table.AddRow(transformed ? [.. cells, Markup.Escape(result.WithoutTransformation is { } without ? Interval(without) : "")] : cells);
        }

        return table;
    }

    internal static string Interval(IInterval interval) =>
        string.Create(CultureInfo.InvariantCulture, $"{interval.Score:G4} [{interval.Lower:G4}, {interval.Upper:G4}]");

    private static string Basis(CleverTargetResult target)
    {
        var fit = string.Create(CultureInfo.InvariantCulture, $"of shape {target.Shape:G3}, p {target.PValue:G2}");
        return target.Basis switch
        {
            EndPointBasis.Known => "known",
            EndPointBasis.Law => $"law {fit}",
            EndPointBasis.UncertainLaw => $"law {fit}: its end is uncertain",
            EndPointBasis.TiedMaximum => "largest sample, met by several batches",
            EndPointBasis.Maximum => $"largest sample; a law {fit} does not fit",
            _ => "a derivative is not finite",
        };
    }
}
