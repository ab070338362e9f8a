using System.Reflection;
using Xunit;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace RobustVerify.Xunit;

/// <summary>Makes one test of every row of data, or one of a method that needs none.</summary>
public sealed class RobustTestDiscoverer(IMessageSink diagnosticMessageSink) : IXunitTestCaseDiscoverer
{
    /// <inheritdoc/>
    public IEnumerable<IXunitTestCase> Discover(
        ITestFrameworkDiscoveryOptions discoveryOptions, ITestMethod testMethod, IAttributeInfo factAttribute)
    {
        ArgumentNullException.ThrowIfNull(testMethod);
        ArgumentNullException.ThrowIfNull(factAttribute);
        var (display, options) = (discoveryOptions.MethodDisplayOrDefault(), discoveryOptions.MethodDisplayOptionsOrDefault());
        try
        {
            var method = testMethod.Method.ToRuntimeMethod();
            // Of a test that is skipped not even the data is read.
            if (factAttribute.GetNamedArgument<string>(nameof(FactAttribute.Skip)) is not null || !method.GetCustomAttribute<ModelTestAttribute>()!.TakesSamples(method))
                return [new RobustTestCase(diagnosticMessageSink, display, options, testMethod, null, null)];
            return [.. Rows(method).Select(row => new RobustTestCase(diagnosticMessageSink, display, options, testMethod, row.Name, row.Arguments))];
        }
#pragma warning disable CA1031 // Whatever is wrong with the data is the failure of this test, not of the discovery of all others.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            var cause = exception is TargetInvocationException { InnerException: { } inner } ? inner : exception;
            return [new ExecutionErrorTestCase(diagnosticMessageSink, display, options, testMethod, cause.Message)];
        }
    }

    private static List<(string Name, object[] Arguments)> Rows(MethodInfo method)
    {
        var rows = new List<(string Name, object[] Arguments)>();
        foreach (var data in method.GetCustomAttributes<DataAttribute>())
        {
            var samples = (data as CsvRowsAttribute)?.Read(method.DeclaringType!.Assembly).Samples;
            foreach (var (index, arguments) in data.GetData(method).Index())
            {
                if (arguments.FirstOrDefault(argument => !SerializationHelper.IsSerializable(argument)) is { } opaque)
                    throw new ArgumentException($"An argument of type {opaque.GetType()} cannot be part of a test's name: pass numbers, strings or arrays of them.");
                rows.Add((samples?[index].Name ?? $"case {rows.Count + 1}", arguments));
            }
        }

        if (rows.Count == 0)
        {
            throw new ArgumentException(
                $"{method.DeclaringType?.Name}.{method.Name} has no samples: add [CsvRows], [InlineData] or [MemberData]{(method.IsDefined(typeof(RobustWithinAttribute)) ? ", or return properties" : "")}.");
        }

        // A sample is known by its name, in the list of tests as in the snapshot.
        if (rows.CountBy(row => row.Name).FirstOrDefault(name => name.Value > 1) is { Key: { } twice })
            throw new ArgumentException($"{method.DeclaringType?.Name}.{method.Name} has two samples named '{twice}': give each file a test of its own.");
        return rows;
    }
}
