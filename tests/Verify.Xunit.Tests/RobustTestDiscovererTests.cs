using Xunit.Abstractions;
using Xunit.Sdk;

namespace RobustVerify.Xunit.Tests;

public class RobustTestDiscovererTests
{
    [Fact]
    public void Every_row_is_a_test_of_its_own() =>
        Assert.Equal(["Robust(row 1)", "Robust(row 2)", "Robust(row 3)"], Discover(nameof(Digits.Robust)).Select(Name));

    [Fact]
    public void Of_a_skipped_test_not_even_the_data_is_read()
    {
        var test = Assert.Single(Discover(nameof(Digits.Skipped)));

        Assert.Equal("Its data is not there yet.", test.SkipReason);
        Assert.IsType<RobustTestCase>(test);
    }

    [Fact]
    public void A_method_that_needs_no_data_is_one_test() =>
        Assert.Equal(["FlatOrSteep"], Discover(nameof(Digits.FlatOrSteep)).Select(Name));

    [Fact]
    public void A_method_whose_data_is_missing_is_a_test_that_fails() =>
        Assert.Contains("has no samples", Assert.IsType<ExecutionErrorTestCase>(Assert.Single(Discover(nameof(Digits.FarFromNothing)))).ErrorMessage, StringComparison.Ordinal);

    private static string Name(IXunitTestCase test) => test.DisplayName.Split('.')[^1];

    private static IEnumerable<IXunitTestCase> Discover(string method)
    {
        var assembly = new TestAssembly(Reflector.Wrap(typeof(Digits).Assembly));
        var testClass = new TestClass(new TestCollection(assembly, null, "discovery"), Reflector.Wrap(typeof(Digits)));
        var attribute = Digits.Method(method).GetCustomAttributesData().Single(data => data.AttributeType.IsSubclassOf(typeof(ModelTestAttribute)));
        return new RobustTestDiscoverer(new NullMessageSink()).Discover(
            new NoOptions(), new TestMethod(testClass, Reflector.Wrap(Digits.Method(method))), Reflector.Wrap(attribute));
    }

    private sealed class NoOptions : ITestFrameworkDiscoveryOptions
    {
        public TValue? GetValue<TValue>(string name) => default;

        public void SetValue<TValue>(string name, TValue value)
        {
        }
    }
}
