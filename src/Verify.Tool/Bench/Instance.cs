using System.Collections.Immutable;
using System.Globalization;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Tool.Bench;

/// <summary>One question of a benchmark.</summary>
/// <param name="Family">The name of the folder that the benchmark lies in.</param>
/// <param name="Folder">That folder; the paths are relative to it.</param>
/// <param name="Onnx">The model.</param>
/// <param name="VnnLib">The query.</param>
/// <param name="Seconds">The time that it may take.</param>
/// <param name="Expected">The answer that is known: <c>sat</c>, <c>unsat</c>, or <c>unknown</c>.</param>
internal sealed record Instance(string Family, string Folder, string Onnx, string VnnLib, double Seconds, string Expected)
{
    /// <summary>A name for files about it.</summary>
    public string Name => $"{Family}_{Path.GetFileNameWithoutExtension(Onnx)}_{Path.GetFileNameWithoutExtension(VnnLib)}";

    /// <summary>Reads <c>instances.csv</c>, and what is known of its answers from <c>expected.csv</c> beside it.</summary>
    /// <param name="path">An <c>instances.csv</c>, or a folder with such files one folder below, a family each.</param>
    /// <exception cref="SpecificationException">A line is not <c>onnx,vnnlib,seconds</c>, or there is no such file.</exception>
    public static ImmutableArray<Instance> ReadAll(string path)
    {
        var files = Directory.Exists(path)
            ? Directory.GetDirectories(path).Append(path)
                .Select(folder => Path.Combine(folder, "instances.csv")).Where(File.Exists).Order(StringComparer.Ordinal)
            : Enumerable.Repeat(path, 1);
        ImmutableArray<Instance> instances = [.. files.SelectMany(Read)];
        return instances.IsEmpty ? throw new SpecificationException(path, "there is no instance; a folder holds instances.csv, or folders that do") : instances;
    }

    private static IEnumerable<Instance> Read(string path)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        var expected = ReadExpected(Path.Combine(folder, "expected.csv"));
        return Rows(path).Select(row => row.Cells is [var onnx, var vnnlib, var limit]
            && double.TryParse(limit, NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds) && seconds > 0
            ? new Instance(Path.GetFileName(folder), folder, onnx, vnnlib, seconds, expected.GetValueOrDefault((onnx, vnnlib), "unknown"))
            : throw new SpecificationException(path, "a line is 'onnx,vnnlib,seconds', such as 'net.onnx,property.vnnlib,60'", row.Line));
    }

    private static Dictionary<(string Onnx, string VnnLib), string> ReadExpected(string path)
    {
        var expected = new Dictionary<(string Onnx, string VnnLib), string>();
        if (!File.Exists(path)) return expected;
        foreach (var (line, cells) in Rows(path).Skip(1))
        {
            if (cells is not [var onnx, var vnnlib, Verdict.Sat or Verdict.Unsat or Verdict.Unknown, ..])
                throw new SpecificationException(path, "a line is 'onnx,vnnlib,verdict,confidence' with the verdict sat, unsat or unknown", line);
            expected[(onnx, vnnlib)] = cells[2];
        }

        return expected;
    }

    private static IEnumerable<(int Line, string[] Cells)> Rows(string path) => File.ReadLines(path)
        .Select((text, index) => (index + 1, text.Split(',', StringSplitOptions.TrimEntries)))
        .Where(row => row.Item2 is not [""]);
}
