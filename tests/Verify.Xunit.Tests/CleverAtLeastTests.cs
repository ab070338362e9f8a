using RobustVerify.Core.Specifications;

namespace RobustVerify.Xunit.Tests;

/// <summary>The attribute at work.</summary>
[RobustDefaults(Model = "digits-robust.onnx", DomainLower = 0, DomainUpper = 16)]
public class CleverAtLeastTests
{
    public static IEnumerable<object[]> BlankImages => [[new float[64]]];

    [CleverAtLeast(0.01, Radius = 0.02), MemberData(nameof(BlankImages))]
    public void Of_the_predicted_class(float[] pixels) => Assert.Equal(64, pixels.Length);

    [CleverAtLeast(0.5, Norm = Norm.L2), CsvRows("digits.csv", Label = "label", Count = 1)]
    public void Of_the_label(double[] pixels, int label) => Assert.NotEqual(pixels[0], label);
}
