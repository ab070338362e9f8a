using System.Reflection;
using System.Text;

namespace RobustVerify.Xunit.Tests;

/// <summary>Test methods as a user writes them; the tests run them one by one. The class is abstract so that they do not run by themselves, for some fail.</summary>
[RobustDefaults(Model = "digits-robust.onnx", DomainLower = 0, DomainUpper = 16)]
public abstract class Digits
{
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

    public static MethodInfo Method(string name) => typeof(Digits).GetMethod(name)!;

    /// <summary>Proves a row of a method, and returns the notes for its output.</summary>
    public static string Prove(string method, int row)
    {
        var notes = new StringBuilder();
        var arguments = Method(method).GetCustomAttribute<CsvRowsAttribute>()!.GetData(Method(method)).ElementAt(row - 1);
        new RobustnessProof(Method(method), typeof(Digits), notes).OfSample($"row {row}", arguments, CancellationToken.None);
        return notes.ToString();
    }
}
