using System.Globalization;
using System.Text.RegularExpressions;

namespace RobustVerify.Tool;

/// <summary>A linear function of the outputs as it is written: <c>Y_0 - 2*Y_1</c>.</summary>
internal static partial class OutputObjective
{
    /// <summary>The coefficient of every output.</summary>
    /// <exception cref="UsageException">The text is none, or names an output that there is not.</exception>
    public static double[] Parse(string text, int outputs)
    {
        var coefficients = new double[outputs];
        var match = Term().Match(text);
        for (var first = true; ; first = false)
        {
            var (sign, given, number) = (match.Groups["sign"].Value, match.Groups["number"].Value, 1.0);
            var isNumber = given.Length == 0 || double.TryParse(given, NumberStyles.Float, CultureInfo.InvariantCulture, out number) && double.IsFinite(number);
            if (!match.Success || !isNumber || sign.Length == 0 && !first) throw new UsageException($"'{text}' is no sum of outputs such as 'Y_0' or 'Y_0 - 2*Y_1'.");
            if (!int.TryParse(match.Groups["output"].ValueSpan, CultureInfo.InvariantCulture, out var output) || output >= outputs)
                throw new UsageException($"There is no output Y_{match.Groups["output"].Value}; the model has {(outputs == 1 ? "Y_0 alone" : $"Y_0 to Y_{outputs - 1}")}.");
            coefficients[output] += sign == "-" ? -number : number;
            if (match.Index + match.Length == text.Length) return coefficients;
            match = match.NextMatch();
        }
    }

    [GeneratedRegex(@"\G\s*(?<sign>[+-]?)\s*((?<number>[\d.]+([eE][+-]?\d+)?)\s*\*?\s*)?Y_(?<output>\d+)\s*")]
    private static partial Regex Term();
}
