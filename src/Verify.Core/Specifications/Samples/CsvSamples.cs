using System.Collections.Immutable;
using System.Globalization;
using CsvHelper;

namespace RobustVerify.Core.Specifications.Samples;

/// <summary>Which columns and rows of a CSV file are samples.</summary>
public sealed record CsvSelection
{
    /// <summary>The column that holds the label, where there is one.</summary>
    public string? Label { get; init; }

    /// <summary>The columns that are inputs, in the order of the model's; empty for all that are nothing else.</summary>
    public ImmutableArray<string> Features { get; init; } = [];

    /// <summary>Columns that are not inputs.</summary>
    public ImmutableArray<string> Ignore { get; init; } = [];

    /// <summary>What some columns must hold in a row that is a sample. These columns are no inputs, unless they are named.</summary>
    public ImmutableSortedDictionary<string, string> Where { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

    /// <summary>The first row of data that may be a sample, from 1.</summary>
    public int First { get; init; } = 1;

    /// <summary>The largest number of samples, where there is one.</summary>
    public int? Count { get; init; }
}

/// <summary>Samples, and the names of their features.</summary>
public sealed record SampleTable(ImmutableArray<string> FeatureNames, ImmutableArray<Sample> Samples);

/// <summary>Reads samples from a CSV file with a header.</summary>
public static class CsvSamples
{
    private static readonly CsvReaderOptions Options = new()
    {
        TrackLineNumbers = true,
        TrimWhitespace = true,
        MalformedData = CsvMalformedDataHandling.Throw,
        FieldCountMismatch = CsvFieldCountHandling.Throw,
    };

    /// <summary>Reads the selected rows. A sample is named by its row of data, counted from 1: <c>row 17</c>.</summary>
    /// <exception cref="SpecificationException">
    /// The file cannot be read, lacks a column, has a cell that is no finite number where one is needed, or no row is selected.
    /// </exception>
    public static SampleTable Read(string path, CsvSelection selection)
    {
        try
        {
            using var file = File.OpenRead(path);
            using var reader = CsvReader.Create(file, Options, leaveOpen: true);
            return Read(reader, path, selection);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new SpecificationException(path, $"the file cannot be read: {exception.Message}", innerException: exception);
        }
        catch (CsvFormatException exception)
        {
            throw new SpecificationException(path, $"the CSV is malformed: {exception.Message}", (int?)exception.LineNumber, innerException: exception);
        }
    }

    private static SampleTable Read(CsvReader reader, string path, CsvSelection selection)
    {
        string[] header = [.. reader.Headers];
        if (header.Length == 0) throw new SpecificationException(path, "the file is empty; its first line must name the columns", 1);
        if (header.GroupBy(name => name).FirstOrDefault(group => group.Count() > 1) is { Key: var twice })
            throw new SpecificationException(path, $"two columns are named '{twice}'", 1);
        var label = selection.Label is { } labelName ? IndexOf(labelName) : (int?)null;
        var conditions = selection.Where.Select(condition => (Column: IndexOf(condition.Key), condition.Value)).ToArray();
        var ignored = selection.Ignore.Select(IndexOf).ToArray();
        var features = selection.Features.Length > 0
            ? selection.Features.Select(IndexOf).ToArray()
            : Enumerable.Range(0, header.Length)
                .Where(i => i != label && !ignored.Contains(i) && !conditions.Any(condition => condition.Column == i))
                .ToArray();

        var samples = ImmutableArray.CreateBuilder<Sample>();
        for (var row = 1; !(samples.Count >= selection.Count) && reader.Read(); row++)
        {
            if (row < selection.First || !conditions.All(condition => IsSame(reader.GetString(condition.Column), condition.Value))) continue;
            samples.Add(new Sample($"row {row}", [.. features.Select(Number)], label is { } column ? Number(column) : null));

            double Number(int column)
            {
                var cell = reader.GetString(column);
                return TryParse(cell, out var value) && Math.Abs(value) <= float.MaxValue
                    ? value
                    : throw new SpecificationException(path, $"'{cell}' in column {header[column]} is not a finite number{(column == label ? "" : "; ignore the column if it is no input")}", (int)reader.LineNumber);
            }
        }

        if (samples.Count == 0) throw new SpecificationException(path, "no row is selected; widen the choice of rows");
        return new SampleTable([.. features.Select(i => header[i])], samples.ToImmutable());

        int IndexOf(string column)
        {
            var index = Array.IndexOf(header, column);
            return index >= 0 ? index : throw new SpecificationException(path, Spelling.Unknown("column", column, header), 1);
        }
    }

    // A row whose cell says 2.0 is meant by 2.
    private static bool IsSame(string cell, string value) =>
        cell == value || (TryParse(cell, out var first) && TryParse(value, out var second) && first == second);

    private static bool TryParse(string cell, out double value) =>
        double.TryParse(cell, NumberStyles.Float, CultureInfo.InvariantCulture, out value);
}
