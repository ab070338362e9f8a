using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Core.Certificates;

/// <summary>Certificates from what <see cref="CertificateWriter"/> wrote. Nothing longer than the bytes that are left is ever made.</summary>
internal sealed partial class CertificateReader(byte[] bytes, string path)
{
    // Constraints hold few coefficients that are not zero; so many that are, for each byte of the file, and no more.
    private const long MostCoefficients = 1024;

    private int at;
    private long coefficientsRead;

    /// <param name="hasConstants">Whether the format is one that holds Lipschitz constants.</param>
    public CertificateFile Read(bool hasConstants)
    {
        var modelPath = Text();
        var report = new Report
        {
            Specification = Text(),
            Model = Text(),
            ModelSha256 = Text(),
            Runtime = Text(),
            Complete = Flag(),
            Certificates = [],
        };
        var constants = ImmutableArray.CreateBuilder<LipschitzCertificate>();
        for (var count = hasConstants ? Length() : 0; count > 0; count--) constants.Add(Constant());
        var properties = ImmutableArray.CreateBuilder<Property>();
        var certificates = ImmutableArray.CreateBuilder<Certificate>();
        for (var count = Length(); count > 0; count--)
        {
            properties.Add(Property());
            certificates.Add(Certificate());
        }

        if (at != bytes.Length) throw Damaged();
        return new CertificateFile
        {
            ModelPath = modelPath,
            Report = report with { Properties = properties.ToImmutable(), Certificates = certificates.ToImmutable() },
            Constants = constants.ToImmutable(),
        };
    }

    private Property Property()
    {
        var (name, semantics) = (Text(), Choice<Semantics>());
        try
        {
            return new Property(name, Region(), Output()) { Semantics = semantics };
        }
        catch (ArgumentException e)
        {
            throw new CertificateFormatException(path, $"The property '{name}' is none: {e.Message}", e);
        }
    }

    private InputRegion Region()
    {
        var isBox = Flag();
        var (lower, upper) = (Doubles(), Doubles());
        return isBox ? InputRegion.Box(lower, upper) : InputRegion.Of(lower, upper, Choice<Norm>(), Doubles(), Doubles());
    }

    private OutputProperty Output()
    {
        var (description, onScores, size) = (Text(), Flag(), Integer());
        var violations = ImmutableArray.CreateBuilder<Conjunction>();
        for (var count = Length(); count > 0; count--)
        {
            var constraints = ImmutableArray.CreateBuilder<LinearConstraint>();
            for (var k = Length(); k > 0; k--) constraints.Add(Constraint(size));
            violations.Add(new Conjunction(constraints.ToImmutable()));
        }

        return new OutputProperty(violations.ToImmutable(), description, onScores);
    }

    private LinearConstraint Constraint(int size)
    {
        coefficientsRead += size;
        if (coefficientsRead > MostCoefficients * bytes.Length) throw Damaged();
        var indices = Ascending();
        if (indices.Length > 0 && indices[^1] >= size) throw Damaged();
        var coefficients = new double[size];
        foreach (var i in indices) coefficients[i] = Double();
        return new LinearConstraint(ImmutableCollectionsMarshal.AsImmutableArray(coefficients), Double());
    }

    private Certificate Certificate() => new()
    {
        Property = Text(),
        Model = Text(),
        Verdict = Choice<Verdict>(),
        Semantics = Choice<Semantics>(),
        Margin = Optional(Double),
        CertifiedRadius = Optional(Double),
        AttackedRadius = Optional(Double),
        Subproblems = Optional(Integer),
        Reason = Flag() ? Text() : null,
        Method = Text(),
        Engine = Text(),
        Counterexample = Flag() ? new Counterexample(Floats(), Floats(), Text()) : null,
        Proof = Flag() ? Part() : null,
    };

    private ProofPart Part()
    {
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack()) throw new CertificateFormatException(path, "A proof has too many cuts one below the other.");
        var neurons = Neurons();
        var rows = ImmutableArray.CreateBuilder<ViolationRow>();
        for (var count = Length(); count > 0; count--) rows.Add(new ViolationRow(Integer(), Floats(), Lines()));
        var cuts = ImmutableArray.CreateBuilder<ProofCut>();
        for (var count = Length(); count > 0; count--)
            cuts.Add(Flag() ? new NeuronCut(Integer(), Integer(), Double(), Part(), Part()) : new InputCut(Integer(), Double(), Part(), Part()));
        return new ProofPart { Neurons = neurons, Rows = rows.ToImmutable(), Cuts = cuts.ToImmutable() };
    }

    private ImmutableArray<NeuronRow> Neurons()
    {
        var neurons = ImmutableArray.CreateBuilder<NeuronRow>();
        for (var count = Length(); count > 0; count--) neurons.Add(new NeuronRow(Integer(), Integer(), Flag() ? 1 : -1, Lines()));
        return neurons.ToImmutable();
    }

    private RowLines Lines()
    {
        var neurons = Ascending();
        var slopes = new Half[neurons.Length];
        Numbers(MemoryMarshal.AsBytes(slopes.AsSpan()), 2);
        var multipliers = Floats();
        return neurons.Length == 0 && multipliers.IsEmpty
            ? RowLines.LeastArea
            : new RowLines(ImmutableCollectionsMarshal.AsImmutableArray(neurons), ImmutableCollectionsMarshal.AsImmutableArray(slopes), multipliers);
    }

    private int[] Ascending()
    {
        var indices = new int[Length()];
        var last = -1L;
        for (var i = 0; i < indices.Length; i++)
        {
            last += Integer() + 1;
            indices[i] = last <= int.MaxValue ? (int)last : throw Damaged();
        }

        return indices;
    }

    private ImmutableArray<float> Floats()
    {
        var values = new float[Length(sizeof(float))];
        Numbers(MemoryMarshal.AsBytes(values.AsSpan()), sizeof(float));
        return ImmutableCollectionsMarshal.AsImmutableArray(values);
    }

    private double[] Doubles()
    {
        var values = new double[Length(sizeof(double))];
        Numbers(MemoryMarshal.AsBytes(values.AsSpan()), sizeof(double));
        return values;
    }

    private void Numbers(Span<byte> values, int size)
    {
        if (!BitConverter.IsLittleEndian) throw new PlatformNotSupportedException("Files of certificates are read on little-endian machines.");
        var source = Take(values.Length);
        var count = values.Length / size;
        for (var i = 0; i < count; i++)
        {
            for (var k = 0; k < size; k++) values[i * size + k] = source[k * count + i];
        }
    }

    private T? Optional<T>(Func<T> read) where T : struct => Flag() ? read() : null;

    private T Choice<T>() where T : struct, Enum
    {
        var value = Enum.GetValues<T>();
        var index = Integer();
        return index < value.Length ? value[index] : throw Damaged();
    }

    private string Text() => Encoding.UTF8.GetString(Take(Length()));

    private bool Flag() => Integer() switch { 0 => false, 1 => true, _ => throw Damaged() };

    private double Double() => BinaryPrimitives.ReadDoubleLittleEndian(Take(sizeof(double)));

    /// <summary>How many of something follow, each of so many bytes at least.</summary>
    private int Length(int size = 1)
    {
        var length = Integer();
        return (long)length * size <= bytes.Length - at ? length : throw Damaged();
    }

    private int Integer()
    {
        var value = 0L;
        for (var shift = 0; shift < 35; shift += 7)
        {
            var next = Take(1)[0];
            value |= (long)(next & 0x7f) << shift;
            if (next < 0x80) return value <= int.MaxValue ? (int)value : throw Damaged();
        }

        throw Damaged();
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > bytes.Length - at) throw Damaged();
        at += count;
        return bytes.AsSpan(at - count, count);
    }

    private CertificateFormatException Damaged() => new(path, $"The contents make no sense at byte {at}. Make the file anew.");
}
