using System.Text;
using System.Text.Json;

namespace RobustVerify.Core.Specifications.Json;

/// <summary>A JSON value that knows where it stands, so that every mistake is reported at its place.</summary>
public sealed class JsonValue
{
    private readonly Document document;
    private readonly string path;
    private readonly long offset;
    private readonly JsonTokenType kind;
    private readonly string text = "";
    private readonly double number;
    private readonly List<JsonValue> items = [];
    private readonly Dictionary<string, JsonValue> members = [];

    private JsonValue(Document document, string path, ref Utf8JsonReader reader)
    {
        (this.document, this.path, offset, kind) = (document, path, reader.TokenStartIndex, reader.TokenType);
        switch (kind)
        {
            case JsonTokenType.String:
                text = reader.GetString()!;
                break;
            case JsonTokenType.Number:
                (text, number) = (Encoding.UTF8.GetString(reader.ValueSpan), reader.GetDouble());
                break;
            case JsonTokenType.StartArray:
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                    items.Add(new JsonValue(document, $"{path}[{items.Count}]", ref reader));
                break;
            case JsonTokenType.StartObject:
                while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
                {
                    var (name, start) = (reader.GetString()!, reader.TokenStartIndex);
                    reader.Read();
                    var value = new JsonValue(document, $"{path}.{name}", ref reader) { NameOffset = start };
                    if (!members.TryAdd(name, value)) throw document.Error($"{path}.{name}: the member is given twice", start);
                }

                break;
        }
    }

    /// <summary>The members of an object, in the order of the file.</summary>
    public IReadOnlyDictionary<string, JsonValue> Members => kind == JsonTokenType.StartObject ? members : throw Expected("an object");

    /// <summary>The items of an array.</summary>
    public IReadOnlyList<JsonValue> Items => kind == JsonTokenType.StartArray ? items : throw Expected("an array");

    /// <summary>True where the value is an object.</summary>
    public bool IsObject => kind == JsonTokenType.StartObject;

    /// <summary>True where the value is text.</summary>
    public bool IsString => kind == JsonTokenType.String;

    /// <summary>The value as text.</summary>
    public string String => kind == JsonTokenType.String ? text : throw Expected("a string");

    /// <summary>The text of a string, or of a number as it is written.</summary>
    public string StringOrNumber => kind is JsonTokenType.String or JsonTokenType.Number ? text : throw Expected("a string or a number");

    /// <summary>The value as a finite number.</summary>
    public double Number => kind == JsonTokenType.Number && double.IsFinite(number) ? number : throw Expected("a finite number");

    /// <summary>The value as a whole number.</summary>
    public int Integer => Number == (int)number ? (int)number : throw Expected("a whole number");

    /// <summary>The value as true or false.</summary>
    public bool Boolean => kind switch
    {
        JsonTokenType.True => true,
        JsonTokenType.False => false,
        _ => throw Expected("true or false"),
    };

    private long NameOffset { get; init; }

    /// <summary>A member, or null where there is none.</summary>
    public JsonValue? this[string name] => Members.GetValueOrDefault(name);

    /// <summary>Reads a file.</summary>
    /// <exception cref="SpecificationException">The file cannot be read, or is no JSON.</exception>
    public static JsonValue Read(string file)
    {
        byte[] bytes;
        try
        {
            bytes = System.IO.File.ReadAllBytes(file);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new SpecificationException(file, $"the file cannot be read: {exception.Message}", innerException: exception);
        }

        var start = bytes.AsSpan().StartsWith(Encoding.UTF8.Preamble) ? Encoding.UTF8.Preamble.Length : 0;
        var document = new Document(file, bytes[start..]);
        var reader = new Utf8JsonReader(document.Bytes, new JsonReaderOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
        try
        {
            reader.Read();
            var value = new JsonValue(document, "$", ref reader);
            reader.Read();
            return value;
        }
        catch (JsonException exception)
        {
            throw new SpecificationException(
                file, $"this is no JSON: {WithoutPlace(exception.Message)}", (int?)exception.LineNumber + 1, (int?)exception.BytePositionInLine + 1, exception);
        }
        catch (InvalidOperationException exception)
        {
            // A string whose bytes or escapes are no text.
            throw document.Error($"this is no JSON: {exception.Message}", reader.TokenStartIndex, exception);
        }
    }

    // The reader appends where it stopped, counted from 0; the place that names the file is counted from 1.
    private static string WithoutPlace(string message) =>
        message.IndexOf(" LineNumber: ", StringComparison.Ordinal) is >= 0 and var end ? message[..end] : message;

    /// <summary>A member that must be there.</summary>
    public JsonValue Require(string name) => this[name] ?? throw Error($"the member '{name}' is missing");

    /// <summary>The value as a whole number that is not below another.</summary>
    public int AtLeast(int least) => Integer >= least ? Integer : throw Error($"expected {least} or more");

    /// <summary>The same value, after making sure that it is an object without any other members than these.</summary>
    public JsonValue WithOnly(IReadOnlyCollection<string> names)
    {
        foreach (var (name, value) in Members)
        {
            if (!names.Contains(name)) throw document.Error($"{value.path}: {Spelling.Unknown("member", name, names)}", value.NameOffset);
        }

        return this;
    }

    /// <summary>Says what is wrong with the value, and where it stands.</summary>
    public SpecificationException Error(string problem) => document.Error($"{path}: {problem}", offset);

    private SpecificationException Expected(string what) => Error($"expected {what}");

    private sealed record Document(string File, byte[] Bytes)
    {
        public SpecificationException Error(string problem, long offset, Exception? cause = null)
        {
            var before = Bytes.AsSpan(0, (int)offset);
            var line = before.Count((byte)'\n') + 1;
            var column = Encoding.UTF8.GetCharCount(before[(before.LastIndexOf((byte)'\n') + 1)..]) + 1;
            return new SpecificationException(File, problem, line, column, cause);
        }
    }
}
