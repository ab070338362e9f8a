using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using RobustVerify.Core.Specifications;
using RobustVerify.Core.Specifications.Samples;

namespace RobustVerify.Tool;

/// <summary>The three ways to ask something of a model, as arguments and options.</summary>
internal sealed class QuestionArguments
{
    private readonly Argument<string[]> files = new("files")
    {
        Arity = new ArgumentArity(1, 2),
        Description = "A specification (spec.json), or a model and a query (model.onnx property.vnnlib), or a model alone with --data and --radius.",
        Validators = { RefuseOptions },
    };

    private readonly Option<string?> data = new("--data") { Description = "A CSV file with a header and a sample in each row." };
    private readonly Option<double> radius = new("--radius") { CustomParser = ParseRadius, Description = "How far every feature may move, in the units of the data." };
    private readonly Option<Norm> norm = new("--norm") { DefaultValueFactory = _ => Norm.Linf, Description = "How the distance is measured." };
    private readonly Option<string?> label = new("--label") { Description = "The column with the label; without it, the label that the model predicts." };
    private readonly Option<string[]> ignore = new("--ignore") { AllowMultipleArgumentsPerToken = true, Description = "Columns that are neither inputs nor labels." };
    private readonly Option<(double Lower, double Upper)?> domain = new("--domain")
    {
        CustomParser = ParseDomain,
        Description = "The values that every feature can have at all, as 'lower,upper'.",
    };

    private readonly Option<Semantics?> semantics = new("--semantics")
    {
        Description = "What a proof speaks of: 'real', the network's function of real numbers, or 'float32', whatever a runtime computes of it in float32. Without it, what the specification says, or real.",
    };

    public QuestionArguments(Command command)
    {
        command.Add(files);
        foreach (var option in new Option[] { data, radius, norm, label, ignore, domain, semantics }) command.Add(option);
    }

    /// <summary>What is asked.</summary>
    /// <exception cref="UsageException">The arguments and options do not go together.</exception>
    public Question Read(ParseResult parsed)
    {
        var csv = parsed.GetValue(data);
        return parsed.GetRequiredValue(files) switch
        {
            [_, _] when csv is not null => throw new UsageException("A query and --data exclude each other: give model.onnx property.vnnlib, or model.onnx --data file.csv --radius r."),
            [var model, var query] => new QueryQuestion(model, query, parsed.GetValue(semantics) ?? Semantics.Real),
            [var model] when csv is not null => Samples(Read(parsed, model, csv)),
            [var model] when model.EndsWith(".onnx", StringComparison.OrdinalIgnoreCase) => throw new UsageException($"What is to be verified of {model}? Give a property.vnnlib after it, or --data file.csv --radius r, or a specification instead of the model."),
            var specification => Samples(Specification.Load(specification[0])),
        };

        SampleQuestion Samples(Specification specification) =>
            new(parsed.GetValue(semantics) is { } chosen ? specification with { Semantics = chosen } : specification);
    }

    private Specification Read(ParseResult parsed, string model, string csv)
    {
        if (parsed.GetResult(radius) is null) throw new UsageException("--data needs --radius: how far may every feature move?");
        var labels = parsed.GetValue(label);
        var table = CsvSamples.Read(csv, new CsvSelection { Label = labels, Ignore = [.. parsed.GetValue(ignore) ?? []] });
        var range = parsed.GetValue(domain);
        return new Specification
        {
            Name = Path.GetFileNameWithoutExtension(csv),
            File = csv,
            ModelPath = model,
            Samples = table.Samples,
            FeatureNames = table.FeatureNames,
            Radius = parsed.GetValue(radius),
            Norm = parsed.GetValue(norm),
            DomainLower = range?.Lower is { } lower ? new FeatureValues(lower) : null,
            DomainUpper = range?.Upper is { } upper ? new FeatureValues(upper) : null,
            Requirement = new SameLabel(Predicted: labels is null),
        };
    }

    // The arity lets a misspelled option pass as a file.
    private static void RefuseOptions(ArgumentResult result)
    {
        if (result.Tokens.FirstOrDefault(token => token.Value.StartsWith("--", StringComparison.Ordinal)) is { } option)
            result.AddError($"There is no option '{option.Value}'; --help lists those there are.");
    }

    // The usual parser takes 0,1 for 1.
    internal static double ParseRadius(ArgumentResult result)
    {
        var text = result.Tokens.Single().Value;
        if (TryParse(text, out var radius) && radius >= 0 && double.IsFinite(radius)) return radius;
        result.AddError($"--radius is '{text}'; it is a number that is not negative, such as 0.1.");
        return 0;
    }

    /// <summary>The class that a sample's label names, where it has one.</summary>
    internal static int? ClassOf(Sample sample) => sample.Label switch
    {
        null => null,
        { } label when label >= 0 && label == (int)label => (int)label,
        { } label => throw new UsageException(string.Create(CultureInfo.InvariantCulture, $"{sample.Name}: the label {label} is not the number of an output; labels are whole numbers from 0.")),
    };

    private static bool TryParse(string text, out double number) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out number);

    internal static (double Lower, double Upper)? ParseDomain(ArgumentResult result)
    {
        var text = result.Tokens.Single().Value;
        if (text.Split(',') is [var first, var second]
            && TryParse(first, out var lower)
            && TryParse(second, out var upper)
            && lower <= upper)
        {
            return (lower, upper);
        }

        result.AddError($"--domain is '{text}'; it is two numbers 'lower,upper', the smaller one first, such as 0,1.");
        return null;
    }
}
