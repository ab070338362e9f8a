using System.Text.Json;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Core.Tests.Specifications.Json;

/// <summary>As much of JSON Schema 2020-12 as the published schema uses; a keyword that it does not know is an error.</summary>
internal sealed class JsonSchema(string schema)
{
    private readonly JsonElement root = JsonDocument.Parse(schema).RootElement;

    public static JsonSchema Published { get; } = new(Specification.JsonSchema);

    /// <summary>The first problem of a document, or null where it is valid.</summary>
    public string? Problem(string text)
    {
        using var document = JsonDocument.Parse(text, new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
        return Problem(document.RootElement, root, "$");
    }

    private string? Problem(JsonElement value, JsonElement schema, string place) =>
        schema.EnumerateObject().Select(keyword => Problem(value, schema, keyword, place)).FirstOrDefault(problem => problem is not null);

    private string? Problem(JsonElement value, JsonElement schema, JsonProperty keyword, string place)
    {
        var fails = $"{place} fails {keyword.Name}";
        switch (keyword.Name)
        {
            case "$schema" or "$defs" or "title" or "description" or "default":
                return null;
            case "$ref":
                return Problem(value, root.GetProperty("$defs").GetProperty(keyword.Value.GetString()!["#/$defs/".Length..]), place);
            case "type":
                var types = keyword.Value.ValueKind == JsonValueKind.Array ? [.. keyword.Value.EnumerateArray()] : new[] { keyword.Value };
                return types.Any(type => HasType(value, type.GetString()!)) ? null : fails;
            case "const":
                return JsonElement.DeepEquals(value, keyword.Value) ? null : fails;
            case "enum":
                return keyword.Value.EnumerateArray().Any(allowed => JsonElement.DeepEquals(value, allowed)) ? null : fails;
            case "oneOf":
                return keyword.Value.EnumerateArray().Count(option => Problem(value, option, place) is null) == 1 ? null : fails;
            case "anyOf":
                return keyword.Value.EnumerateArray().Any(option => Problem(value, option, place) is null) ? null : fails;
            case "not":
                return Problem(value, keyword.Value, place) is not null ? null : fails;
            case "minimum":
                return value.ValueKind != JsonValueKind.Number || value.GetDouble() >= keyword.Value.GetDouble() ? null : fails;
            case "exclusiveMinimum":
                return value.ValueKind != JsonValueKind.Number || value.GetDouble() > keyword.Value.GetDouble() ? null : fails;
            case "minItems":
                return value.ValueKind != JsonValueKind.Array || value.GetArrayLength() >= keyword.Value.GetInt32() ? null : fails;
            case "maxItems":
                return value.ValueKind != JsonValueKind.Array || value.GetArrayLength() <= keyword.Value.GetInt32() ? null : fails;
            case "uniqueItems":
                return value.ValueKind != JsonValueKind.Array || value.EnumerateArray().Select(item => item.GetRawText()).Distinct().Count() == value.GetArrayLength() ? null : fails;
            case "items":
                return value.ValueKind != JsonValueKind.Array
                    ? null
                    : value.EnumerateArray().Select((item, i) => Problem(item, keyword.Value, $"{place}[{i}]")).FirstOrDefault(problem => problem is not null);
            case "required":
                return value.ValueKind != JsonValueKind.Object || keyword.Value.EnumerateArray().All(name => value.TryGetProperty(name.GetString()!, out _)) ? null : fails;
            case "dependentRequired":
                return value.ValueKind != JsonValueKind.Object
                    ? null
                    : keyword.Value.EnumerateObject()
                        .Where(member => value.TryGetProperty(member.Name, out _))
                        .All(member => member.Value.EnumerateArray().All(name => value.TryGetProperty(name.GetString()!, out _))) ? null : fails;
            case "properties":
                return value.ValueKind != JsonValueKind.Object
                    ? null
                    : keyword.Value.EnumerateObject()
                        .Select(member => value.TryGetProperty(member.Name, out var inner) ? Problem(inner, member.Value, $"{place}.{member.Name}") : null)
                        .FirstOrDefault(problem => problem is not null);
            case "additionalProperties":
                if (value.ValueKind != JsonValueKind.Object) return null;
                var others = value.EnumerateObject().Where(member => !schema.TryGetProperty("properties", out var known) || !known.TryGetProperty(member.Name, out _));
                return keyword.Value.ValueKind == JsonValueKind.False
                    ? others.Select(member => $"{place}.{member.Name} is unknown").FirstOrDefault()
                    : others.Select(member => Problem(member.Value, keyword.Value, $"{place}.{member.Name}")).FirstOrDefault(problem => problem is not null);
            default:
                throw new NotSupportedException($"The schema uses the keyword {keyword.Name}, which the test does not know.");
        }
    }

    private static bool HasType(JsonElement value, string type) => type switch
    {
        "object" => value.ValueKind == JsonValueKind.Object,
        "array" => value.ValueKind == JsonValueKind.Array,
        "string" => value.ValueKind == JsonValueKind.String,
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        "number" => value.ValueKind == JsonValueKind.Number,
        "integer" => value.ValueKind == JsonValueKind.Number && double.IsInteger(value.GetDouble()),
        _ => throw new NotSupportedException(type),
    };
}
