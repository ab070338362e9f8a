using System.Collections.Immutable;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using RobustVerify.Core.Numerics;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Core.Certificates;

/// <summary>The stable text of a report: what is committed as a baseline, compared by people and read back.</summary>
/// <remarks>
/// The same report gives the same bytes everywhere: one block a property or measurement in the order of the specification, numbers
/// rounded to the sound side (see <see cref="Rounding.RoundDown"/>), line feeds, and neither times nor paths. The inputs and
/// outputs of a counterexample are written as float32 numbers that read back exactly.
/// </remarks>
public static class ReportJson
{
    /// <summary>The version of the text's format.</summary>
    public const int Format = 1;

    private static readonly JsonSerializerOptions Options = new()
    {
        WriteIndented = true,
        NewLine = "\n",
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        AllowDuplicateProperties = false,
        AllowOutOfOrderMetadataProperties = true, // a person who merges two baselines may move lines
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, // names stay readable; the text is never put into HTML
        Converters =
        {
            new JsonStringEnumConverter<Verdict>(JsonNamingPolicy.CamelCase, allowIntegerValues: false),
            new JsonStringEnumConverter<Semantics>(JsonNamingPolicy.CamelCase, allowIntegerValues: false),
            new JsonStringEnumConverter<Norm>(JsonNamingPolicy.CamelCase, allowIntegerValues: false),
            new JsonStringEnumConverter<LimitStatus>(JsonNamingPolicy.CamelCase, allowIntegerValues: false),
            new JsonStringEnumConverter<ReachabilityMethod>(JsonNamingPolicy.CamelCase, allowIntegerValues: false),
            new JsonStringEnumConverter<SensitivityQuantity>(JsonNamingPolicy.KebabCaseLower, allowIntegerValues: false),
            new VectorConverter<float>(),
            new VectorConverter<double>(),
            new VectorConverter<int>(),
        },
    };

    /// <summary>The text of a report.</summary>
    public static string Write(Report report)
    {
        var engine = report.Certificates.Select(certificate => certificate.Engine).Concat(report.Measurements.Select(measurement => measurement.Engine)).FirstOrDefault("");
        return Text(new Document(
            Format, report.Specification, report.Model, report.ModelSha256, report.Runtime, engine, report.Complete,
            [.. report.Certificates.Select(certificate => Block.Of(certificate, report.ModelSha256, engine))],
            report.Measurements.IsEmpty ? null : [.. report.Measurements.Select(measurement => measurement.Rounded())]));
    }

    /// <summary>The report that a text holds.</summary>
    /// <param name="text">What <see cref="Write"/> wrote.</param>
    /// <param name="path">The file that the text was read from, for messages.</param>
    /// <exception cref="ReportFormatException">The text is no report, of an unknown version, or names a property twice.</exception>
    public static Report Read(string text, string? path = null)
    {
        var layout = Layout.Of(text, path);
        Document document;
        try
        {
            document = JsonSerializer.Deserialize<Document>(text, Options) ?? throw new ReportFormatException(path, 1, "There is no report.");
        }
        catch (JsonException e)
        {
            throw new ReportFormatException(path, (int)(e.LineNumber ?? 0) + 1, $"This is no report: {FirstSentence(e)}", e);
        }

        var measurements = document.Measurements ?? [];
        if (document.Properties.Contains(null!)) throw new ReportFormatException(path, 1, "This is no report: one of its properties is null.");
        if (measurements.Contains(null!)) throw new ReportFormatException(path, 1, "This is no report: one of its measurements is null.");
        RefuseTwice("property", document.Properties.Select(block => block.Property), layout.PropertyLines, path);
        RefuseTwice("measurement", measurements.Select(measurement => measurement.Name), layout.MeasurementLines, path);
        return new Report
        {
            Specification = document.Specification,
            Model = document.Model,
            ModelSha256 = document.ModelSha256,
            Runtime = document.Runtime,
            Complete = document.Complete,
            Certificates = [.. document.Properties.Select(block => block.ToCertificate(document.ModelSha256, document.Engine))],
            Measurements = [.. measurements.Select(measurement => measurement with { Engine = document.Engine })],
        };
    }

    private static void RefuseTwice(string what, IEnumerable<string> listed, ImmutableArray<int> lines, string? path)
    {
        var names = new HashSet<string>();
        foreach (var (name, line) in listed.Zip(lines))
        {
            if (!names.Add(name)) throw new ReportFormatException(path, line, $"The {what} '{name}' is listed twice. Keep one of the two blocks.");
        }
    }

    /// <summary>The text of one certificate, as it stands in a report: stable, for snapshot tests.</summary>
    public static string ToSnapshot(this Certificate certificate) => Text(Block.Of(certificate, model: null, engine: null));

    /// <summary>The line, counted from 1, on which each property of a report's text begins.</summary>
    internal static ImmutableArray<int> PropertyLines(string text, string? path) => Layout.Of(text, path).PropertyLines;

    /// <summary>The line on which each measurement begins.</summary>
    internal static ImmutableArray<int> MeasurementLines(string text, string? path) => Layout.Of(text, path).MeasurementLines;

    private static string Text<T>(T value) => JsonSerializer.Serialize(value, Options) + "\n";

    /// <summary>The reader's own words, without the position that it appends: our position names the file.</summary>
    private static string FirstSentence(JsonException e)
    {
        if (e.Message.IndexOf(" Path: ", StringComparison.Ordinal) is >= 0 and var path) return $"{e.Message[..path]} (at {e.Path})";
        return e.Message.IndexOf(" LineNumber: ", StringComparison.Ordinal) is >= 0 and var end ? e.Message[..end] : e.Message;
    }

    private sealed record Document(
        int Format, string Specification, string Model, string ModelSha256, string Runtime, string Engine, bool Complete,
        ImmutableArray<Block> Properties, ImmutableArray<Measurement>? Measurements = null);

    /// <summary>A certificate without what the head of its report says for all.</summary>
    private sealed record Block(
        string Property, Verdict Verdict, string Method, Semantics? Semantics = null, double? CertifiedRadius = null, double? AttackedRadius = null,
        double? Margin = null, string? Reason = null, string? Model = null, string? Engine = null,
        Counterexample? Counterexample = null)
    {
        public static Block Of(Certificate certificate, string? model, string? engine) => new(
            certificate.Property,
            certificate.Verdict,
            certificate.Method,
            certificate.Semantics == Specifications.Semantics.Real ? null : certificate.Semantics,
            Down(certificate.CertifiedRadius),
            -Down(-certificate.AttackedRadius),
            Down(certificate.Margin),
            certificate.Reason,
            certificate.Model == model ? null : certificate.Model,
            certificate.Engine == engine ? null : certificate.Engine,
            certificate.Counterexample);

        public Certificate ToCertificate(string model, string engine) => new()
        {
            Property = Property,
            Model = Model ?? model,
            Verdict = Verdict,
            Semantics = Semantics ?? Specifications.Semantics.Real,
            Margin = Margin,
            CertifiedRadius = CertifiedRadius,
            AttackedRadius = AttackedRadius,
            Counterexample = Counterexample,
            Reason = Reason,
            Method = Method,
            Engine = Engine ?? engine,
        };

        // An infinite bound says nothing, and JSON has no word for it.
        private static double? Down(double? value) =>
            value is { } number && double.IsFinite(number) ? Rounding.RoundDown(number) : null;
    }

    /// <summary>Where the parts of a report stand in its text.</summary>
    private sealed record Layout(ImmutableArray<int> PropertyLines, ImmutableArray<int> MeasurementLines)
    {
        public static Layout Of(string text, string? path)
        {
            var bytes = System.Text.Encoding.UTF8.GetBytes(text);
            var reader = new Utf8JsonReader(bytes);
            var (properties, measurements) = (ImmutableArray.CreateBuilder<int>(), ImmutableArray.CreateBuilder<int>());
            var (line, position) = (1, 0);
            int? format = null;
            try
            {
                while (reader.Read())
                {
                    line += bytes.AsSpan(position..(int)reader.TokenStartIndex).Count((byte)'\n');
                    position = (int)reader.TokenStartIndex;
                    if (reader.TokenType != JsonTokenType.PropertyName) continue;
                    if (reader.CurrentDepth == 1 && reader.ValueTextEquals("format"))
                        format = reader.Read() && reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out var number) ? number : -1;
                    else if (reader.CurrentDepth == 3 && reader.ValueTextEquals("property"))
                        properties.Add(line);
                    else if (reader.CurrentDepth == 3 && reader.ValueTextEquals("measure"))
                        measurements.Add(line);
                    if (format is not null and not Format)
                        throw new ReportFormatException(path, line, $"The format of this report is {(format < 0 ? "no number" : format)}; this version reads format {Format}. Update RobustVerify, or make the report anew.");
                }
            }
            catch (JsonException e)
            {
                throw new ReportFormatException(path, (int)(e.LineNumber ?? 0) + 1, $"This is not JSON: {FirstSentence(e)}", e);
            }

            if (format is null) throw new ReportFormatException(path, 1, "This is no report: it has no \"format\". Make it anew.");
            return new Layout(properties.ToImmutable(), measurements.ToImmutable());
        }
    }

    /// <summary>A vector of numbers on one line.</summary>
    private sealed class VectorConverter<T> : JsonConverter<ImmutableArray<T>>
        where T : struct
    {
        private static readonly JsonSerializerOptions Compact = new() { NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals };

        public override ImmutableArray<T> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            [.. JsonSerializer.Deserialize<T[]>(ref reader, Compact)!];

        public override void Write(Utf8JsonWriter writer, ImmutableArray<T> value, JsonSerializerOptions options) =>
            writer.WriteRawValue(JsonSerializer.Serialize(value.AsSpan().ToArray(), Compact));
    }
}
