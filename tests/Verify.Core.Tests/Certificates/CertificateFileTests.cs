using System.Buffers.Binary;
using System.Collections.Immutable;
using System.IO.Compression;
using System.Security.Cryptography;
using RobustVerify.Core.Certificates;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Core.Tests.Certificates;

/// <summary>What is written to a file of certificates is what is read; what is damaged is told.</summary>
public sealed class CertificateFileTests
{
    private const int Head = 44;

    [Fact]
    public void What_is_written_is_what_is_read()
    {
        var file = Example(new Random(90));
        var bytes = file.ToBytes();
        var read = CertificateFile.FromBytes(bytes, "digits.rvproof");
        Assert.Equal(file.ModelPath, read.ModelPath);
        Assert.Equal(file.Report with { Properties = [], Certificates = [] }, read.Report with { Properties = [], Certificates = [] });
        for (var i = 0; i < file.Properties.Length; i++)
        {
            Same(file.Properties[i], read.Properties[i]);
            Same(file.Report.Certificates[i], read.Report.Certificates[i]);
        }

        foreach (var (constant, same) in file.Constants.Zip(read.Constants)) Same(constant, same);
        Assert.Equal(bytes, read.ToBytes());
        Assert.Equal(bytes, Example(new Random(90)).ToBytes());
        Assert.Equal(2, bytes[7]);
    }

    [Fact]
    public void A_file_without_constants_is_one_of_the_first_format()
    {
        var file = Example(new Random(90)) with { Constants = [] };
        var bytes = file.ToBytes();
        Assert.Equal(1, bytes[7]);
        Assert.Equal(bytes, CertificateFile.FromBytes(bytes, "x").ToBytes());
    }

    [Fact]
    public void Nothing_of_a_certificate_is_left_out()
    {
        // Each of its properties differs from what it is when nothing is read, in one of the certificates that are compared above.
        var certificates = Example(new Random(90)).Report.Certificates;
        foreach (var property in typeof(Certificate).GetProperties())
        {
            var nothing = property.PropertyType.IsValueType ? Activator.CreateInstance(property.PropertyType) : null;
            Assert.True(certificates.Any(certificate => !Equals(property.GetValue(certificate), nothing)), $"No certificate has a {property.Name}.");
        }

        var constants = Example(new Random(90)).Constants;
        foreach (var property in typeof(LipschitzCertificate).GetProperties())
            Assert.True(constants.DistinctBy(property.GetValue).Count() > 1, $"All constants have the same {property.Name}.");
    }

    [Fact]
    public void A_file_names_its_model_relative_to_itself()
    {
        var folder = Directory.CreateTempSubdirectory();
        try
        {
            var path = Path.Combine(folder.FullName, "proofs", "digits.rvproof");
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            var model = Path.Combine(folder.FullName, "models", "digits.onnx");
            var file = Example(new Random(91)) with { ModelPath = CertificateFile.ModelPathFrom(path, model) };
            Assert.Equal("../models/digits.onnx", file.ModelPath);
            file.Write(path);
            Assert.Equal(model, CertificateFile.Read(path).ResolveModel(path));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void Slopes_take_two_bytes_and_what_repeats_itself_takes_less()
    {
        var random = new Random(92);
        var lines = new RowLines([.. Enumerable.Range(0, 10_000)], [.. Enumerable.Range(0, 10_000).Select(_ => (Half)random.NextDouble())], []);
        var part = new ProofPart { Rows = [new ViolationRow(0, [1], lines)] };
        var one = With(part).ToBytes().Length;
        Assert.InRange(one, 12_000, 21_000);
        var parts = Enumerable.Range(0, 1000).Aggregate(new ProofPart(), (below, i) => new ProofPart { Cuts = [new InputCut(1, i, below, new ProofPart { Rows = [new ViolationRow(0, [1], RowLines.LeastArea)] })] });
        Assert.InRange(With(parts).ToBytes().Length, 1, 10_000);
    }

    [Fact]
    public void Every_damaged_byte_is_told()
    {
        var bytes = Example(new Random(93)).ToBytes();
        var random = new Random(94);
        for (var i = 0; i < bytes.Length; i += 1 + random.Next(7))
        {
            var damaged = (byte[])bytes.Clone();
            damaged[i] ^= (byte)(1 << random.Next(8));
            Assert.Contains("digits.rvproof", Assert.Throws<CertificateFormatException>(() => CertificateFile.FromBytes(damaged, "digits.rvproof")).Message, StringComparison.Ordinal);
        }

        for (var length = 0; length < bytes.Length; length += 1 + random.Next(13))
            Assert.Throws<CertificateFormatException>(() => CertificateFile.FromBytes(bytes[..length], "digits.rvproof"));
        Assert.Throws<CertificateFormatException>(() => CertificateFile.FromBytes([.. bytes, 0], "digits.rvproof"));
    }

    [Fact]
    public void Contents_that_were_changed_on_purpose_are_read_or_told_but_never_believed_too_far()
    {
        var packed = Example(new Random(95)).ToBytes();
        var contents = Unpack(packed);
        Assert.Equal(contents, Unpack(Pack(contents)));
        var random = new Random(96);
        var told = 0;
        for (var trial = 0; trial < 3000; trial++)
        {
            var changed = (byte[])contents.Clone();
            for (var k = random.Next(1, 4); k > 0; k--) changed[random.Next(changed.Length)] = (byte)random.Next(256);
            if (trial % 3 == 0) changed = changed[..random.Next(changed.Length)];
            var before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                CertificateFile.FromBytes(Pack(changed), "x");
            }
            catch (CertificateFormatException)
            {
                told++;
            }

            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 400_000_000);
        }

        Assert.True(told > 1000, $"{told} of 3000 were told.");
    }

    [Fact]
    public void Another_version_is_told_with_what_to_do()
    {
        var bytes = Example(new Random(97)).ToBytes();
        bytes[7] = 9;
        Assert.Contains("format of this file is 9", Assert.Throws<CertificateFormatException>(() => CertificateFile.FromBytes(bytes, "x")).Message, StringComparison.Ordinal);
        Assert.Contains("no file of certificates", Assert.Throws<CertificateFormatException>(() => CertificateFile.FromBytes("{}"u8.ToArray(), "x")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_proof_that_is_too_deep_is_told_and_not_followed()
    {
        // Parts of one cut whose lower half is the next, and nothing in them.
        var contents = new List<byte>();
        var file = With(new ProofPart());
        var head = Unpack(file.ToBytes());
        contents.AddRange(head[..^3]);
        for (var i = 0; i < 2_000_000; i++) contents.AddRange([0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        Assert.Throws<CertificateFormatException>(() => CertificateFile.FromBytes(Pack([.. contents]), "x"));
    }

    private static CertificateFile With(ProofPart proof)
    {
        var file = Example(new Random(98));
        return file with { Report = file.Report with { Properties = [file.Properties[0]], Certificates = [file.Report.Certificates[0] with { Proof = proof }] } };
    }

    private static byte[] Unpack(byte[] bytes)
    {
        using var brotli = new BrotliStream(new MemoryStream(bytes, Head, bytes.Length - Head), CompressionMode.Decompress);
        var unpacked = new MemoryStream();
        brotli.CopyTo(unpacked);
        return unpacked.ToArray();
    }

    /// <summary>Contents with a head that fits them.</summary>
    private static byte[] Pack(byte[] contents)
    {
        var packed = new MemoryStream();
        packed.Write(new byte[Head]);
        using (var brotli = new BrotliStream(packed, CompressionLevel.Fastest, leaveOpen: true)) brotli.Write(contents);
        var bytes = packed.ToArray();
        "RVPROOF"u8.CopyTo(bytes);
        bytes[7] = CertificateFile.Format;
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(Head - 4), contents.Length);
        SHA256.HashData(bytes.AsSpan(Head - 4), bytes.AsSpan(8, 32));
        return bytes;
    }

    private static CertificateFile Example(Random random)
    {
        var output = new OutputProperty([new([new([1, 0, -1.5], 0.1), new([0, 0, 2], double.NegativeInfinity)]), new([new([0.1, 0.2, 0.3], -7)])], "größer als nichts");
        Property[] properties =
        [
            new("sample 0", InputRegion.Box([-1, 0.1], [1.0 / 3, 0.1]), OutputProperty.SameLabel(1, 3)) { Semantics = Semantics.Float32 },
            new("sample 1", InputRegion.Ball([0.1, 0.7], [0, 0.25], Norm.L2, InputRegion.Box([0, 0.6], [1, 1])), output),
            new("sample 2", InputRegion.Ball([0.1, 0.7], 0.5, Norm.L1), output),
        ];
        var certificate = new Certificate { Property = "sample 0", Model = "ab12", Verdict = Verdict.Verified, Method = "branch and bound", Engine = "1.2.3" };
        return new CertificateFile
        {
            ModelPath = "digits.onnx",
            Report = new Report
            {
                Properties = [.. properties],
                Specification = "digits",
                Model = "digits.onnx",
                ModelSha256 = "ab12",
                Runtime = "managed",
                Certificates =
                [
                    certificate with { Margin = 0.1, Subproblems = 300, Proof = Part(random, 6), Semantics = Semantics.Float32 },
                    certificate with { Property = "sample 1", Verdict = Verdict.Falsified, Counterexample = new([0.1f, 0.6f], [1, float.NaN, 2], "managed") },
                    certificate with { Property = "sample 2", Verdict = Verdict.Unknown, Reason = "nothing is known", CertifiedRadius = 0.1, AttackedRadius = double.PositiveInfinity },
                ],
            },
            Constants =
            [
                new LipschitzCertificate { Model = "ab12", Norm = Norm.L2, Lower = 0, Upper = double.PositiveInfinity, Method = "no method", Engine = "1.2.3" },
                new LipschitzCertificate
                {
                    Name = "größte",
                    Model = "ab13",
                    Norm = Norm.Linf,
                    Region = InputRegion.Ball([0.1, 0.7], 0.5, Norm.L1),
                    OnScores = true,
                    Outputs = [2, 1],
                    Lower = 0.1,
                    Upper = 0.3,
                    Witness = [0.1, 1.0 / 3],
                    Method = "search",
                    Engine = "1.2.4",
                    Proof = new() { Neurons = Part(random, 0).Neurons, Whole = Lipschitz(random, 6) },
                },
            ],
        };
    }

    private static LipschitzPart Lipschitz(Random random, int depth)
    {
        ImmutableArray<double> Multipliers() => [.. Enumerable.Range(0, random.Next(4)).Select(_ => random.Next(2) == 0 ? random.NextSingle() : random.NextDouble())];
        LipschitzPart Next() => Lipschitz(random, depth - 1);
        return random.Next(depth > 3 ? 5 : 0, depth > 0 ? 9 : 5) switch
        {
            0 => new NormProductPart(),
            1 => new JacobianPart(),
            2 => new GradientPart([new GradientLines(Part(random, 0).Neurons, [Lines(random)], Lines(random))]),
            3 => new MultiplierPart(random.NextDouble(), Multipliers()),
            4 => new FlatPart([1, 4], [0, -1, 1]),
            5 => new SlopeCut(random.Next(300), Next(), Next()),
            6 => new BoxHalves(random.Next(300), random.NextDouble(), Next(), Next()),
            7 => new SignCut(random.Next(300), Next(), Next()),
            _ => new SignedPart([new ShownSign(random.Next(300), true, Multipliers()), new ShownSign(1, false, [])], Next()),
        };
    }

    private static ProofPart Part(Random random, int depth) => new()
    {
        Neurons = [.. Enumerable.Range(0, random.Next(3)).Select(_ => new NeuronRow(random.Next(5), random.Next(300), random.Next(2) * 2 - 1, Lines(random)))],
        Rows = [.. Enumerable.Range(0, random.Next(3)).Select(_ => new ViolationRow(random.Next(200), [.. Enumerable.Range(0, random.Next(3)).Select(_ => random.NextSingle())], Lines(random)))],
        Cuts = depth == 0 ? [] :
        [
            .. Enumerable.Range(0, random.Next(3)).Select<int, ProofCut>(_ => random.Next(2) == 0
                ? new InputCut(random.Next(20), random.NextDouble(), Part(random, depth - 1), Part(random, depth - 1))
                : new NeuronCut(random.Next(20), random.Next(2000), -random.NextDouble(), Part(random, depth - 1), Part(random, depth - 1))),
        ],
    };

    private static RowLines Lines(Random random)
    {
        var neurons = Enumerable.Range(0, 40).Select(i => 400 * i + random.Next(400)).Where(_ => random.Next(2) == 0).ToImmutableArray();
        return new(neurons, [.. neurons.Select(_ => (Half)random.NextDouble())], [.. Enumerable.Range(0, random.Next(4)).Select(_ => random.NextSingle())]);
    }

    private static void Same(Property expected, Property actual)
    {
        Assert.Equal((expected.Name, expected.Semantics, expected.Output.Description, expected.Output.OnScores), (actual.Name, actual.Semantics, actual.Output.Description, actual.Output.OnScores));
        var (region, other) = (expected.Region, actual.Region);
        Assert.Equal((region.Norm, region.IsBox), (other.Norm, other.IsBox));
        Assert.Equal(region.Lower, other.Lower);
        Assert.Equal(region.Upper, other.Upper);
        Assert.Equal(region.Center, other.Center);
        Assert.Equal(region.Radii, other.Radii);
        Assert.Equal(region.Representable.Lower.AsEnumerable(), other.Representable.Lower.AsEnumerable());
        Assert.Equal(expected.Output.Violations.Length, actual.Output.Violations.Length);
        foreach (var (violation, same) in expected.Output.Violations.Zip(actual.Output.Violations))
        {
            foreach (var (constraint, equal) in violation.Constraints.Zip(same.Constraints))
            {
                Assert.Equal(constraint.Coefficients.AsEnumerable(), equal.Coefficients.AsEnumerable());
                Assert.Equal(constraint.Bound, equal.Bound);
            }
        }
    }

    private static void Same(Certificate expected, Certificate actual)
    {
        Assert.Equal(expected with { Proof = null, Counterexample = null }, actual with { Proof = null, Counterexample = null });
        Assert.Equal(expected.Counterexample?.Input.AsEnumerable(), actual.Counterexample?.Input.AsEnumerable());
        Assert.Equal(expected.Counterexample?.Output.AsEnumerable(), actual.Counterexample?.Output.AsEnumerable());
        Assert.Equal(expected.Proof is null, actual.Proof is null);
        if (expected.Proof is not null) Same(expected.Proof, actual.Proof!);
    }

    private static void Same(LipschitzCertificate expected, LipschitzCertificate actual)
    {
        Assert.Equal(expected with { Outputs = [], Witness = [], Region = null, Proof = null }, actual with { Outputs = [], Witness = [], Region = null, Proof = null });
        Assert.Equal(expected.Outputs.AsEnumerable(), actual.Outputs);
        Assert.Equal(expected.Witness.AsEnumerable(), actual.Witness);
        Assert.Equal(expected.Region?.Radii.ToArray(), actual.Region?.Radii.ToArray());
        if (expected.Proof is not null) Same(expected.Proof.Whole, actual.Proof!.Whole);
    }

    private static void Same(LipschitzPart expected, LipschitzPart actual)
    {
        Assert.Equal(expected.GetType(), actual.GetType());
        switch (expected, actual)
        {
            case (GradientPart one, GradientPart other):
                Assert.Equal(one.Outputs.Single().Sum.Neurons.AsEnumerable(), other.Outputs.Single().Sum.Neurons);
                Assert.Equal(one.Outputs.Single().Entries.Single().Slopes.AsEnumerable(), other.Outputs.Single().Entries.Single().Slopes);
                break;
            case (MultiplierPart one, MultiplierPart other):
                Assert.Equal(one.Constant, other.Constant);
                Assert.Equal(one.Multipliers.AsEnumerable(), other.Multipliers);
                break;
            case (FlatPart one, FlatPart other):
                Assert.Equal(one.Meeting.Concat(one.Ends), other.Meeting.Concat(other.Ends));
                break;
            case (SlopeCut one, SlopeCut other):
                Assert.Equal(one.Neuron, other.Neuron);
                Same(one.AtLower, other.AtLower);
                Same(one.AtUpper, other.AtUpper);
                break;
            case (BoxHalves one, BoxHalves other):
                Assert.Equal((one.Input, one.At), (other.Input, other.At));
                Same(one.Below, other.Below);
                Same(one.Above, other.Above);
                break;
            case (SignCut one, SignCut other):
                Assert.Equal(one.Neuron, other.Neuron);
                Same(one.Negative, other.Negative);
                Same(one.Positive, other.Positive);
                break;
            case (SignedPart one, SignedPart other):
                Assert.Equal(one.Signs.Select(sign => (sign.Neuron, sign.IsPositive)), other.Signs.Select(sign => (sign.Neuron, sign.IsPositive)));
                Assert.Equal(one.Signs.SelectMany(sign => sign.Multipliers), other.Signs.SelectMany(sign => sign.Multipliers));
                Same(one.Part, other.Part);
                break;
        }
    }

    private static void Same(ProofPart expected, ProofPart actual)
    {
        Assert.Equal(expected.Neurons.Select(row => (row.Node, row.Element, row.Sign)), actual.Neurons.Select(row => (row.Node, row.Element, row.Sign)));
        Assert.Equal(expected.Rows.Select(row => row.Violation), actual.Rows.Select(row => row.Violation));
        foreach (var (row, same) in expected.Rows.Zip(actual.Rows)) Assert.Equal(row.Weights.AsEnumerable(), same.Weights.AsEnumerable());
        foreach (var (lines, same) in expected.Rows.Select(row => row.Lines).Concat(expected.Neurons.Select(row => row.Lines)).Zip(actual.Rows.Select(row => row.Lines).Concat(actual.Neurons.Select(row => row.Lines))))
        {
            Assert.Equal(lines.Neurons.AsEnumerable(), same.Neurons.AsEnumerable());
            Assert.Equal(lines.Slopes.AsEnumerable(), same.Slopes.AsEnumerable());
            Assert.Equal(lines.Multipliers.AsEnumerable(), same.Multipliers.AsEnumerable());
        }

        Assert.Equal(expected.Cuts.Length, actual.Cuts.Length);
        foreach (var (cut, same) in expected.Cuts.Zip(actual.Cuts))
        {
            Assert.Equal(cut.GetType(), same.GetType());
            Assert.Equal(cut.At, same.At);
            Assert.Equal((cut as InputCut)?.Input, (same as InputCut)?.Input);
            Assert.Equal(((cut as NeuronCut)?.Node, (cut as NeuronCut)?.Element), ((same as NeuronCut)?.Node, (same as NeuronCut)?.Element));
            Same(cut.Below, same.Below);
            Same(cut.Above, same.Above);
        }
    }
}
