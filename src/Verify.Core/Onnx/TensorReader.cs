using System.Buffers.Binary;
using RobustVerify.Core.Onnx.Format;
using DataType = RobustVerify.Core.Onnx.Format.TensorProto.Types.DataType;

namespace RobustVerify.Core.Onnx;

/// <summary>Reads the tensors stored in a model, and in files beside it.</summary>
/// <param name="folder">Where the model's external data lies.</param>
internal sealed class TensorReader(string folder)
{
    private readonly SortedDictionary<string, byte[]> files = new(StringComparer.Ordinal);

    /// <summary>The external files that were read, by their location in the model.</summary>
    public IEnumerable<byte[]> Files => files.Values;

    /// <summary>The paths of the external files that were read.</summary>
    public IEnumerable<string> Paths => files.Keys.Select(location => Path.GetFullPath(Path.Combine(folder, location)));

    /// <summary>True for whole numbers and truth values.</summary>
    public static bool IsInteger(DataType type) => type is not (DataType.Float or DataType.Double or DataType.Float16 or DataType.Bfloat16);

    /// <summary>Reads a tensor.</summary>
    /// <exception cref="InvalidModelException">Its data does not fit its shape, or holds numbers that are no weights.</exception>
    public Constant Read(TensorProto tensor)
    {
        var shape = tensor.Dims.Select(d => d is >= 0 and <= int.MaxValue
            ? (int)d
            : throw new InvalidModelException($"Tensor '{tensor.Name}' has a dimension of {d}.")).ToArray();
        var data = tensor.DataLocation == TensorProto.Types.DataLocation.External ? FromBytes(tensor, External(tensor))
            : tensor.RawData.Length > 0 ? FromBytes(tensor, tensor.RawData.Span)
            : FromFields(tensor);
        if (data.Length != Shapes.Size(shape))
            throw new InvalidModelException($"Tensor '{tensor.Name}' of shape {Shapes.Text(shape)} has {data.Length} elements.");
        CheckFinite(tensor.Name, data);
        return new Constant(data, shape, IsInteger(tensor.DataType));
    }

    // A single number may be infinite: it is how a limit that does not bind is written.
    private static void CheckFinite(string name, double[] data)
    {
        for (var i = 0; i < data.Length; i++)
        {
            if (double.IsNaN(data[i]) || (double.IsInfinity(data[i]) && data.Length > 1))
                throw new InvalidModelException($"Tensor '{name}' holds {(double.IsNaN(data[i]) ? "NaN" : "an infinite number")} at element {i}.");
        }
    }

    private static double[] FromFields(TensorProto tensor) => tensor.DataType switch
    {
        DataType.Float => [.. tensor.FloatData.Select(v => (double)v)],
        DataType.Double => [.. tensor.DoubleData],
        DataType.Int64 => [.. tensor.Int64Data.Select(v => (double)v)],
        DataType.Uint32 or DataType.Uint64 => [.. tensor.Uint64Data.Select(v => (double)v)],
        DataType.Float16 => [.. tensor.Int32Data.Select(v => (double)BitConverter.UInt16BitsToHalf((ushort)v))],
        DataType.Bfloat16 => [.. tensor.Int32Data.Select(v => (double)BitConverter.Int32BitsToSingle(v << 16))],
        DataType.Bool or DataType.Int8 or DataType.Uint8 or DataType.Int16 or DataType.Uint16 or DataType.Int32 =>
            [.. tensor.Int32Data.Select(v => (double)v)],
        _ => throw Unsupported(tensor),
    };

    private static double[] FromBytes(TensorProto tensor, ReadOnlySpan<byte> bytes) => tensor.DataType switch
    {
        DataType.Float => Convert(tensor, bytes, 4, b => BinaryPrimitives.ReadSingleLittleEndian(b)),
        DataType.Double => Convert(tensor, bytes, 8, b => BinaryPrimitives.ReadDoubleLittleEndian(b)),
        DataType.Float16 => Convert(tensor, bytes, 2, b => (double)BinaryPrimitives.ReadHalfLittleEndian(b)),
        DataType.Bfloat16 => Convert(tensor, bytes, 2, b => BitConverter.Int32BitsToSingle(BinaryPrimitives.ReadUInt16LittleEndian(b) << 16)),
        DataType.Int64 => Convert(tensor, bytes, 8, b => BinaryPrimitives.ReadInt64LittleEndian(b)),
        DataType.Uint64 => Convert(tensor, bytes, 8, b => BinaryPrimitives.ReadUInt64LittleEndian(b)),
        DataType.Int32 => Convert(tensor, bytes, 4, b => BinaryPrimitives.ReadInt32LittleEndian(b)),
        DataType.Uint32 => Convert(tensor, bytes, 4, b => BinaryPrimitives.ReadUInt32LittleEndian(b)),
        DataType.Int16 => Convert(tensor, bytes, 2, b => BinaryPrimitives.ReadInt16LittleEndian(b)),
        DataType.Uint16 => Convert(tensor, bytes, 2, b => BinaryPrimitives.ReadUInt16LittleEndian(b)),
        DataType.Int8 => Convert(tensor, bytes, 1, b => (sbyte)b[0]),
        DataType.Uint8 or DataType.Bool => Convert(tensor, bytes, 1, b => b[0]),
        _ => throw Unsupported(tensor),
    };

    private delegate double Reader(ReadOnlySpan<byte> bytes);

    private static double[] Convert(TensorProto tensor, ReadOnlySpan<byte> bytes, int width, Reader read)
    {
        if (bytes.Length % width != 0)
            throw new InvalidModelException($"Tensor '{tensor.Name}' has {bytes.Length} bytes, not a multiple of {width}.");
        var data = new double[bytes.Length / width];
        for (var i = 0; i < data.Length; i++) data[i] = read(bytes.Slice(i * width, width));
        return data;
    }

    private static UnsupportedModelException Unsupported(TensorProto tensor) => new(
        $"Tensor '{tensor.Name}' is of type {tensor.DataType}; supported are floating-point numbers, whole numbers and truth values.");

    private ReadOnlySpan<byte> External(TensorProto tensor)
    {
        var entries = tensor.ExternalData.ToDictionary(entry => entry.Key, entry => entry.Value);
        if (!entries.TryGetValue("location", out var location))
            throw new InvalidModelException($"Tensor '{tensor.Name}' is stored in another file that is not named.");
        var file = Open(tensor.Name, location);
        long Number(string key, long otherwise) => !entries.TryGetValue(key, out var text) ? otherwise
            : long.TryParse(text, out var number) ? number
            : throw new InvalidModelException($"Tensor '{tensor.Name}': {key} '{text}' is not a number.");
        var offset = Number("offset", 0);
        var length = Number("length", file.Length - offset);
        if (offset < 0 || length < 0 || offset + length > file.Length)
            throw new InvalidModelException($"Tensor '{tensor.Name}' lies at {offset}..{offset + length} of '{location}', which has {file.Length} bytes.");
        return file.AsSpan((int)offset, (int)length);
    }

    private byte[] Open(string tensor, string location)
    {
        if (files.TryGetValue(location, out var known)) return known;

        // A model must not be able to read files from anywhere.
        var path = Path.GetFullPath(Path.Combine(folder, location));
        if (!path.StartsWith(Path.GetFullPath(folder) + Path.DirectorySeparatorChar, StringComparison.Ordinal))
            throw new InvalidModelException($"Tensor '{tensor}' is stored in '{location}', outside the model's folder.");
        try
        {
            return files[location] = File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidModelException($"Tensor '{tensor}' is stored in '{path}', which cannot be read: {e.Message}", e);
        }
    }
}
