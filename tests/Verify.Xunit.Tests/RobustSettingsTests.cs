using RobustVerify.Core.Specifications;

namespace RobustVerify.Xunit.Tests;

public class RobustSettingsTests
{
    [Fact]
    public void The_method_speaks_before_the_class()
    {
        Assert.Equal("absent.onnx", Settings(nameof(Digits.WithoutModel)).Model);
        Assert.Equal("digits-robust.onnx", Settings(nameof(Digits.Robust)).Model);
    }

    [Fact]
    public void What_nobody_says_stays_open()
    {
        Assert.Null(Settings(nameof(Digits.Robust)).Norm);
        Assert.Equal(16, Settings(nameof(Digits.Robust)).DomainUpper);
        Assert.Equal(Norm.Linf, new RobustWithinAttribute(1).Norm);
    }

    private static RobustSettings Settings(string method) => RobustSettings.Of(Digits.Method(method), typeof(Digits));
}
