using System.CommandLine.Parsing;
using System.Globalization;
using RobustVerify.Core.Specifications;
using RobustVerify.Core.Specifications.Samples;

namespace RobustVerify.Tool;

/// <summary>
/// How far features move: <c>0.1</c>; <c>0.1sd</c>, as multiples of a feature's standard deviation; <c>2%</c>, of its value in a sample; or
/// <c>petal_length=0.3,petal_width=2%</c>, for some of them, while the others stay.
/// </summary>
/// <param name="Values">The numbers.</param>
/// <param name="UnitOf">What each feature's number counts.</param>
internal sealed record FeatureRadius(FeatureValues Values, Func<string, RadiusUnit> UnitOf)
{
    public static FeatureRadius? Parse(ArgumentResult result)
    {
        var text = result.Tokens.Single().Value;
        var (numbers, units) = (new Dictionary<string, double>(), new Dictionary<string, RadiusUnit>());
        if (Amount(text) is (var all, var unit)) return Checked(all, new FeatureRadius(all, _ => unit));
        foreach (var part in text.Split(','))
        {
            var equals = part.LastIndexOf('=');
            var name = equals > 0 ? part[..equals].Trim() : "";
            if (name.Length == 0 || Amount(part[(equals + 1)..]) is not (var number, var own) || !numbers.TryAdd(name, number))
            {
                result.AddError($"--radius is '{text}'; it is no finite number such as 0.1, multiple of standard deviations such as 0.1sd, part of each value such as 2%, or list of features such as height=0.3,width=2%.");
                return null;
            }

            units[name] = own;
        }

        return Checked(numbers.Values.Min(), new FeatureRadius(new FeatureValues(numbers), name => units.GetValueOrDefault(name)));

        FeatureRadius? Checked(double least, FeatureRadius radius)
        {
            if (least >= 0) return radius;
            result.AddError($"--radius is '{text}'; it must not be negative.");
            return null;
        }
    }

    /// <summary>The radius of every feature around a sample.</summary>
    /// <exception cref="UsageException">A feature is named that there is not.</exception>
    public Func<Sample, double[]> Of(SampleTable table)
    {
        double[] numbers;
        try
        {
            numbers = Values.InOrder(table.FeatureNames, otherwise: 0);
        }
        catch (ArgumentException exception)
        {
            throw new UsageException($"--radius: {exception.Message}");
        }

        var units = table.FeatureNames.Select(UnitOf).ToArray();
        for (var i = 0; i < numbers.Length; i++)
        {
            if (units[i] == RadiusUnit.Deviations) numbers[i] *= Deviation(table, i);
            else if (units[i] == RadiusUnit.Percent) numbers[i] /= 100;
        }

        return sample => [.. numbers.Select((number, i) => units[i] == RadiusUnit.Percent ? number * Math.Abs(sample.Values[i]) : number)];
    }

    private static double Deviation(SampleTable table, int feature)
    {
        var mean = table.Samples.Average(sample => sample.Values[feature]);
        return Math.Sqrt(table.Samples.Average(sample => Math.Pow(sample.Values[feature] - mean, 2)));
    }

    private static (double Number, RadiusUnit Unit)? Amount(string text)
    {
        var unit = text.EndsWith("sd", StringComparison.Ordinal) ? RadiusUnit.Deviations : text.EndsWith('%') ? RadiusUnit.Percent : RadiusUnit.Data;
        var digits = unit switch { RadiusUnit.Deviations => text[..^2], RadiusUnit.Percent => text[..^1], _ => text };
        return double.TryParse(digits, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? (number, unit) : null;
    }
}

/// <summary>What a radius counts.</summary>
internal enum RadiusUnit
{
    /// <summary>Units of the data.</summary>
    Data,

    /// <summary>Standard deviations of the samples.</summary>
    Deviations,

    /// <summary>Hundredths of the value in a sample.</summary>
    Percent,
}
