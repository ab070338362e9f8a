using System.Globalization;

namespace RobustVerify.Core.Specifications.VnnLib;

/// <summary>Writes a counterexample as the verification competitions exchange it: <c>((X_0 v) … (Y_0 v) …)</c>.</summary>
public static class VnnLibCounterexample
{
    /// <summary>Writes the inputs and the outputs, every number so that it reads back exactly.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="input">The flat input.</param>
    /// <param name="output">The flat output.</param>
    public static void Write(TextWriter writer, ReadOnlySpan<float> input, ReadOnlySpan<float> output)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.Write('(');
        var separator = "";
        Write('X', input);
        Write('Y', output);
        writer.Write(")\n");

        void Write(char name, ReadOnlySpan<float> values)
        {
            for (var i = 0; i < values.Length; i++)
            {
                // The digits of the double that equals the float32: a checker that reads doubles sees the very same number.
                writer.Write(string.Create(CultureInfo.InvariantCulture, $"{separator}({name}_{i} {(double)values[i]:R})"));
                separator = "\n";
            }
        }
    }
}
