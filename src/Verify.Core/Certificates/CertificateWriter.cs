using System.Buffers;
using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Core.Certificates;

/// <summary>Certificates as bytes, before they are packed: <see cref="CertificateReader"/> reads the same in the same order.</summary>
/// <remarks>
/// Lengths and indices are variable-length integers of seven bits a byte, indices as differences where they ascend. Numbers are stored
/// exactly, those of a vector byte by byte: all first bytes, then all second ones, which packs better.
/// </remarks>
internal sealed partial class CertificateWriter
{
    private readonly ArrayBufferWriter<byte> bytes = new();

    public ReadOnlySpan<byte> Bytes => bytes.WrittenSpan;

    public void Write(CertificateFile file)
    {
        var report = file.Report;
        Write(file.ModelPath);
        Write(report.Specification);
        Write(report.Model);
        Write(report.ModelSha256);
        Write(report.Runtime);
        Write(report.Complete);
        if (!file.Constants.IsEmpty)
        {
            Write(file.Constants.Length);
            foreach (var constant in file.Constants) Write(constant);
        }

        Write(report.Certificates.Length);
        for (var i = 0; i < report.Certificates.Length; i++)
        {
            Write(file.Properties[i]);
            Write(report.Certificates[i]);
        }
    }

    /// <summary>The bytes of a property: two properties that ask the same have the same.</summary>
    public static byte[] BytesOf(Property property)
    {
        var writer = new CertificateWriter();
        writer.Write(property);
        return writer.Bytes.ToArray();
    }

    private void Write(Property property)
    {
        Write(property.Name);
        Write((int)property.Semantics);
        Write(property.Region);
        Write(property.Output.Description);
        Write(property.Output.OnScores);
        Write(property.Output.Size);
        Write(property.Output.Violations.Length);
        foreach (var violation in property.Output.Violations)
        {
            Write(violation.Constraints.Length);
            foreach (var constraint in violation.Constraints) Write(constraint);
        }
    }

    private void Write(InputRegion region)
    {
        Write(region.IsBox);
        Write(region.Lower);
        Write(region.Upper);
        if (region.IsBox) return;
        Write((int)region.Norm);
        Write(region.Center);
        Write(region.Radii);
    }

    private void Write(LinearConstraint constraint)
    {
        var indices = Enumerable.Range(0, constraint.Coefficients.Length).Where(i => constraint.Coefficients[i] != 0).ToArray();
        WriteAscending(indices);
        foreach (var i in indices) Write(constraint.Coefficients[i]);
        Write(constraint.Bound);
    }

    private void Write(Certificate certificate)
    {
        Write(certificate.Property);
        Write(certificate.Model);
        Write((int)certificate.Verdict);
        Write((int)certificate.Semantics);
        Write(certificate.Margin);
        Write(certificate.CertifiedRadius);
        Write(certificate.AttackedRadius);
        Write(certificate.Subproblems is not null);
        if (certificate.Subproblems is { } subproblems) Write(subproblems);
        Write(certificate.Reason is not null);
        if (certificate.Reason is { } reason) Write(reason);
        Write(certificate.Method);
        Write(certificate.Engine);
        Write(certificate.Counterexample is not null);
        if (certificate.Counterexample is { } counterexample)
        {
            Write(counterexample.Input);
            Write(counterexample.Output);
            Write(counterexample.Runtime);
        }

        Write(certificate.Proof is not null);
        if (certificate.Proof is { } proof) Write(proof);
    }

    private void Write(ProofPart part)
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        Write(part.Neurons);
        Write(part.Rows.Length);
        foreach (var (violation, weights, lines) in part.Rows)
        {
            Write(violation);
            Write(weights);
            Write(lines);
        }

        Write(part.Cuts.Length);
        foreach (var cut in part.Cuts)
        {
            Write(cut is NeuronCut);
            if (cut is NeuronCut { Node: var node }) Write(node);
            Write(cut is NeuronCut neuron ? neuron.Element : ((InputCut)cut).Input);
            Write(cut.At);
            Write(cut.Below);
            Write(cut.Above);
        }
    }

    private void Write(ImmutableArray<NeuronRow> rows)
    {
        Write(rows.Length);
        foreach (var (node, element, sign, lines) in rows)
        {
            Write(node);
            Write(element);
            Write(sign > 0);
            Write(lines);
        }
    }

    private void Write(RowLines lines)
    {
        WriteAscending(lines.Neurons.AsSpan());
        WriteNumbers(MemoryMarshal.AsBytes(lines.Slopes.AsSpan()), 2);
        Write(lines.Multipliers);
    }

    private void WriteAscending(ReadOnlySpan<int> indices)
    {
        Write(indices.Length);
        var last = -1;
        foreach (var index in indices)
        {
            Write(index - last - 1);
            last = index;
        }
    }

    private void Write(ImmutableArray<float> values)
    {
        Write(values.Length);
        WriteNumbers(MemoryMarshal.AsBytes(values.AsSpan()), sizeof(float));
    }

    private void Write(ReadOnlySpan<double> values)
    {
        Write(values.Length);
        WriteNumbers(MemoryMarshal.AsBytes(values), sizeof(double));
    }

    private void WriteNumbers(ReadOnlySpan<byte> values, int size)
    {
        if (!BitConverter.IsLittleEndian) throw new PlatformNotSupportedException("Files of certificates are written on little-endian machines.");
        var target = bytes.GetSpan(values.Length);
        var count = values.Length / size;
        for (var i = 0; i < count; i++)
        {
            for (var k = 0; k < size; k++) target[k * count + i] = values[i * size + k];
        }

        bytes.Advance(values.Length);
    }

    private void Write(double value)
    {
        BinaryPrimitives.WriteDoubleLittleEndian(bytes.GetSpan(sizeof(double)), value);
        bytes.Advance(sizeof(double));
    }

    private void Write(double? value)
    {
        Write(value is not null);
        if (value is { } number) Write(number);
    }

    private void Write(string text)
    {
        var encoded = Encoding.UTF8.GetBytes(text);
        Write(encoded.Length);
        bytes.Write(encoded);
    }

    private void Write(bool value) => Write(value ? 1 : 0);

    private void Write(int value)
    {
        if (value < 0) throw new InvalidOperationException($"{value} is no length and no index: the certificate is not one.");
        var left = (uint)value;
        for (; left >= 0x80; left >>= 7) bytes.Write([(byte)(left | 0x80)]);
        bytes.Write([(byte)left]);
    }
}
