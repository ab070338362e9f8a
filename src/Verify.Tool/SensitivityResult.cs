using System.Globalization;
using RobustVerify.Core.Numerics;
using RobustVerify.Core.Reachability;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Tool;

/// <summary>One output of a set.</summary>
/// <param name="Output">Its number.</param>
/// <param name="Lower">The smallest value in the set.</param>
/// <param name="Upper">The largest.</param>
/// <param name="Width">Their distance.</param>
/// <param name="ReachedWidth">How far values at some inputs lie apart.</param>
internal sealed record OutputSpread(int Output, double Lower, double Upper, double Width, double ReachedWidth);

/// <summary>How the margins of a class spread.</summary>
/// <param name="Label">The class that the model gives the middle of the region.</param>
/// <param name="Certified">Whether every margin is positive in all of the set.</param>
/// <param name="Width">The largest width of a margin, as a part of the margin in the middle; null where that is no margin.</param>
/// <param name="MeanWidth">The geometric mean of these.</param>
/// <param name="LogVolume">The sum of their logarithms; null where one is zero.</param>
internal sealed record MarginSpread(int Label, bool Certified, double? Width, double? MeanWidth, double? LogVolume);

/// <summary>How far the outputs spread over one region.</summary>
/// <param name="Sample">The sample; null where the region is around none.</param>
/// <param name="Set">What the outputs are enclosed in.</param>
/// <param name="Width">The largest width.</param>
/// <param name="MeanWidth">The geometric mean of the widths.</param>
/// <param name="ReachedMeanWidth">The same of what was seen at some inputs.</param>
/// <param name="LogVolume">The logarithm of the set's volume or of a bound of it; null where the set is flat.</param>
/// <param name="ExactVolume">Whether it is that of the set itself.</param>
/// <param name="Exact">Whether the set is what is reached, and nothing more.</param>
/// <param name="Tight">Whether no smaller set of this shape holds what is reached.</param>
/// <param name="Outputs">Every output.</param>
/// <param name="Margins">The margins, where there are any.</param>
internal sealed record SensitivityResult(
    string? Sample, ReachabilityMethod Set, double Width, double MeanWidth, double ReachedMeanWidth, double? LogVolume, bool ExactVolume, bool Exact, bool Tight,
    IReadOnlyList<OutputSpread> Outputs, MarginSpread? Margins)
{
    public static SensitivityResult Of(string? sample, ReachabilityMethod method, Sensitivity sensitivity, int[] chosen)
    {
        var (set, margins) = (sensitivity.Set, sensitivity.Margins);
        var spreads = set.Ranges.Select((range, k) => new OutputSpread(
            chosen.Length == 0 ? k : chosen[k], Down(range.Lower), Up(range.Upper), Up(sensitivity.Widths[k]), Down(sensitivity.ReachedWidths[k])));
        return new SensitivityResult(
            sample, method, Up(sensitivity.Width), Up(sensitivity.MeanWidth), Down(sensitivity.ReachedMeanWidth), Finite(set.LogVolume), set.HasExactVolume, set.IsExact, set.IsTight,
            [.. spreads],
            margins is null ? null : new MarginSpread(margins.Label, margins.IsCertified, UpOrNull(margins.Width), UpOrNull(margins.MeanWidth), Finite(margins.LogVolume)));
    }

    /// <summary>The result in a sentence.</summary>
    public string Line()
    {
        var volume = $"{(ExactVolume ? "" : "at most ")}{Text(LogVolume)}";
        var margins = Margins is { Width: { } widest } ? $"; margins of class {Margins.Label} spread by {Text(widest)} of themselves at most{(Margins.Certified ? ", so the answer stays" : "")}" : "";
        var what = Exact ? ", exactly what is reached" : Tight ? ", the smallest of its shape" : "";
        return $"{(Sample is null ? "" : Sample + ": ")}widths up to {Text(Width)}, their mean {Text(MeanWidth)} (seen {Text(ReachedMeanWidth)}), log-volume {volume} ({Set.ToString().ToLowerInvariant()}{what}){margins}";
    }

    /// <summary>A number as it is told; of none, −∞.</summary>
    internal static string Text(double? value) => value is { } number ? number.ToString(CultureInfo.InvariantCulture) : "-infinity";

    internal static double Up(double value) => Rounding.RoundUp(value);

    private static double? UpOrNull(double? value) => value is { } number ? Up(number) : null;

    private static double Down(double value) => Rounding.RoundDown(value);

    // JSON has no infinity.
    private static double? Finite(double? value) => value is { } number && double.IsFinite(number) ? Up(number) : null;
}

/// <summary>The mean over all regions, and every one of them.</summary>
/// <param name="Set">What the outputs are enclosed in.</param>
/// <param name="Width">The mean of the largest widths.</param>
/// <param name="MeanWidth">The mean of the mean widths.</param>
/// <param name="LogVolume">The mean of the logarithms of the volumes; null where a set is flat.</param>
/// <param name="MarginWidth">The mean of the largest widths of margins, of the regions that have them.</param>
/// <param name="MarginLogVolume">The mean of the logarithms of the margins' volumes.</param>
/// <param name="Certified">How many regions of all have margins that are positive everywhere; null where there are no margins.</param>
/// <param name="Complete">False where the run was cancelled.</param>
/// <param name="Samples">Every region.</param>
internal sealed record SensitivityMean(
    ReachabilityMethod? Set, double? Width, double? MeanWidth, double? LogVolume, double? MarginWidth, double? MarginLogVolume, double? Certified, bool Complete, IReadOnlyList<SensitivityResult> Samples)
{
    public static SensitivityMean Of(IReadOnlyList<SensitivityResult> results, bool complete)
    {
        var margins = results.Select(result => result.Margins).OfType<MarginSpread>().ToArray();
        return new SensitivityMean(
            results.Count == 0 ? null : results[0].Set,
            Mean(results, result => result.Width),
            Mean(results, result => result.MeanWidth),
            Mean(results, result => result.LogVolume),
            Mean(margins, margin => margin.Width),
            Mean(margins, margin => margin.LogVolume),
            margins.Length == 0 ? null : (double)margins.Count(margin => margin.Certified) / results.Count,
            complete,
            results);
    }

    /// <summary>The mean in a sentence.</summary>
    public string Line() =>
        $"mean of {Samples.Count}: widths up to {SensitivityResult.Text(Width)}, mean width {SensitivityResult.Text(MeanWidth)}, log-volume {SensitivityResult.Text(LogVolume)}"
        + (Certified is { } share ? string.Create(CultureInfo.InvariantCulture, $", margins spread by {SensitivityResult.Text(MarginWidth)} of themselves, {share:P0} certified") : "");

    /// <summary>The mean, rounded up; of none, or where one of them is −∞, none.</summary>
    private static double? Mean<T>(IReadOnlyCollection<T> results, Func<T, double?> number) =>
        results.Count > 0 && results.All(result => number(result) is not null) ? SensitivityResult.Up(results.Average(result => number(result)!.Value)) : null;
}
