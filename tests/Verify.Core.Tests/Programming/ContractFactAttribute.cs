using System.Runtime.InteropServices;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace RobustVerify.Core.Tests.Programming;

/// <summary>A test that is reported as skipped in classes that require a native library which is not here.</summary>
[XunitTestCaseDiscoverer("RobustVerify.Core.Tests.Programming.ContractFactDiscoverer", "RobustVerify.Core.Tests")]
[AttributeUsage(AttributeTargets.Method)]
public sealed class ContractFactAttribute : FactAttribute;

/// <summary>Says which native library the tests of a class need, and what installs it.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class RequiresLibraryAttribute(string library, string package) : Attribute
{
    /// <summary>Why the tests cannot run; null where they can.</summary>
    public string? Reason { get; } = IsThere(library) ? null : $"{library} is not here; the package {package} installs it.";

    public static bool IsThere(string library)
    {
        if (!NativeLibrary.TryLoad(library, out var handle)) return false;
        NativeLibrary.Free(handle);
        return true;
    }
}

/// <summary>Asks a test's class what it requires.</summary>
public sealed class ContractFactDiscoverer(IMessageSink messages) : IXunitTestCaseDiscoverer
{
    public IEnumerable<IXunitTestCase> Discover(ITestFrameworkDiscoveryOptions discoveryOptions, ITestMethod testMethod, IAttributeInfo factAttribute)
    {
        var type = testMethod.TestClass.Class.ToRuntimeType();
        var reason = type.GetCustomAttributes(typeof(RequiresLibraryAttribute), inherit: true)
            .Cast<RequiresLibraryAttribute>().Select(requires => requires.Reason).FirstOrDefault(reason => reason is not null);
        var (display, order) = (discoveryOptions.MethodDisplayOrDefault(), discoveryOptions.MethodDisplayOptionsOrDefault());
        yield return reason is null
            ? new XunitTestCase(messages, display, order, testMethod)
            : new SkippedTestCase(messages, display, order, testMethod, reason);
    }

    private sealed class SkippedTestCase : XunitTestCase
    {
        private string reason = "";

        [Obsolete("For deserialisation.")]
        public SkippedTestCase()
        {
        }

        public SkippedTestCase(IMessageSink messages, TestMethodDisplay display, TestMethodDisplayOptions options, ITestMethod testMethod, string reason)
            : base(messages, display, options, testMethod) => this.reason = reason;

        protected override string GetSkipReason(IAttributeInfo factAttribute) => reason;

        protected override void Initialize()
        {
            base.Initialize();
            SkipReason = reason;
        }

        public override void Serialize(IXunitSerializationInfo data)
        {
            base.Serialize(data);
            data.AddValue(nameof(reason), reason);
        }

        public override void Deserialize(IXunitSerializationInfo data)
        {
            reason = data.GetValue<string>(nameof(reason));
            base.Deserialize(data);
        }
    }
}
