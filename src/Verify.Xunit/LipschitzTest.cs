using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Text;
using RobustVerify.Core.Lipschitz;
using RobustVerify.Core.Numerics;
using RobustVerify.Core.Runtimes;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Xunit;

/// <summary>Bounds a Lipschitz constant, and fails the test where it is not known to be small enough.</summary>
[StackTraceHidden]
internal sealed class LipschitzTest(MethodInfo method, Type testClass, LipschitzAtMostAttribute attribute, StringBuilder notes)
    : ModelTest(method, testClass, attribute)
{
    private readonly double limit = attribute.Limit;
    private readonly double radius = attribute.Radius;

    public override void OfSample(string name, object[] arguments, CancellationToken cancellation)
    {
        if (double.IsNaN(radius))
            throw new ArgumentException($"{Test} names no radius: write [LipschitzAtMost({Number(limit)}, Radius = 0.1)], or leave out the data for all inputs.");
        var model = Load();
        var around = Around(model, name, arguments, radius);
        Judge(model, name, around.RegionAt(model, 0), Within(radius), around, cancellation);
    }

    public override void OfMethod(object? returned, CancellationToken cancellation)
    {
        if (!double.IsNaN(radius)) throw new ArgumentException($"{Test} names a radius and no samples that it is around: add [CsvRows], [InlineData] or [MemberData].");
        var model = Load();
        switch (Settings.DomainLower, Settings.DomainUpper)
        {
            case ({ } lower, { } upper):
                var size = model.Network.Input.Size;
                var box = InputRegion.Box([.. Enumerable.Repeat(lower, size)], [.. Enumerable.Repeat(upper, size)]);
                Judge(model, Test, box, $"between inputs from {Number(lower)} to {Number(upper)}", null, cancellation);
                break;
            case (null, null):
                Judge(model, Test, null, "between all inputs there are", null, cancellation);
                break;
            default:
                throw new ArgumentException($"{Test} names one end of the domain: set both DomainLower and DomainUpper, or neither for all inputs.");
        }
    }

    private void Judge(DeployedModel model, string name, InputRegion? region, string where, Specification? around, CancellationToken cancellation)
    {
        var constant = LipschitzEstimation.Bound(new LipschitzQuestion(model.Network, Norm, region), cancellation: cancellation);
        cancellation.ThrowIfCancellationRequested();
        var claim = $"outputs change by at most {Number(limit)} times as much as inputs ({Spelled(Norm)}) {where}";
        var (lower, upper) = (Number(Rounding.RoundDown(constant.Lower)), double.IsFinite(constant.Upper) ? Number(Rounding.RoundUp(constant.Upper)) : "infinity");
        if (constant.Upper <= limit)
        {
            notes.AppendLine(CultureInfo.InvariantCulture, $"{name}: the Lipschitz constant ({Spelled(Norm)}) lies between {lower} and {upper} ({constant.Method}).");
            return;
        }

        if (!(constant.Lower > limit)) throw new InconclusiveException(FailureMessage.Undecided(name, claim, lower, upper, constant.Method));
        var file = new WitnessFile(name, claim, model.Path, Norm, limit, constant.Witness).Write(Test);
        throw new FalsifiedException(FailureMessage.TooSteep(model, name, claim, lower, around, constant.Witness.AsSpan(), file));
    }

    private static string Number(double value) => value.ToString(CultureInfo.InvariantCulture);
}
