using RobustVerify.Core.Bounds;
using RobustVerify.Core.Certificates;
using RobustVerify.Core.Checking;
using RobustVerify.Core.Lipschitz;
using RobustVerify.Core.Networks;
using RobustVerify.Core.Networks.Activations;
using RobustVerify.Core.Specifications;
using RobustVerify.Core.Tests.Lipschitz;
using RobustVerify.Core.Tests.Networks;

namespace RobustVerify.Core.Tests.Checking;

/// <summary>Proofs of Lipschitz bounds that are written by hand, what they show, and the same proofs with one thing in them wrong.</summary>
public sealed class LipschitzCheckerTests
{
    private static readonly Norm[] Norms = Enum.GetValues<Norm>();

    [Fact]
    public void What_needs_no_search_is_derived_as_the_methods_find_it()
    {
        var random = new Random(71);
        foreach (var activation in (Activation[])[ReLU.Instance, Tanh.Instance, Gelu.Instance, PiecewiseLinear.LeakyReLU(0.1), Sine.Sin])
        {
            for (var trial = 0; trial < 4; trial++)
            {
                var network = RandomNetworks.Dense(random, activation, 3, 6, 5, 1 + trial % 3);
                foreach (var norm in Norms)
                {
                    foreach (var region in new[] { null, Cube(3), InputRegion.Ball([0.1, 0, 0.2], 0.5, norm) })
                    {
                        var question = new LipschitzQuestion(network, norm, region);

                        // Bounds of curved functions are not the same to the last digit, and with them their slopes.
                        var tolerance = region is null || activation is ReLU ? 1e-9 : 0.01;
                        Close(LipschitzMethod.NormProduct, new NormProductPart(), tolerance);
                        Close(LipschitzMethod.GatedJacobian, new JacobianPart(), tolerance);
                        if (region is not null) Close(LipschitzMethod.GradientNetwork, new GradientPart(), 1);

                        void Close(LipschitzMethod method, LipschitzPart part, double tolerance)
                        {
                            var (found, shown) = (LipschitzEstimation.Upper(question, method), Show(network, norm, region, part));
                            Assert.True(Math.Abs(shown - found) <= tolerance * found, $"{activation} {method} {norm} {region?.Norm}: {found} was found, {shown} is shown.");
                        }
                    }
                }
            }
        }
    }

    [Theory]
    [InlineData(Norm.L1)]
    [InlineData(Norm.L2)]
    [InlineData(Norm.Linf)]
    public void Proofs_of_random_networks_show_their_constants(Norm norm)
    {
        var random = new Random(72);
        for (var trial = 0; trial < 100; trial++)
        {
            var network = RandomNetworks.Dense(random, ReLU.Instance, 2, 2 + random.Next(4), 1 + random.Next(4), 1 + random.Next(3));
            var expected = ActivationRegions.LargestNorm(network, -1, 1, norm);
            var constant = Prove(network, norm, Cube(2), new() { Parts = 10_000, Samples = 64, Steps = 8 });
            Assert.True(constant.Status == LipschitzStatus.Exact, $"trial {trial}: {constant}, expected {expected}");
            Assert.Equal(expected, constant.Upper, 1e-9 * expected);
        }
    }

    [Theory]
    [MemberData(nameof(ExactConstantTests.Dyadic), MemberType = typeof(ExactConstantTests))]
    public void Proofs_of_the_dyadic_networks_show_their_constants(uint seed, int[] sizes, Norm norm, double expected)
    {
        var constant = Prove(RandomNetworks.Dyadic(seed, sizes), norm, Cube(sizes[0]), new() { Parts = 200_000, Divisions = 0 });
        Assert.Equal(LipschitzStatus.Exact, constant.Status);
        Assert.Equal(expected, constant.Upper, 1e-9 * expected);
        Assert.InRange(expected, constant.Lower * (1 - 1e-14), constant.Upper * (1 + 1e-14));
    }

    /// <summary>A constant whose certificate was written to a file, read and accepted.</summary>
    private static LipschitzConstant Prove(Network network, Norm norm, InputRegion? region, LipschitzBudget budget)
    {
        var constant = LipschitzEstimation.Prove(new LipschitzQuestion(network, norm, region), budget);
        var certificate = Read(Certificate(constant, norm, region));
        var check = LipschitzChecker.Check(network, certificate);
        Assert.True(check.IsAccepted, check.Reason);
        Assert.Equal((constant.Lower, constant.Upper), (check.Lower, check.Upper));
        return constant;
    }

    private static LipschitzCertificate Certificate(LipschitzConstant constant, Norm norm, InputRegion? region) => new()
    {
        Model = "0",
        Norm = norm,
        Region = region,
        Lower = constant.Lower,
        Upper = constant.Upper,
        Witness = constant.Witness,
        Method = constant.Method,
        Engine = "0",
        Proof = constant.Proof,
    };

    private static LipschitzCertificate Read(LipschitzCertificate certificate)
    {
        var report = new Report { Specification = "", Model = "", ModelSha256 = "", Runtime = "", Certificates = [] };
        var file = new CertificateFile { ModelPath = "", Report = report, Constants = [certificate] };
        return CertificateFile.FromBytes(file.ToBytes(), "test").Constants.Single();
    }

    private static InputRegion Cube(int size) => InputRegion.Box(Enumerable.Repeat(-1.0, size).ToArray(), Enumerable.Repeat(1.0, size).ToArray());

    private static double Show(Network network, Norm norm, InputRegion? region, LipschitzPart part) =>
        LipschitzChecker.Upper(network, norm, region, new LipschitzProof
        {
            Neurons = region is null ? [] : LinearBoundPropagation.Propagate(network, [region], 20, tells: true).Told,
            Whole = part,
        }).Upper;
}
