using RobustVerify.Core.Onnx;
using RobustVerify.Core.Tests.Specifications;

namespace RobustVerify.Core.Tests.Onnx;

public sealed class DamagedModelTests
{
    [Theory]
    [InlineData("digits-cnn.onnx")]
    [InlineData("tumour.onnx")]
    [InlineData("dy3.onnx")]
    public void A_model_with_changed_bytes_is_imported_or_refused_but_never_crashes(string name)
    {
        var original = File.ReadAllBytes(Path.Combine(Repository.Root, "tests", "Verify.Core.Tests", "Models", name));
        var random = new Random(7);
        using var folder = new TemporaryFolder();
        var path = folder.PathOf("damaged.onnx");
        for (var trial = 0; trial < 150; trial++)
        {
            var bytes = (byte[])original.Clone();
            for (var change = random.Next(1, 6); change > 0; change--) bytes[Place(random, bytes.Length)] = (byte)random.Next(256);
            File.WriteAllBytes(path, bytes);
            try
            {
                OnnxImporter.Import(path);
            }
            catch (Exception e) when (e is InvalidModelException or UnsupportedModelException)
            {
                Assert.Contains("damaged.onnx", e.Message, StringComparison.Ordinal);
            }
        }
    }

    // The structure is at either end, the weights in between.
    private static int Place(Random random, int length) =>
        random.Next(4) switch { 0 => random.Next(length), 1 => length - 1 - random.Next(Math.Min(length, 400)), _ => random.Next(Math.Min(length, 3000)) };
}
