using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using RobustVerify.Core.Certificates;
using RobustVerify.Core.Networks;
using RobustVerify.Core.Runtimes;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Xunit;

/// <summary>What a failed test says.</summary>
internal static class FailureMessage
{
    private const int RowsShown = 10;

    /// <summary>What changed between a sample and a counterexample, in the units of the network's inputs, and how to see it again.</summary>
    public static string Falsified(
        DeployedModel model, Property property, string region, double[] sample, ImmutableArray<string> features,
        Counterexample counterexample, string file)
    {
        var before = model.Runtime.Run([.. sample.Select(value => (float)value)]);
        var after = counterexample.Output.AsSpan();
        var text = new StringBuilder();
        text.AppendLine($"FALSIFIED {property.Name}: it is not true that {property.Output.Description} for every input {region}.");
        if (before.Length > 1 && LargestOf(before) != LargestOf(after))
            text.AppendLine($"The largest output is {LargestOf(before)} before and {LargestOf(after)} after these features change:");
        text.AppendLine();
        Append(
            text, "feature", "no feature changes: the property does not even hold at the sample itself",
            sample.Select((value, i) => (features.Length == sample.Length ? features[i] : NameOf(model.Network.Inputs, i), value, (double)counterexample.Input[i])));
        text.AppendLine();
        Append(
            text, "output", "no output changes",
            before.Select((value, i) => (NameOf(model.Network.Outputs, i), (double)value, (double)counterexample.Output[i])));
        text.AppendLine();
        text.AppendLine($"The counterexample (confirmed by {counterexample.Runtime}) is in {file}");
        text.AppendLine("To replay it, paste this line into a test:");
        text.Append(CultureInfo.InvariantCulture, $"    RobustVerify.Xunit.Replay.Counterexample(@\"{file}\");");
        return text.ToString();
    }

    /// <summary>That nothing is known, and what to do.</summary>
    public static string Inconclusive(Property property, string region, Certificate certificate) =>
        $"""
        INCONCLUSIVE {property.Name}: neither proved nor refuted that {property.Output.Description} for every input {region}.
        {certificate.Reason ?? "The budget is spent"}
        The network may be robust here, or not: ask for a smaller radius, or train it to be robust.
        """;

    private static void Append(StringBuilder text, string title, string none, IEnumerable<(string Name, double Before, double After)> values)
    {
        // A float32 input differs from its double by rounding alone; that is no change.
        var changed = values.Where(value => (float)value.Before != (float)value.After)
            .OrderByDescending(value => Math.Abs(value.After - value.Before)).ToList();
        if (changed.Count == 0)
        {
            text.AppendLine($"  {none}");
            return;
        }

        var shown = changed.Take(RowsShown)
            .Select(value => (value.Name, Number(value.Before), Number(value.After), Change: Number(value.After - value.Before, "+")))
            .Prepend((Name: title, "before", "after", Change: "change")).ToList();
        var width = shown.Max(row => row.Name.Length);
        foreach (var (name, before, after, change) in shown)
            text.AppendLine($"  {name.PadRight(width)}  {before,12}  {after,12}  {change,12}");
        if (changed.Count > RowsShown) text.AppendLine($"  and {changed.Count - RowsShown} more");
    }

    private static string Number(double value, string sign = "") =>
        (value > 0 ? sign : "") + value.ToString("G6", CultureInfo.InvariantCulture);

    private static string NameOf(IEnumerable<Port> ports, int index)
    {
        var port = ports.Last(port => port.Offset <= index);
        return $"{port.Name}[{index - port.Offset}]";
    }

    private static int LargestOf(ReadOnlySpan<float> values)
    {
        var largest = 0;
        for (var i = 1; i < values.Length; i++)
        {
            if (values[i] > values[largest]) largest = i;
        }

        return largest;
    }
}
