using RobustVerify.Core.Specifications;

namespace RobustVerify.Xunit.Tests;

/// <summary>The attribute at work, on every kind of method that it can stand on.</summary>
[RobustDefaults(Model = "digits-robust.onnx", DomainLower = 0, DomainUpper = 16)]
public class RobustWithinTests
{
    public static IEnumerable<object[]> BlankImages => [[new float[64]], [Enumerable.Repeat(0.25f, 64).ToArray()]];

    [RobustWithin(0.01), MemberData(nameof(BlankImages))]
    public void Samples_of_any_data_attribute_keep_the_predicted_label(float[] pixels) => Assert.Equal(64, pixels.Length);

    [RobustWithin(0.1, Norm = Norm.L2, ChangesAtMost = 1), CsvRows("digits.csv", Label = "label", Count = 1), Trait("Category", "Digits")]
    public async Task A_body_may_be_asynchronous_and_have_traits_of_its_own(double[] pixels, int label)
    {
        await Task.Yield();
        Assert.NotEqual(pixels[0], label);
    }

    [RobustWithin(0.01, Semantics = Semantics.Float32), MemberData(nameof(BlankImages))]
    public void What_float32_computes_is_robust_too(float[] pixels) => Assert.Equal(64, pixels.Length);

    [RobustWithin]
    public IEnumerable<Property> Properties_that_a_method_returns_are_proved()
    {
        var dark = InputRegion.Box(new double[64], [.. Enumerable.Repeat(0.01, 64)]);
        yield return new Property("dark images", dark, OutputProperty.WithinRange(0, outputs: 10, lower: -100, upper: 100));
    }
}
