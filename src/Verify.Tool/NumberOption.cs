using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace RobustVerify.Tool;

/// <summary>An option whose value is a finite number, written with a point whatever the language of the machine.</summary>
internal static class NumberOption
{
    public static Option<double?> Of(string name, string description) => new(name) { Description = description, CustomParser = Parse };

    private static double? Parse(ArgumentResult result)
    {
        var text = result.Tokens.Single().Value;
        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number)) return number;
        result.AddError($"'{text}' is no finite number.");
        return null;
    }
}
