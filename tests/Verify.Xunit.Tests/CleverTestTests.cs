namespace RobustVerify.Xunit.Tests;

public sealed class CleverTestTests
{
    [Fact]
    public void What_passes_notes_the_score_and_that_it_proves_nothing() =>
        Assert.Matches(@"^row 1: the CLEVER score \(l∞\) is 1 \[1, 1\] in a ball of the radius 1\. It is an estimate, and proves nothing\.", Digits.Prove(nameof(Digits.Far), 1));

    [Fact]
    public void A_score_whose_interval_is_too_low_says_what_it_is()
    {
        var message = Assert.Throws<LowScoreException>(() => Digits.Prove(nameof(Digits.Near), 2)).Message;

        Assert.Matches(@"^TOO LOW row 2: the CLEVER score \(l2\) is \d\.\d+ \[\d\.\d+, \d\.\d+\] in a ball of the radius 10, and the whole interval lies below the 10 that is asked for\.", message);
        Assert.Matches(@"The nearest class seems to be \d, whose output is \d\.\d+ below that of 3\.", message);
        Assert.Contains("A score is an estimate: it does not prove that such an input exists. [RobustWithin(10, Norm = Norm.L2)] proves", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_sample_of_another_class_than_its_label_has_the_score_zero()
    {
        // One of the three labels may be right.
        var messages = Enumerable.Range(1, 3).Select(row => Record.Exception(() => Digits.Prove(nameof(Digits.Mislabelled), row))).OfType<LowScoreException>().Select(exception => exception.Message).ToList();

        Assert.InRange(messages.Count, 2, 3);
        Assert.Contains(messages, message => message.Contains("is 0 [0, 0]", StringComparison.Ordinal) && message.Contains("At the sample itself output", StringComparison.Ordinal));
    }

    [Fact]
    public void A_score_beyond_the_ball_cannot_be_asked_for() =>
        Assert.Contains(
            "which no score in a ball of the radius 1 reaches",
            Assert.Throws<ArgumentException>(() => Digits.Prove(nameof(Digits.FurtherThanTheBall), 1)).Message, StringComparison.Ordinal);
}
