using System.Globalization;
using System.Text.RegularExpressions;

namespace RobustVerify.Xunit.Tests;

public sealed class RobustnessProofTests
{
    [Fact]
    public void A_falsified_sample_shows_what_changes_the_answer_and_how_to_replay_it()
    {
        var message = Assert.Throws<FalsifiedException>(() => Digits.Prove(nameof(Digits.Fragile), 1)).Message;

        Assert.StartsWith("FALSIFIED row 1: it is not true that output 6 stays the largest for every input within 4.5 of it (l∞).", message, StringComparison.Ordinal);
        Assert.Matches(@"The largest output is 6 before and \d after", message);
        // At most ten features, by their names, largest change first.
        var changes = Regex.Matches(message, @"^  p\d\d .* ([+-][\d.]+)$", RegexOptions.Multiline).Select(match => Math.Abs(double.Parse(match.Groups[1].Value))).ToList();
        Assert.Equal(10, changes.Count);
        Assert.Equal(changes.OrderDescending(), changes);
        Assert.All(changes, change => Assert.InRange(change, 0, 4.5));
        Assert.Matches("  and [0-9]+ more", message);
    }

    [Fact]
    public void A_sample_that_is_neither_proved_nor_refuted_says_so()
    {
        var message = Assert.Throws<InconclusiveException>(() => Digits.Prove(nameof(Digits.Undecided), 1)).Message;

        Assert.StartsWith("INCONCLUSIVE row 1: neither proved nor refuted that output 6 stays the largest for every input within", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Numbers_have_a_decimal_point_in_every_culture()
    {
        var culture = CultureInfo.CurrentCulture;
        CultureInfo.CurrentCulture = new CultureInfo("") { NumberFormat = { NumberDecimalSeparator = "," } };
        try
        {
            var message = Assert.Throws<FalsifiedException>(() => Digits.Prove(nameof(Digits.Fragile), 1)).Message;

            Assert.DoesNotMatch("[0-9],[0-9]", message);
        }
        finally
        {
            CultureInfo.CurrentCulture = culture;
        }
    }

    [Fact]
    public void The_counterexample_can_be_replayed_from_its_file()
    {
        var message = Assert.Throws<FalsifiedException>(() => Digits.Prove(nameof(Digits.Fragile), 1)).Message;
        var file = Regex.Match(message, "Replay.Counterexample\\(@\"(.*)\"\\);").Groups[1].Value;

        var replayed = Assert.Throws<FalsifiedException>(() => Replay.Counterexample(file)).Message;

        Assert.Contains("output 6 stays the largest", replayed);
    }

    [Fact]
    public void A_model_that_is_nowhere_is_named_with_the_places_looked_at()
    {
        var message = Assert.Throws<FileNotFoundException>(() => Digits.Prove(nameof(Digits.WithoutModel), 1)).Message;

        Assert.Contains("absent.onnx", message);
        Assert.Contains(AppContext.BaseDirectory, message);
        Assert.Contains("CopyToOutputDirectory", message);
    }

    [Fact]
    public void A_sample_without_a_radius_says_where_to_write_one()
    {
        var message = Assert.Throws<ArgumentException>(() => Digits.Prove(nameof(Digits.WithoutRadius), 1)).Message;

        Assert.Contains("[RobustWithin(0.1)]", message);
    }
}
