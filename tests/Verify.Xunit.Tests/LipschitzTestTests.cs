using System.Globalization;
using System.Text.RegularExpressions;

namespace RobustVerify.Xunit.Tests;

public sealed class LipschitzTestTests
{
    [Fact]
    public void What_passes_notes_the_bounds() =>
        Assert.Matches(@"^row 2: the Lipschitz constant \(l2\) lies between [\d.]+ and [\d.]+ \(.*\)\.", Digits.Prove(nameof(Digits.Flat), 2));

    [Fact]
    public void A_network_that_is_too_steep_shows_where_it_is_and_how_to_replay_it()
    {
        var message = Assert.Throws<FalsifiedException>(() => Digits.Prove(nameof(Digits.Steep), 1)).Message;

        Assert.StartsWith("FALSIFIED row 1: it is not true that outputs change by at most 0.25 times as much as inputs (l2) within 0.5 of it (l2).", message, StringComparison.Ordinal);
        var constant = double.Parse(Regex.Match(message, "They change ([0-9.]+) times as much").Groups[1].Value, CultureInfo.InvariantCulture);
        Assert.InRange(constant, 0.25, 3);
        var changes = Regex.Matches(message, @"^  p\d\d .* ([+-][\d.]+)$", RegexOptions.Multiline).Select(match => double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture)).ToList();
        Assert.NotEmpty(changes);
        Assert.All(changes, change => Assert.InRange(change, -0.5, 0.5));

        var file = Regex.Match(message, "Replay.Witness\\(@\"(.*)\"\\);").Groups[1].Value;
        Assert.Contains("at most 0.25 times as much", Assert.Throws<FalsifiedException>(() => Replay.Witness(file)).Message, StringComparison.Ordinal);
        File.WriteAllText(file, File.ReadAllText(file).Replace("\"limit\": 0.25", "\"limit\": 4", StringComparison.Ordinal));
        Replay.Witness(file);
    }

    [Fact]
    public void Without_data_all_inputs_of_the_domain_count()
    {
        var message = Assert.Throws<FalsifiedException>(() => Digits.Prove(nameof(Digits.SteepSomewhere), 0)).Message;

        Assert.StartsWith("FALSIFIED Digits.SteepSomewhere: it is not true that outputs change by at most 0.5 times as much as inputs (l2) between inputs from 0 to 16.", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_limit_between_the_bounds_is_left_open()
    {
        var message = Assert.Throws<InconclusiveException>(() => Digits.Prove(nameof(Digits.FlatOrSteep), 0)).Message;

        Assert.StartsWith("INCONCLUSIVE Digits.FlatOrSteep: neither proved nor refuted that outputs change by at most 2.8 times as much", message, StringComparison.Ordinal);
        var bounds = Regex.Match(message, @"lies between ([\d.]+), near an input that was found, and ([\d.]+) \(");
        Assert.InRange(double.Parse(bounds.Groups[1].Value, CultureInfo.InvariantCulture), 1, 2.8);
        Assert.InRange(double.Parse(bounds.Groups[2].Value, CultureInfo.InvariantCulture), 2.8, 4);
    }

    [Theory]
    [InlineData(nameof(Digits.FlatWithoutRadius), 1, "[LipschitzAtMost(3, Radius = 0.1)]")]
    [InlineData(nameof(Digits.FlatAroundNothing), 0, "no samples")]
    public void Samples_and_radius_belong_together(string method, int row, string said) =>
        Assert.Contains(said, Assert.Throws<ArgumentException>(() => Digits.Prove(method, row)).Message, StringComparison.Ordinal);
}
