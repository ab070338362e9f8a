using RobustVerify.Core.Specifications;

namespace RobustVerify.Xunit.Tests;

/// <summary>The attribute at work, with data and without.</summary>
[RobustDefaults(Model = "digits-robust.onnx", DomainLower = 0, DomainUpper = 16)]
public class LipschitzAtMostTests
{
    [LipschitzAtMost(3, Norm = Norm.L2, Radius = 0.1), CsvRows("digits.csv", Label = "label", Count = 1)]
    public void Around_a_sample(double[] pixels, int label) => Assert.NotEqual(pixels[0], label);

    [LipschitzAtMost(20)]
    public async Task Over_the_domain_without_any_data() => await Task.Yield();
}
