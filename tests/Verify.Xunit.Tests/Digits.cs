using System.Reflection;
using System.Text;
using RobustVerify.Core.Specifications;
using Xunit.Sdk;

namespace RobustVerify.Xunit.Tests;

/// <summary>Test methods as a user writes them; the tests run them one by one. The class is abstract so that they do not run by themselves, for some fail.</summary>
[RobustDefaults(Model = "digits-robust.onnx", DomainLower = 0, DomainUpper = 16)]
public abstract class Digits
{
    /// <summary>An image without ink, three times with another label.</summary>
    public static IEnumerable<object[]> BlankAsThree => [[new double[64], 0], [new double[64], 1], [new double[64], 2]];

    [RobustWithin(0.5), CsvRows("digits.csv", Label = "label", Count = 3)]
    public void Robust(double[] pixels, int label) => _ = (pixels, label);

    [RobustWithin(4.5), CsvRows("digits.csv", Label = "label", Count = 3)]
    public void Fragile(double[] pixels, int label) => _ = (pixels, label);

    // Its answer is always 6 by a difference of two equal products, of which no bound knows that they are equal.
    [RobustWithin(4, Model = "digits-product.onnx"), CsvRows("digits.csv", Label = "label", Count = 1)]
    public void Undecided(double[] pixels, int label) => _ = (pixels, label);

    [RobustWithin(0.5, Model = "absent.onnx"), CsvRows("digits.csv", First = 2, Count = 1)]
    public void WithoutModel(float[] pixels) => _ = pixels;

    [RobustWithin(0.5), CsvRows("digits.csv", Ignore = new[] { "label" }, Count = 1)]
    public void WithoutLabel(double[] pixels) => _ = pixels;

    [RobustWithin(0.5, Skip = "Its data is not there yet."), CsvRows("absent.csv")]
    public void Skipped(double[] pixels) => _ = pixels;

    [RobustWithin, CsvRows("digits.csv", Label = "label", Count = 1)]
    public void WithoutRadius(double[] pixels, int label) => _ = (pixels, label);

    [LipschitzAtMost(3, Norm = Norm.L2, Radius = 0.5), CsvRows("digits.csv", Label = "label", Count = 2)]
    public void Flat(double[] pixels, int label) => _ = (pixels, label);

    [LipschitzAtMost(0.25, Norm = Norm.L2, Radius = 0.5), CsvRows("digits.csv", Label = "label", Count = 2)]
    public void Steep(double[] pixels, int label) => _ = (pixels, label);

    // Over all images a witness shows 2.5 or more, and no proof less than 3.
    [LipschitzAtMost(2.8, Norm = Norm.L2)]
    public void FlatOrSteep()
    {
    }

    [LipschitzAtMost(0.5, Norm = Norm.L2)]
    public void SteepSomewhere()
    {
    }

    [LipschitzAtMost(3), CsvRows("digits.csv", Label = "label", Count = 1)]
    public void FlatWithoutRadius(double[] pixels, int label) => _ = (pixels, label);

    [LipschitzAtMost(3, Radius = 1)]
    public void FlatAroundNothing()
    {
    }

    [CleverAtLeast(1), CsvRows("digits.csv", Label = "label", Count = 2)]
    public void Far(double[] pixels, int label) => _ = (pixels, label);

    [CleverAtLeast(10, Norm = Norm.L2), CsvRows("digits.csv", Label = "label", Count = 2)]
    public void Near(double[] pixels, int label) => _ = (pixels, label);

    [CleverAtLeast(1), MemberData(nameof(BlankAsThree))]
    public void Mislabelled(double[] pixels, int label) => _ = (pixels, label);

    [CleverAtLeast(2, Radius = 1), CsvRows("digits.csv", Label = "label", Count = 1)]
    public void FurtherThanTheBall(double[] pixels, int label) => _ = (pixels, label);

    [CleverAtLeast(2)]
    public void FarFromNothing(double[] pixels) => _ = pixels;

    public static MethodInfo Method(string name) => typeof(Digits).GetMethod(name)!;

    /// <summary>Runs the test of a row of a method, or of a method that needs none (row 0), and returns the notes for its output.</summary>
    public static string Prove(string method, int row)
    {
        var notes = new StringBuilder();
        var test = Method(method).GetCustomAttribute<ModelTestAttribute>()!.TestOf(Method(method), typeof(Digits), notes);
        if (row == 0)
        {
            test.OfMethod(null, CancellationToken.None);
            return notes.ToString();
        }

        var arguments = Method(method).GetCustomAttributes<DataAttribute>().SelectMany(data => data.GetData(Method(method))).ElementAt(row - 1);
        test.OfSample($"row {row}", arguments, CancellationToken.None);
        return notes.ToString();
    }
}
