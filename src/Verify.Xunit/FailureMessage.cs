using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using RobustVerify.Core.Certificates;
using RobustVerify.Core.Clever;
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

    /// <summary>Where a network is too steep, and how to see it again.</summary>
    public static string TooSteep(
        DeployedModel model, string name, string claim, string constant, Specification? around, ReadOnlySpan<double> witness, string file)
    {
        var text = new StringBuilder();
        text.AppendLine($"FALSIFIED {name}: it is not true that {claim}.");
        text.AppendLine($"They change {constant} times as much near an input that was found{(around is null ? "." : ":")}");
        text.AppendLine();
        if (around is not null)
        {
            var (features, sample, input) = (around.FeatureNames, around.Samples[0].Values, witness.ToArray());
            Append(
                text, "feature", "no feature changes: it is the sample itself",
                sample.Select((value, i) => (features.Length == sample.Length ? features[i] : NameOf(model.Network.Inputs, i), value, input[i])));
            text.AppendLine();
        }

        text.AppendLine($"The input is in {file}");
        text.AppendLine("To replay it, paste this line into a test:");
        text.Append(CultureInfo.InvariantCulture, $"    RobustVerify.Xunit.Replay.Witness(@\"{file}\");");
        return text.ToString();
    }

    /// <summary>That a limit lies between what is found and what is proved, and what to do.</summary>
    public static string Undecided(string name, string claim, string lower, string upper, string method) =>
        $"""
        INCONCLUSIVE {name}: neither proved nor refuted that {claim}.
        The Lipschitz constant lies between {lower}, near an input that was found, and {upper} ({method}).
        The network may be flat enough, or not: ask for a larger constant, or for a smaller radius or domain.
        """;

    /// <summary>That an estimate is too low, and what that means.</summary>
    public static string LowScore(string name, string told, string least, Norm norm, CleverReport report)
    {
        var nearest = report.Nearest;
        var why = nearest.Margin > 0
            ? string.Create(CultureInfo.InvariantCulture, $"The nearest class seems to be {nearest.Target}, whose output is {nearest.Margin:G6} below that of {report.Label}.")
            : $"At the sample itself output {nearest.Target} is not below that of its label, {report.Label}.";
        return $"""
            TOO LOW {name}: {told}, and the whole interval lies below the {least} that is asked for.
            {why}
            A score is an estimate: it does not prove that such an input exists. [RobustWithin({least}, Norm = Norm.{norm})] proves or refutes it.
            """;
    }

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
