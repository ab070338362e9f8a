using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Text;
using RobustVerify.Core.Clever;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Xunit;

/// <summary>Estimates how far a sample is from another class, and fails the test where the whole interval of the estimate is too low.</summary>
[StackTraceHidden]
internal sealed class CleverTest(MethodInfo method, Type testClass, CleverAtLeastAttribute attribute, StringBuilder notes)
    : ModelTest(method, testClass, attribute)
{
    private readonly double least = attribute.Score;
    private readonly double radius = attribute.Radius;

    public override void OfSample(string name, object[] arguments, CancellationToken cancellation)
    {
        if (!(radius >= least))
            throw new ArgumentException($"{Test} asks for a score of {Number(least)}, which no score in a ball of the radius {Number(radius)} reaches.");
        var model = Load();
        var sample = Around(model, name, arguments, radius).Samples[0];
        var question = new CleverQuestion { Norm = Norm, Radius = radius, Label = (int?)sample.Label, Domain = Domain(model.Network.Input.Size) };
        var report = CleverEstimator.Estimate(model.Scores, [.. sample.Values.Select(value => (float)value)], question, cancellation);
        var score = report.Score;
        var told = $"the CLEVER score ({Spelled(Norm)}) is {Digits(score.Value)} [{Digits(score.Lower)}, {Digits(score.Upper)}] in a ball of the radius {Number(radius)}";
        if (score.Upper < least) throw new LowScoreException(FailureMessage.LowScore(name, told, Number(least), Norm, report));
        notes.AppendLine(CultureInfo.InvariantCulture, $"{name}: {told}. It is an estimate, and proves nothing.");
    }

    /// <summary>The box that all inputs lie in, where one is named.</summary>
    private InputRegion? Domain(int size) => Settings is { DomainLower: null, DomainUpper: null }
        ? null
        : InputRegion.Box([.. Enumerable.Repeat(Settings.DomainLower ?? -float.MaxValue, size)], [.. Enumerable.Repeat(Settings.DomainUpper ?? float.MaxValue, size)]);

    private static string Number(double value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Digits(double value) => value.ToString("G4", CultureInfo.InvariantCulture);
}
