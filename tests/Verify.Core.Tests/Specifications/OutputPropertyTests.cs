using RobustVerify.Core.Specifications;

namespace RobustVerify.Core.Tests.Specifications;

public class OutputPropertyTests
{
    [Fact]
    public void The_same_label_needs_the_largest_output_alone()
    {
        var property = OutputProperty.SameLabel(1, 3);

        Assert.False(property.IsViolatedBy([0, 1, 0.5]));
        Assert.True(property.IsViolatedBy([0, 1, 1]));
        Assert.True(property.IsViolatedBy([2, 1, 0]));
        Assert.True(property.OnScores);
    }

    [Theory]
    [InlineData(0, 0.49, false)]
    [InlineData(0, 0.5, true)]
    [InlineData(1, 0.5, true)]
    [InlineData(1, 0.51, false)]
    public void A_single_output_is_a_probability_that_stays_on_its_side_of_one_half(int label, double output, bool violated)
    {
        var property = OutputProperty.SameLabel(label, 1);

        Assert.Equal(violated, property.IsViolatedBy([output]));
        Assert.False(property.OnScores);
    }

    [Theory]
    [InlineData(2, 1)]
    [InlineData(-1, 1)]
    [InlineData(3, 3)]
    public void A_label_that_no_output_has_is_refused(int label, int outputs)
    {
        Assert.Contains($"{label}", Assert.Throws<ArgumentOutOfRangeException>(() => OutputProperty.SameLabel(label, outputs)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(-1.0, false)]
    [InlineData(2.0, false)]
    [InlineData(-1.0000001, true)]
    [InlineData(2.0000001, true)]
    public void A_range_holds_its_ends(double output, bool violated)
    {
        Assert.Equal(violated, OutputProperty.WithinRange(1, 2, -1, 2).IsViolatedBy([0, output]));
    }

    [Fact]
    public void A_change_whose_ends_are_no_numbers_of_double_allows_no_more_than_the_amount()
    {
        // Near 10¹⁷ numbers are 16 apart: 10¹⁷ + 9 would be rounded to 10¹⁷ + 16.
        var property = OutputProperty.ChangesAtMost([1e17], 9);

        Assert.False(property.IsViolatedBy([1e17]));
        Assert.True(property.IsViolatedBy([1e17 + 16]));
        Assert.True(property.IsViolatedBy([1e17 - 16]));
    }

    [Fact]
    public void Constraints_on_different_numbers_of_outputs_are_refused()
    {
        var exception = Assert.Throws<ArgumentException>(() => new OutputProperty(
            [new Conjunction([new LinearConstraint([1, -1], 0)]), new Conjunction([new LinearConstraint([1, -1, 0], 0)])], "mixed"));
        Assert.Contains("2 outputs, another of 3", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_change_is_measured_from_the_reference_in_every_output()
    {
        var property = OutputProperty.ChangesAtMost([1, -1], 0.5);

        Assert.False(property.IsViolatedBy([1.5, -1.5]));
        Assert.True(property.IsViolatedBy([1.5, -1.6]));
        Assert.True(property.IsViolatedBy([0.4, -1]));
    }

    [Fact]
    public void Rounding_makes_no_violation()
    {
        // In real numbers the sum is 10⁻²⁰ above the bound; rounded to nearest it would meet it.
        var property = new OutputProperty([new Conjunction([new LinearConstraint([1, 1], 1)])], "");

        Assert.False(property.IsViolatedBy([1, 1e-20]));
        Assert.True(property.IsViolatedBy([1, -1e-20]));
        Assert.True(property.IsViolatedBy([0.5, 0.5]));
    }

    [Fact]
    public void Outputs_of_another_network_are_refused()
    {
        Assert.Contains("speaks of 3 outputs, not 1", Assert.Throws<ArgumentException>(() => OutputProperty.SameLabel(1, 3).IsViolatedBy([1])).Message, StringComparison.Ordinal);
    }
}
