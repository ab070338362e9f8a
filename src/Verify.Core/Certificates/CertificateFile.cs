using System.Buffers.Binary;
using System.Collections.Immutable;
using System.IO.Compression;
using System.Security.Cryptography;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Core.Certificates;

/// <summary>All results of a run, each with the property that it answers and the proof of it: what another machine checks without searching.</summary>
/// <remarks>
/// <para>
/// The file stands for itself: it names the model by its path and its hash, and holds every property in full. The same
/// results give the same bytes everywhere.
/// </para>
/// <para>
/// Eight bytes tell the format and its version; 32 are the SHA-256 of what follows, and four its length once unpacked; the rest is packed
/// with Brotli. Reading checks all of this before it believes a length, so that a damaged file is told from a whole one.
/// </para>
/// </remarks>
public sealed record CertificateFile
{
    /// <summary>The latest version of the format: the second holds Lipschitz constants. What holds none is written in the first.</summary>
    public const byte Format = 2;

    private const int Head = 8 + 32 + 4;

    // More than that in one file would be hundreds of thousands of parts.
    private const int MostBytes = 1 << 30;

    private static ReadOnlySpan<byte> Magic => "RVPROOF"u8;

    /// <summary>The path of the model, relative to the folder of the file, with slashes.</summary>
    public required string ModelPath { get; init; }

    /// <summary>The results.</summary>
    public required Report Report { get; init; }

    /// <summary>What was found of Lipschitz constants.</summary>
    public ImmutableArray<LipschitzCertificate> Constants { get; init; } = [];

    /// <summary>The property that each certificate of the report answers.</summary>
    public ImmutableArray<Property> Properties => Report.Properties;

    /// <summary>The file of a run.</summary>
    /// <param name="report">The run's report.</param>
    /// <param name="model">The path of the model.</param>
    /// <param name="path">Where the file is going to be.</param>
    public static CertificateFile Of(Report report, string model, string path) => new() { ModelPath = ModelPathFrom(path, model), Report = report };

    /// <summary>What was found of the property of a name, and whether it is the same property, or nothing.</summary>
    /// <param name="property">The property.</param>
    internal (Certificate Certificate, bool IsSame)? Find(Property property)
    {
        for (var i = 0; i < Properties.Length; i++)
        {
            if (Properties[i].Name == property.Name)
                return (Report.Certificates[i], CertificateWriter.BytesOf(Properties[i]).AsSpan().SequenceEqual(CertificateWriter.BytesOf(property)));
        }

        return null;
    }

    /// <summary>The path of a model as a file names it.</summary>
    /// <param name="path">The file.</param>
    /// <param name="model">The model.</param>
    public static string ModelPathFrom(string path, string model) =>
        Path.GetRelativePath(Folder(path), Path.GetFullPath(model)).Replace(Path.DirectorySeparatorChar, '/');

    /// <summary>Where the model is, for results that were read from a file.</summary>
    /// <param name="path">The file.</param>
    public string ResolveModel(string path) => Path.GetFullPath(Path.Combine(Folder(path), ModelPath));

    /// <summary>Writes a file, in place of what was there.</summary>
    /// <param name="path">The file.</param>
    public void Write(string path) => File.WriteAllBytes(path, ToBytes());

    /// <summary>Reads a file.</summary>
    /// <exception cref="CertificateFormatException">The file is damaged, of another version, or none of this format.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static CertificateFile Read(string path) => FromBytes(File.ReadAllBytes(path), path);

    /// <summary>The bytes of a file.</summary>
    public byte[] ToBytes()
    {
        if (Properties.Length != Report.Certificates.Length)
            throw new InvalidOperationException($"{Properties.Length} properties do not belong to {Report.Certificates.Length} certificates.");
        var writer = new CertificateWriter();
        writer.Write(this);
        var packed = new MemoryStream();
        packed.Write(new byte[Head]);
        using (var brotli = new BrotliStream(packed, new BrotliCompressionOptions { Quality = 9 }, leaveOpen: true)) brotli.Write(writer.Bytes);
        var bytes = packed.ToArray();
        Magic.CopyTo(bytes);
        bytes[Magic.Length] = Constants.IsEmpty ? (byte)1 : Format;
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(Head - 4), writer.Bytes.Length);
        SHA256.HashData(bytes.AsSpan(Head - 4), bytes.AsSpan(Magic.Length + 1, 32));
        return bytes;
    }

    /// <summary>The results that bytes hold.</summary>
    /// <param name="bytes">What <see cref="ToBytes"/> returned.</param>
    /// <param name="path">The file that they were read from, for messages.</param>
    /// <exception cref="CertificateFormatException">The bytes are damaged, of another version, or none of this format.</exception>
    public static CertificateFile FromBytes(byte[] bytes, string path)
    {
        if (!bytes.AsSpan().StartsWith(Magic)) throw new CertificateFormatException(path, "This is no file of certificates.");
        if (bytes.Length <= Head) throw new CertificateFormatException(path, "The file is cut short. Make it anew.");
        if (bytes[Magic.Length] is 0 or > Format)
            throw new CertificateFormatException(path, $"The format of this file is {bytes[Magic.Length]}; this version reads formats up to {Format}. Update RobustVerify, or make the file anew.");
        if (!SHA256.HashData(bytes.AsSpan(Head - 4)).AsSpan().SequenceEqual(bytes.AsSpan(Magic.Length + 1, 32)))
            throw new CertificateFormatException(path, "The file is cut short or damaged: its hash is not that of its contents. Make it anew.");
        return new CertificateReader(Unpack(bytes, path), path).Read(hasConstants: bytes[Magic.Length] == 2);
    }

    private static byte[] Unpack(byte[] bytes, string path)
    {
        var length = BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(Head - 4));
        if (length is < 0 or > MostBytes) throw new CertificateFormatException(path, $"The file claims to hold {length} bytes.");

        // As long as there is something to unpack: a length that is only claimed costs nothing.
        var unpacked = new MemoryStream();
        try
        {
            using var brotli = new BrotliStream(new MemoryStream(bytes, Head, bytes.Length - Head), CompressionMode.Decompress);
            var buffer = new byte[1 << 16];
            for (int read; unpacked.Length <= length && (read = brotli.Read(buffer)) > 0;) unpacked.Write(buffer, 0, read);
        }
        catch (Exception e) when (e is InvalidDataException or InvalidOperationException)
        {
            throw new CertificateFormatException(path, "The contents cannot be unpacked.", e);
        }

        return unpacked.Length == length ? unpacked.ToArray() : throw new CertificateFormatException(path, "The contents are not as long as the file says.");
    }

    private static string Folder(string path) => Path.GetDirectoryName(Path.GetFullPath(path)) ?? Path.GetFullPath(path);
}
