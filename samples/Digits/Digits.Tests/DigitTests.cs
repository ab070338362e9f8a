using RobustVerify.Core.Specifications;
using RobustVerify.Xunit;
using Xunit;

[assembly: RobustDefaults(Model = "digits-robust.onnx", DomainLower = 0, DomainUpper = 16)]

namespace Digits.Tests;

public class DigitTests
{
    /// <summary>No noise of at most 1.5 in every one of the 64 pixels changes what is read.</summary>
    [RobustWithin(1.5), CsvRows("digits.csv", Label = "label", Count = 6)]
    public void The_same_digit_is_read_despite_noise(double[] pixels, int label)
    {
        Assert.Equal(64, pixels.Length);
        Assert.InRange(label, 0, 9);
    }

    /// <summary>The scores of digits change by at most four times as much as the image, from any image to any other, both in Euclidean length.</summary>
    [LipschitzAtMost(4, Norm = Norm.L2)]
    public void No_image_changes_the_scores_much_more_than_it_changes()
    {
    }

    /// <summary>As far as samples of gradients tell, which prove nothing, every other digit is further away than this, in Euclidean length.</summary>
    [CleverAtLeast(4, Norm = Norm.L2), CsvRows("digits.csv", Label = "label", Count = 6)]
    public void Another_digit_seems_far_away(double[] pixels, int label) => Assert.InRange(label, 0, pixels.Length);

    /// <summary>Properties may have regions of any shape: here dark pixels fade, and empty ones stay empty.</summary>
    [RobustWithin]
    public IEnumerable<Property> A_six_stays_a_six_when_it_fades()
    {
        var cells = File.ReadLines(Path.Combine(AppContext.BaseDirectory, "digits.csv")).ElementAt(1).Split(',');
        double[] six = [.. cells.SkipLast(1).Select(double.Parse)];
        foreach (var part in new[] { 0.1, 0.2, 0.3 })
        {
            var region = InputRegion.Box([.. six.Select(pixel => (1 - part) * pixel)], six);
            yield return new Property($"fades by {part:P0}", region, OutputProperty.SameLabel(6, outputs: 10));
        }
    }
}
