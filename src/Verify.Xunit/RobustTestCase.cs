using System.ComponentModel;
using System.Diagnostics;
using System.Reflection;
using System.Text;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace RobustVerify.Xunit;

/// <summary>One sample of a method, or a method that needs none.</summary>
public sealed class RobustTestCase : XunitTestCase
{
    /// <summary>Used by the test runner, which deserialises test cases.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    [Obsolete("Called by the de-serializer.")]
    public RobustTestCase()
    {
    }

    internal RobustTestCase(
        IMessageSink diagnosticMessageSink, TestMethodDisplay display, TestMethodDisplayOptions options, ITestMethod testMethod,
        string? sample, object[]? arguments)
        : base(diagnosticMessageSink, display, options, testMethod, arguments) => Name(sample);

    /// <summary>The name of the sample; none where the method needs none.</summary>
    public string? Sample { get; private set; }

    /// <inheritdoc/>
    public override void Serialize(IXunitSerializationInfo data)
    {
        ArgumentNullException.ThrowIfNull(data);
        base.Serialize(data);
        data.AddValue(nameof(Sample), Sample);
    }

    /// <inheritdoc/>
    public override void Deserialize(IXunitSerializationInfo data)
    {
        ArgumentNullException.ThrowIfNull(data);
        base.Deserialize(data);
        Name(data.GetValue<string>(nameof(Sample)));
    }

    /// <inheritdoc/>
    public override Task<RunSummary> RunAsync(
        IMessageSink diagnosticMessageSink, IMessageBus messageBus, object[] constructorArguments,
        ExceptionAggregator aggregator, CancellationTokenSource cancellationTokenSource) =>
        new CaseRunner(this, constructorArguments, messageBus, aggregator, cancellationTokenSource).RunAsync();

    /// <inheritdoc/>
    protected override void Initialize()
    {
        base.Initialize();
        if (!Traits.TryGetValue("Category", out var categories)) Traits["Category"] = categories = [];
        categories.Add("Robustness");
    }

    /// <inheritdoc/>
    protected override string GetUniqueID() => $"{base.GetUniqueID()} {Sample}";

    // The sample's name stands for its numbers, which look alike for every sample.
    private void Name(string? sample)
    {
        Sample = sample;
        if (sample is not null) DisplayName = $"{BaseDisplayName}({sample})";
    }

    // Three steps of xunit's own lead from a test case to the call of its method; each is passed through unchanged but the last.
    private sealed class CaseRunner(
        RobustTestCase testCase, object[] constructorArguments, IMessageBus messageBus,
        ExceptionAggregator aggregator, CancellationTokenSource cancellation)
        : XunitTestCaseRunner(
            testCase, testCase.DisplayName, testCase.SkipReason, constructorArguments, testCase.TestMethodArguments, messageBus, aggregator, cancellation)
    {
        protected override XunitTestRunner CreateTestRunner(
            ITest test, IMessageBus messageBus, Type testClass, object[] constructorArguments, MethodInfo testMethod,
            object[] testMethodArguments, string skipReason, IReadOnlyList<BeforeAfterTestAttribute> beforeAfterAttributes,
            ExceptionAggregator aggregator, CancellationTokenSource cancellationTokenSource) =>
            new Runner(
                test, messageBus, testClass, constructorArguments, testMethod, testMethodArguments, skipReason, beforeAfterAttributes,
                aggregator, cancellationTokenSource);
    }

    private sealed class Runner(
        ITest test, IMessageBus messageBus, Type testClass, object[] constructorArguments, MethodInfo testMethod,
        object[] testMethodArguments, string skipReason, IReadOnlyList<BeforeAfterTestAttribute> beforeAfterAttributes,
        ExceptionAggregator aggregator, CancellationTokenSource cancellation)
        : XunitTestRunner(
            test, messageBus, testClass, constructorArguments, testMethod, testMethodArguments, skipReason, beforeAfterAttributes,
            aggregator, cancellation)
    {
        private readonly StringBuilder notes = new();

        protected override async Task<Tuple<decimal, string>> InvokeTestAsync(ExceptionAggregator aggregator)
        {
            var (seconds, output) = await base.InvokeTestAsync(aggregator);
            return Tuple.Create(seconds, output + notes);
        }

        protected override Task<decimal> InvokeTestMethodAsync(ExceptionAggregator aggregator) =>
            new Invoker(
                Test, MessageBus, TestClass, ConstructorArguments, TestMethod, TestMethodArguments, BeforeAfterAttributes, aggregator,
                CancellationTokenSource, notes).RunAsync();
    }

    [StackTraceHidden]
    private sealed class Invoker(
        ITest test, IMessageBus messageBus, Type testClass, object[] constructorArguments, MethodInfo testMethod,
        object[] testMethodArguments, IReadOnlyList<BeforeAfterTestAttribute> beforeAfterAttributes,
        ExceptionAggregator aggregator, CancellationTokenSource cancellation, StringBuilder notes)
        : XunitTestInvoker(
            test, messageBus, testClass, constructorArguments, testMethod, testMethodArguments, beforeAfterAttributes, aggregator, cancellation)
    {
        protected override object? CallTestMethod(object testClassInstance)
        {
            var result = base.CallTestMethod(testClassInstance);
            if (result is Task body) return ProveAfter(body);
            Prove(result);
            return null;
        }

        private async Task ProveAfter(Task body)
        {
            await body;
            Prove(null);
        }

        private void Prove(object? result)
        {
            var test = TestMethod.GetCustomAttribute<ModelTestAttribute>()!.TestOf(TestMethod, TestClass, notes);
            if (((RobustTestCase)TestCase).Sample is { } sample) test.OfSample(sample, TestMethodArguments, CancellationTokenSource.Token);
            else test.OfMethod(result, CancellationTokenSource.Token);
        }
    }
}
