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
