using System.Text.Json;
using System.Text.Json.Serialization;

namespace RobustVerify.Training;

/// <summary>A training in a file, to be taken up again.</summary>
internal static class Checkpoint
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    /// <summary>The state that a file holds; null where there is no file, or one of another training.</summary>
    /// <param name="path">The file.</param>
    /// <param name="fingerprint">What tells the training from others.</param>
    public static TrainingState? Read(string path, string fingerprint)
    {
        if (!File.Exists(path)) return null;
        try
        {
            var content = JsonSerializer.Deserialize<Content>(File.ReadAllBytes(path), Options);
            return content?.Fingerprint == fingerprint ? content.State : null;
        }
        catch (JsonException)
        {
            // What is no checkpoint is none of this training.
            return null;
        }
    }

    /// <summary>Writes a state in the place of the last one, which stays whole until then.</summary>
    public static void Write(string path, string fingerprint, TrainingState state)
    {
        File.WriteAllBytes(path + ".writing", JsonSerializer.SerializeToUtf8Bytes(new Content(fingerprint, state), Options));
        File.Move(path + ".writing", path, overwrite: true);
    }

    private sealed record Content(string Fingerprint, TrainingState State);
}
