using System.Runtime.InteropServices;
using Google.Protobuf;
using RobustVerify.Core.Certificates;
using RobustVerify.Core.Onnx.Format;
using RobustVerify.Core.Runtimes;
using RobustVerify.Core.Specifications;
using RobustVerify.Core.Tests.Specifications;
using RobustVerify.Core.Verification;

namespace RobustVerify.Core.Tests.Verification;

/// <summary>What was proved is proved again without searching, and only what is left of it to prove is searched.</summary>
public sealed class ReplayTests : IDisposable
{
    private static readonly Budget WithoutAttack = Budget.Default with { AttackRestarts = 0 };
    private readonly TemporaryFolder folder = new();

    private static string Dyadic => Path.Combine(Repository.Root, "tests", "Verify.Core.Tests", "Models", "dy1.onnx");

    public void Dispose() => folder.Dispose();

    [Fact]
    public void What_was_proved_of_the_same_model_is_replayed()
    {
        using var model = DeployedModel.Load(Dyadic);
        var first = Verify(model, 0.09, null);
        Assert.True(first.Certificates[0].Subproblems > 10);
        var again = Verify(model, 0.09, first, WithoutAttack with { Subproblems = 0 });
        Assert.Same(first.Certificates[0], again.Certificates[0]);

        // What another engine found is not repeated as its own; nor is what does not show what it says.
        var other = first with { Certificates = [first.Certificates[0] with { Engine = "0.0.0" }] };
        Assert.NotSame(other.Certificates[0], Verify(model, 0.09, other).Certificates[0]);
        var nothing = first with { Certificates = [first.Certificates[0] with { Proof = new ProofPart() }] };
        Assert.Equal(Verdict.Unknown, Verify(model, 0.09, nothing, WithoutAttack with { Subproblems = 0 }).Certificates[0].Verdict);
    }

    [Fact]
    public void A_counterexample_is_replayed_where_it_still_is_one()
    {
        using var model = DeployedModel.Load(Dyadic);
        var first = Verify(model, 0.2, null);
        Assert.Equal(Verdict.Falsified, first.Certificates[0].Verdict);
        Assert.Same(first.Certificates[0], Verify(model, 0.2, first, WithoutAttack with { Subproblems = 0 }).Certificates[0]);
        var other = first with { Certificates = [first.Certificates[0] with { Counterexample = new Counterexample([0, 0, 0], [0, 1], "nobody") }] };
        Assert.Equal(Verdict.Unknown, Verify(model, 0.2, other, WithoutAttack with { Subproblems = 0 }).Certificates[0].Verdict);
    }

    [Theory]
    [InlineData(0.002)]
    [InlineData(0.01)]
    public void A_model_that_was_trained_again_takes_at_most_half_the_work(double change)
    {
        using var model = DeployedModel.Load(Dyadic);
        using var retrained = DeployedModel.Load(Retrained(Dyadic, change));
        var earlier = Verify(model, 0.09, null);
        var (fromNothing, fromEarlier) = (Verify(retrained, 0.085, null).Certificates[0], Verify(retrained, 0.085, earlier).Certificates[0]);
        Assert.Equal((Verdict.Verified, Verdict.Verified), (fromNothing.Verdict, fromEarlier.Verdict));
        Assert.True(2 * fromEarlier.Subproblems <= fromNothing.Subproblems, $"{fromEarlier.Subproblems} parts instead of {fromNothing.Subproblems}.");
        Assert.True(new Verifier(retrained).Check(PropertyOf(retrained, 0.085), fromEarlier).IsAccepted);
    }

    [Fact]
    public void A_certificate_says_nothing_of_another_model()
    {
        using var model = DeployedModel.Load(Dyadic);
        using var retrained = DeployedModel.Load(Retrained(Dyadic, 0.01));
        var result = new Verifier(retrained).Check(PropertyOf(model, 0.09), Verify(model, 0.09, null).Certificates[0]);
        Assert.False(result.IsAccepted);
        Assert.Contains("another model", result.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Proofs_are_the_same_every_time()
    {
        using var model = DeployedModel.Load(Dyadic);
        byte[] Bytes() => CertificateFile.Of(Verify(model, 0.09, null), model.Path, folder.PathOf("dy1.certificate")).ToBytes();
        Assert.Equal(Bytes(), Bytes());
    }

    private static Report Verify(DeployedModel model, double least, Report? earlier, Budget? budget = null) =>
        new Verifier(model) { KeepsProofs = true, Earlier = earlier is null ? null : CertificateFile.Of(earlier, model.Path, "dy1.certificate") }
            .Verify("dy1", [PropertyOf(model, least)], budget ?? WithoutAttack);

    /// <summary>Output 1 of DY1 is at least a number over the box; its exact minimum is 0.0999.</summary>
    private static Property PropertyOf(DeployedModel model, double least)
    {
        var size = model.Network.Input.Size;
        var box = InputRegion.Box([.. Enumerable.Repeat(-1.0, size)], [.. Enumerable.Repeat(1.0, size)]);
        return new("least", box, OutputProperty.WithinRange(1, model.Network.Output.Size, least, double.PositiveInfinity));
    }

    /// <summary>A model whose weights are others by up to so much, relatively.</summary>
    private string Retrained(string path, double change)
    {
        var (proto, random) = (ModelProto.Parser.ParseFrom(File.ReadAllBytes(path)), new Random(17));
        foreach (var tensor in proto.Graph.Initializer)
        {
            var weights = MemoryMarshal.Cast<byte, float>(tensor.RawData.ToByteArray()).ToArray();
            for (var i = 0; i < weights.Length; i++) weights[i] *= (float)(1 + change * (2 * random.NextDouble() - 1));
            tensor.RawData = ByteString.CopyFrom(MemoryMarshal.AsBytes(weights.AsSpan()));
        }

        var result = folder.PathOf("retrained.onnx");
        File.WriteAllBytes(result, proto.ToByteArray());
        return result;
    }
}
