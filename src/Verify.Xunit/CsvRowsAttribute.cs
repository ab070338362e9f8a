using System.Reflection;
using System.Runtime.CompilerServices;
using RobustVerify.Core.Specifications.Samples;
using Xunit.Sdk;

namespace RobustVerify.Xunit;

/// <summary>The rows of a CSV file with a header as samples, each with its label where a column of labels is named.</summary>
/// <remarks>All columns but that and the ignored ones are the features, in their order; they come as a double[] or float[], as the test's first parameter asks.</remarks>
/// <param name="path">The file: in the test's output folder, beside its source file, or in its project's folder.</param>
/// <param name="sourceFile">Filled in by the compiler.</param>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
public sealed class CsvRowsAttribute(string path, [CallerFilePath] string sourceFile = "") : DataAttribute
{
    /// <summary>The file.</summary>
    public string Path { get; } = path;

    /// <summary>The file that the test is written in.</summary>
    public string SourceFile { get; } = sourceFile;

    /// <summary>The column of labels; without one the rows are samples only.</summary>
    public string? Label { get; set; }

    /// <summary>Columns that are neither features nor labels.</summary>
    public string[] Ignore { get; set; } = [];

    /// <summary>The first row taken, from 1, not counting the header.</summary>
    public int First { get; set; } = 1;

    /// <summary>How many rows are taken; all unless set.</summary>
    public int Count { get; set; } = int.MaxValue;

    /// <inheritdoc/>
    public override IEnumerable<object[]> GetData(MethodInfo testMethod)
    {
        ArgumentNullException.ThrowIfNull(testMethod);
        var single = testMethod.GetParameters().FirstOrDefault()?.ParameterType == typeof(float[]);
        foreach (var sample in Read(testMethod.DeclaringType!.Assembly).Samples)
        {
            object values = single ? sample.Values.Select(value => (float)value).ToArray() : sample.Values.ToArray();
            yield return sample.Label switch
            {
                null => [values],
                { } label when label == (int)label => [values, (int)label],
                { } label => [values, label],
            };
        }
    }

    /// <summary>The samples with their names.</summary>
    internal SampleTable Read(Assembly assembly) => CsvSamples.Read(
        TestFiles.Find(Path, SourceFile, assembly), new CsvSelection { Label = Label, Ignore = [.. Ignore], First = First, Count = Count });
}
