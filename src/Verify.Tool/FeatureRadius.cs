using System.CommandLine.Parsing;
using System.Globalization;
using RobustVerify.Core.Specifications;
using RobustVerify.Core.Specifications.Samples;

namespace RobustVerify.Tool;

/// <summary>How far every feature moves: <c>0.1</c>, <c>petal_length=0.3,petal_width=0.1</c>, or <c>0.1sd</c>, as multiples of its standard deviation.</summary>
/// <param name="Values">The number, or those of some features; the others stay.</param>
/// <param name="InDeviations">Whether it counts standard deviations of the samples.</param>
internal sealed record FeatureRadius(FeatureValues Values, bool InDeviations)
{
    private const string Unit = "sd";

    public static FeatureRadius? Parse(ArgumentResult result)
    {
        var text = result.Tokens.Single().Value;
        var byName = new Dictionary<string, double>();
        if (Number(text) is { } all) return Checked(all, new FeatureRadius(all, false));
        if (text.EndsWith(Unit, StringComparison.Ordinal) && Number(text[..^Unit.Length]) is { } deviations) return Checked(deviations, new FeatureRadius(deviations, true));
        foreach (var part in text.Split(','))
        {
            if (part.LastIndexOf('=') is not (> 0 and var equals) || Number(part[(equals + 1)..]) is not { } value || !byName.TryAdd(part[..equals].Trim(), value))
            {
                result.AddError($"--radius is '{text}'; it is no finite number such as 0.1, multiple of standard deviations such as 0.1sd, or list of features such as height=0.3,width=0.1.");
                return null;
            }
        }

        return Checked(byName.Values.Min(), new FeatureRadius(new FeatureValues(byName), false));

        FeatureRadius? Checked(double least, FeatureRadius radius)
        {
            if (least >= 0) return radius;
            result.AddError($"--radius is '{text}'; it must not be negative.");
            return null;
        }
    }

    /// <summary>The radius of every feature.</summary>
    /// <exception cref="UsageException">A feature is named that there is not.</exception>
    public double[] Of(SampleTable table)
    {
        double[] radii;
        try
        {
            radii = Values.InOrder(table.FeatureNames, otherwise: 0);
        }
        catch (ArgumentException exception)
        {
            throw new UsageException($"--radius: {exception.Message}");
        }

        for (var i = 0; i < radii.Length && InDeviations; i++)
        {
            var mean = table.Samples.Average(sample => sample.Values[i]);
            radii[i] *= Math.Sqrt(table.Samples.Average(sample => Math.Pow(sample.Values[i] - mean, 2)));
        }

        return radii;
    }

    private static double? Number(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? number : null;
}
