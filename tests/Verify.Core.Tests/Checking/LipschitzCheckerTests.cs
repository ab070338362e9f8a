using RobustVerify.Core.Bounds;
using RobustVerify.Core.Certificates;
using RobustVerify.Core.Checking;
using RobustVerify.Core.Checking.Constants;
using RobustVerify.Core.Lipschitz;
using RobustVerify.Core.Networks;
using RobustVerify.Core.Networks.Activations;
using RobustVerify.Core.Networks.LinearMaps;
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
                        if (region is not null) Close(LipschitzMethod.GradientNetwork, new GradientPart([]), 1);

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
    [InlineData(Norm.L1)]
    [InlineData(Norm.L2)]
    public void Proofs_of_random_networks_over_balls_show_their_constants(Norm around)
    {
        var random = new Random(76);
        for (var trial = 0; trial < 60; trial++)
        {
            Activation activation = trial % 2 == 0 ? PiecewiseLinear.LeakyReLU(random.NextDouble() - 0.25) : ReLU.Instance;
            var network = RandomNetworks.Dense(random, activation, 2, 2 + random.Next(4), 1 + random.Next(4), 1 + random.Next(3));
            var region = InputRegion.Ball([0, 0], 1, around);
            var norm = Norms[trial % 3];
            var expected = ActivationRegions.LargestNorm(network, region, norm);
            var constant = Prove(network, norm, region, new() { Parts = 10_000, Samples = 64, Steps = 8 });
            Assert.True(constant.Status == LipschitzStatus.Exact, $"trial {trial}: {constant}, expected {expected}");
            Assert.Equal(expected, constant.Upper, 1e-9 * expected);
        }
    }

    [Theory]
    [InlineData("ReLU", 1e-3)]
    [InlineData("LeakyReLU(0.1)", 1e-3)]
    [InlineData("Tanh", 0.01)]
    public void Proofs_show_what_is_found(string name, double tolerance)
    {
        var random = new Random(75);
        var activation = RandomNetworks.Activations.Single(activation => activation.Name == name);
        Network[] networks = [RandomNetworks.Dense(random, activation, 3, 6, 5, 2), RandomNetworks.WithProduct(random, activation, 3)];
        var budget = new LipschitzBudget { Parts = 10, Divisions = 3, Samples = 64, Steps = 8 };
        foreach (var network in networks)
        {
            foreach (var norm in Norms)
            {
                foreach (var region in new[] { null, Cube(3), InputRegion.Ball([0.1, 0, 0.2], 0.5, norm), InputRegion.Box([-1, 0.25, 0], [0.5, 0.25, 1]) })
                {
                    var found = LipschitzEstimation.Bound(new LipschitzQuestion(network, norm, region), budget);
                    var proved = Prove(network, norm, region, budget);
                    Assert.InRange(proved.Upper, proved.Lower, double.IsFinite(found.Upper) ? found.Upper * (1 + tolerance) : double.PositiveInfinity);
                    Assert.Equal(found.Lower, proved.Lower, 1e-9 * found.Lower);
                    Assert.Equal(double.IsFinite(proved.Upper), proved.Proof is not null);
                }
            }
        }
    }

    [Fact]
    public void Multipliers_that_were_changed_never_show_less_than_the_constant()
    {
        var (random, rejected, changes) = (new Random(76), 0, 0);
        for (var trial = 0; trial < 10; trial++)
        {
            var network = RandomNetworks.Dense(random, ReLU.Instance, 4, 6, 5, 3);
            var constant = Prove(network, Norm.L2, null, new() { Divisions = 4, Samples = 64, Steps = 8 });
            for (var change = 0; change < 20; change++, changes++)
            {
                var check = LipschitzChecker.Upper(network, Norm.L2, null, new LipschitzProof { Whole = Changed(constant.Proof!.Whole) });
                if (!check.IsAccepted || check.Upper > constant.Upper) rejected++;
                Assert.InRange(check.Upper, constant.Lower, double.PositiveInfinity);
            }
        }

        Assert.InRange(rejected, changes / 2, changes);

        LipschitzPart Changed(LipschitzPart part) => part switch
        {
            SlopeCut cut => random.Next(4) switch
            {
                0 => cut with { AtLower = cut.AtUpper, AtUpper = cut.AtLower },
                1 => cut with { Neuron = (cut.Neuron + 1) % 11 },
                2 => cut with { AtLower = Changed(cut.AtLower) },
                _ => cut with { AtUpper = Changed(cut.AtUpper) },
            },
            MultiplierPart { Multipliers: var all } proof when random.Next(11) is var i => random.Next(4) switch
            {
                0 => proof with { Multipliers = all.SetItem(i, -all[i]) },
                1 => proof with { Multipliers = all.SetItem(i, all[i] / 4) },
                2 => proof with { Constant = proof.Constant * 0.999 },
                _ => proof with { Multipliers = all.RemoveAt(i) },
            },
            _ => null!,
        };
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

    [Fact]
    public void No_part_shows_less_than_a_network_is_steep()
    {
        var random = new Random(73);
        foreach (var activation in RandomNetworks.Activations)
        {
            List<Network> networks = [RandomNetworks.Dense(random, activation, 3, 5, 4, 2)];
            if (activation is Tanh) networks.AddRange([RandomNetworks.WithProduct(random, activation, 3), RandomNetworks.Convolutional(random, activation)]);
            foreach (var network in networks)
            {
                var size = network.Input.Size;
                foreach (var norm in Norms)
                {
                    foreach (var region in new[] { null, InputRegion.Box(Enumerable.Repeat(-0.4, size).ToArray(), Enumerable.Repeat(0.3, size).ToArray()), InputRegion.Ball(new double[size], 0.5, norm) })
                    {
                        var (found, point) = SteepestPoint.Find(new Problem(new LipschitzQuestion(network, norm, region)), 32, 8, CancellationToken.None);
                        var lower = LipschitzChecker.Lower(network, norm, region, point);
                        Assert.InRange(lower, found * (1 - 1e-9), double.PositiveInfinity);
                        LipschitzPart half = new BoxHalves(0, 0, new GradientPart([]), new JacobianPart());
                        foreach (var part in (LipschitzPart[])[new NormProductPart(), new JacobianPart(), new GradientPart([]), half, new SlopeCut(2, new JacobianPart(), new NormProductPart())])
                        {
                            var check = LipschitzChecker.Upper(network, norm, region, new LipschitzProof { Whole = part });
                            Assert.True(check.Upper >= lower && check.Upper >= found, $"{activation} {norm} {part}: {check.Upper} is shown, where the network is {lower} steep.");
                            Assert.Equal(double.IsFinite(check.Upper), check.IsAccepted);
                        }
                    }
                }
            }
        }
    }

    [Fact]
    public void A_tie_without_interior_does_not_count_and_one_with_it_does()
    {
        // ReLU(x) − ReLU(−x) = x: both slopes are 1 at zero alone.
        var (jacobian, flat) = (new JacobianPart(), new FlatPart([0], [0]));
        var proof = new SignCut(0, new SignCut(1, flat, jacobian), new SignCut(1, jacobian, flat));
        Assert.Equal(1, Show(Pair(1, 0), proof), 1e-12);
        Assert.Equal(2, Show(Pair(1, 0), proof with { Positive = new SignCut(1, jacobian, jacobian) }), 1e-12);
        Rejected(Pair(1, 0), proof with { Positive = flat }, "no interior");
        Rejected(Pair(1, 0), proof with { Positive = new SignCut(1, flat, jacobian) }, "no interior");
        Rejected(Pair(1, 0), proof with { Positive = new SignCut(1, jacobian, new FlatPart([], [0])) }, "no interior");
        Rejected(Pair(1, 0), proof with { Positive = new SignCut(1, jacobian, new FlatPart([1], [0])) }, "no interior");
        Rejected(Pair(1, 0), proof with { Positive = new SignCut(1, jacobian, new FlatPart([0], [1])) }, "no interior");

        // ReLU(x) − ReLU(−x + b): with b > 0 both are on between 0 and b, with b < 0 nowhere.
        Rejected(Pair(1, 1e-9), proof, "no interior");
        SignedPart Shown(double multiplier) => new([new ShownSign(1, false, [multiplier])], jacobian);
        var apart = new SignCut(0, jacobian, Shown(1));
        Assert.Equal(1, Show(Pair(1, -0.25), apart), 1e-12);
        Rejected(Pair(1, -0.25), apart with { Positive = Shown(0) }, "not shown");
        Rejected(Pair(1, -0.25), apart with { Positive = Shown(2) }, "not shown");
        Rejected(Pair(1, -0.25), apart with { Positive = Shown(-1) }, "negative");
        Rejected(Pair(1, -0.25), apart with { Positive = new SignedPart([new ShownSign(1, true, [1])], jacobian) }, "not shown");
        Rejected(Pair(1, -0.25), apart with { Positive = new SignedPart([new ShownSign(1, false, [1, 1])], jacobian) }, "more than cuts");
        Rejected(Pair(1, -0.25), apart with { Positive = new SignedPart([new ShownSign(2, false, [1])], jacobian) }, "no neuron 2");
        Rejected(Pair(1, 0.25), apart, "not shown");
        Assert.Equal(0, LipschitzChecker.Lower(Pair(1, 0), Norm.L2, Cube(1), [0.0]), 1e-12);
        Assert.Equal(1, LipschitzChecker.Lower(Pair(1, 0), Norm.L2, Cube(1), [0.5]), 1e-12);
        Assert.Equal(0, LipschitzChecker.Lower(Pair(1, 0), Norm.L2, Cube(1), [1.5]));
        Assert.Equal(0, LipschitzChecker.Lower(Pair(1, 0), Norm.L2, InputRegion.Ball([0.25], 0.125, Norm.L2), [0.5]));

        // A ball that touches its domain in one point: there are no two inputs to be compared.
        var two = new InputNode(2);
        var sum = new Network(two, new AffineNode(two, new DenseMap([1, 1], 1, 2)));
        Assert.Equal(0, LipschitzChecker.Lower(sum, Norm.L2, InputRegion.Ball([0, 0], 1, Norm.L2, InputRegion.Box([1, -1], [2, 1])), [1, 0]));
        Assert.Equal(1, LipschitzChecker.Lower(sum, Norm.L2, InputRegion.Ball([0, 0], 1.25, Norm.L2, InputRegion.Box([1, -1], [1, 1])), [1, 0]), 1e-12);

        static double Show(Network network, LipschitzPart part) => LipschitzCheckerTests.Show(network, Norm.L2, Cube(1), part);
        static void Rejected(Network network, LipschitzPart part, string reason) =>
            Assert.Contains(reason, LipschitzChecker.Upper(network, Norm.L2, Cube(1), new LipschitzProof { Whole = part }).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_ball_excludes_what_its_box_does_not_and_two_lines_have_two_slopes()
    {
        // LeakyReLU(x + y − 0.9) + 2 LeakyReLU(x + y): in the circle of radius 0.5 the first is on its lower line, in the square around it not everywhere.
        var input = new InputNode(2);
        var hidden = new ElementwiseNode(new AffineNode(input, new DenseMap([1, 1, 1, 1], 2, 2), [-0.9, 0]), PiecewiseLinear.LeakyReLU(0.25));
        var network = new Network(input, new AffineNode(hidden, new DenseMap([1, 2], 1, 2)));
        var (circle, square) = (InputRegion.Ball([0, 0], 0.5, Norm.L2), InputRegion.Box([-0.5, -0.5], [0.5, 0.5]));
        var proof = new SignedPart([new ShownSign(0, false, [])], new SignCut(1, new JacobianPart(), new JacobianPart()));
        Assert.Equal(2.25 * Math.Sqrt(2), Show(network, Norm.L2, circle, proof), 1e-12);
        Assert.Equal(double.PositiveInfinity, Show(network, Norm.L2, square, proof));
        var cut = new SignCut(1, new SignedPart([new ShownSign(0, false, [1])], new JacobianPart()), new SignCut(0, new JacobianPart(), new JacobianPart()));
        Assert.Equal(3 * Math.Sqrt(2), Show(network, Norm.L2, square, cut), 1e-12);
    }

    [Fact]
    public void The_least_value_in_a_ball_and_a_box_is_below_all_that_are_sampled_and_hardly_so()
    {
        var random = new Random(77);
        for (var trial = 0; trial < 60; trial++)
        {
            var norm = trial % 2 == 0 ? Norm.L1 : Norm.L2;
            var (center, g) = (RandomNetworks.RandomVector(random, 2, 0.6), RandomNetworks.RandomVector(random, 2, 1));
            var ball = InputRegion.Ball(center, [0.5 + random.NextDouble(), 0.5], norm, InputRegion.Box([-0.6, -0.5], [0.4, 0.5]));
            var (lower, upper, least) = (ball.Lower.ToArray(), ball.Upper.ToArray(), double.PositiveInfinity);
            const int Steps = 400;
            for (var i = 0; i <= Steps; i++)
            {
                for (var j = 0; j <= Steps; j++)
                {
                    var (x, y) = (lower[0] + (upper[0] - lower[0]) * i / Steps, lower[1] + (upper[1] - lower[1]) * j / Steps);
                    var (u, v) = (Math.Abs(x - ball.Center[0]) / ball.Radii[0], Math.Abs(y - ball.Center[1]) / ball.Radii[1]);
                    if ((norm == Norm.L1 ? u + v : u * u + v * v) <= 1) least = Math.Min(least, g[0] * x + g[1] * y);
                }
            }

            Assert.InRange(least, Ball.Minimum(g, ball, lower, upper).Minimum, Ball.Minimum(g, ball, lower, upper).Minimum + 0.02);
        }
    }

    [Fact]
    public void Multipliers_show_what_their_quadratic_form_does_and_no_less()
    {
        // |x| = ReLU(x) + ReLU(−x): with T = 1 the form is (x − (y₁ − y₂))² for ρ = 1. ReLU(x) − ReLU(−x) needs ρ = 4.
        MultiplierPart Of(double constant, double t) => new(constant, [t, t]);
        Assert.InRange(Show(Pair(-1, 0), Norm.L2, null, Of(1, 1)), 1, 1 + 2e-4);
        Assert.Equal(double.PositiveInfinity, Show(Pair(-1, 0), Norm.L2, null, Of(0.999, 1)));
        Assert.Equal(double.PositiveInfinity, Show(Pair(-1, 0), Norm.L2, null, Of(1, 0.999)));
        Assert.Equal(double.PositiveInfinity, Show(Pair(-1, 0), Norm.L2, null, Of(1, 1.1)));
        Assert.Equal(double.PositiveInfinity, Show(Pair(1, 0), Norm.L2, null, Of(1, 1)));
        Assert.InRange(Show(Pair(1, 0), Norm.L2, null, Of(2, 2)), 2, 2 + 4e-4);
        Assert.Equal(double.PositiveInfinity, Show(Pair(-1, 0), Norm.L2, null, new MultiplierPart(1, [1, -1])));
        Assert.Equal(double.PositiveInfinity, Show(Pair(-1, 0), Norm.L2, null, new MultiplierPart(1, [1])));
        Assert.Equal(double.PositiveInfinity, Show(Pair(-1, 0), Norm.L2, null, new MultiplierPart(double.NaN, [1, 1])));
        Assert.Equal(double.PositiveInfinity, Show(Pair(-1, 0), Norm.L1, null, Of(1, 1)));

        // Slopes at their ends; and what knows nothing of slopes may not stand below such a cut.
        Assert.Equal(2, Show(Pair(1, 0), Norm.L2, null, new SlopeCut(0, new JacobianPart(), new SlopeCut(1, new JacobianPart(), new JacobianPart()))), 1e-12);
        Assert.Equal(double.PositiveInfinity, Show(Pair(1, 0), Norm.L2, Cube(1), new SlopeCut(0, new GradientPart([]), new JacobianPart())));
        Assert.Equal(double.PositiveInfinity, Show(Pair(1, 0), Norm.L2, Cube(1), new SlopeCut(0, new BoxHalves(0, 0, new JacobianPart(), new JacobianPart()), new JacobianPart())));
        Assert.Equal(double.PositiveInfinity, Show(Pair(1, 0), Norm.L2, Cube(1), new BoxHalves(0, 2, new JacobianPart(), new JacobianPart())));
        Assert.Equal(double.PositiveInfinity, Show(Pair(1, 0), Norm.L2, null, new BoxHalves(0, 0, new JacobianPart(), new JacobianPart())));
        Assert.Equal(1, Show(Pair(1, -0.25), Norm.L2, Cube(1), new BoxHalves(0, -0.125, new JacobianPart(), new JacobianPart())), 1e-12);
    }

    [Theory]
    [InlineData(Norm.L1)]
    [InlineData(Norm.L2)]
    [InlineData(Norm.Linf)]
    public void Whatever_is_changed_in_a_proof_it_never_shows_less_than_the_constant(Norm norm)
    {
        var (random, rejected, changes) = (new Random(74), 0, 0);
        for (var trial = 0; trial < 30; trial++)
        {
            var network = RandomNetworks.Dense(random, ReLU.Instance, 2, 5, 4, 2);
            var constant = Prove(network, norm, Cube(2), new() { Parts = 10_000, Samples = 64, Steps = 8 });
            Assert.Equal(LipschitzStatus.Exact, constant.Status);
            var certificate = Certificate(constant, norm, Cube(2));
            for (var change = 0; change < 20; change++, changes++)
            {
                var changed = Changed(constant.Proof!.Whole, random);
                var check = LipschitzChecker.Check(network, certificate with { Proof = constant.Proof with { Whole = changed } });
                if (!check.IsAccepted) rejected++;
                Assert.InRange(check.Upper, constant.Lower, double.PositiveInfinity);
                Assert.True(!check.IsAccepted || check.Upper <= constant.Upper);
            }

            // Claims that go further than what is shown, and another network.
            Assert.False(LipschitzChecker.Check(network, certificate with { Upper = Math.BitDecrement(certificate.Upper) }).IsAccepted);
            Assert.False(LipschitzChecker.Check(network, certificate with { Lower = Math.BitIncrement(certificate.Lower) }).IsAccepted);
            Assert.False(LipschitzChecker.Check(network, certificate with { Proof = null }).IsAccepted);
            Assert.False(LipschitzChecker.Check(network, certificate with { Witness = [] }).IsAccepted);
            Assert.False(LipschitzChecker.Check(network, certificate with { Outputs = [2] }).IsAccepted);
            var other = Steeper(network, random);
            var truth = ActivationRegions.LargestNorm(other, -1, 1, norm);
            var own = LipschitzChecker.Check(other, certificate);
            Assert.InRange(own.Upper, truth * (1 - 1e-9), double.PositiveInfinity);
            Assert.InRange(own.Lower, 0, truth * (1 + 1e-9));
        }

        Assert.InRange(rejected, changes / 2, changes);
    }

    /// <summary>A proof with one thing in it changed.</summary>
    private static LipschitzPart Changed(LipschitzPart part, Random random)
    {
        switch (part)
        {
            case SignedPart signed when random.Next(2) == 0 && !signed.Signs.IsEmpty:
                var i = random.Next(signed.Signs.Length);
                var sign = signed.Signs[i];
                return signed with
                {
                    Signs = random.Next(5) switch
                    {
                        0 => signed.Signs.SetItem(i, sign with { IsPositive = !sign.IsPositive }),
                        1 => signed.Signs.SetItem(i, sign with { Multipliers = [.. sign.Multipliers.Select(multiplier => -multiplier)] }),
                        2 => signed.Signs.SetItem(i, sign with { Multipliers = [.. sign.Multipliers.Select(multiplier => multiplier * random.NextDouble())] }),
                        3 => signed.Signs.SetItem(i, sign with { Neuron = random.Next(9) }),
                        _ => signed.Signs.RemoveAt(i),
                    },
                };
            case SignedPart signed: return signed with { Part = Changed(signed.Part, random) };
            case SignCut cut:
                return random.Next(8) switch
                {
                    0 => cut with { Negative = cut.Positive, Positive = cut.Negative },
                    1 => cut with { Negative = new FlatPart([], [.. Enumerable.Range(0, 2).Select(_ => random.Next(3) - 1)]) },
                    2 => cut with { Positive = null! },
                    3 => cut with { Neuron = random.Next(9) },
                    < 6 => cut with { Negative = Changed(cut.Negative, random) },
                    _ => cut with { Positive = Changed(cut.Positive, random) },
                };
            default: return random.Next(2) == 0 ? new FlatPart([0], [-1, 0]) : new SignCut(random.Next(9), new JacobianPart(), new FlatPart([], [1, 1]));
        }
    }

    /// <summary>The network with one weight twice as large and of the other sign.</summary>
    private static Network Steeper(Network network, Random random)
    {
        var layer = random.Next(3);
        var (input, seen) = (network.Input, 0);
        Node node = input;
        foreach (var old in network.Nodes.Skip(1))
        {
            if (old is AffineNode affine)
            {
                var matrix = new double[affine.Size * node.Size];
                for (var i = 0; i < affine.Size; i++) affine.Terms[0].Map.AccumulateRow(i, matrix.AsSpan(i * node.Size, node.Size));
                if (seen++ == layer) matrix[random.Next(matrix.Length)] *= -2;
                node = new AffineNode(node, new DenseMap(matrix, affine.Size, node.Size), affine.Bias.ToArray());
            }
            else
            {
                node = new ElementwiseNode(node, ReLU.Instance);
            }
        }

        return new Network(input, node);
    }

    /// <summary>ReLU(x) − a·ReLU(−x + b).</summary>
    private static Network Pair(double a, double b)
    {
        var input = new InputNode(1);
        var hidden = new ElementwiseNode(new AffineNode(input, new DenseMap([1, -1], 2, 1), [0, b]), ReLU.Instance);
        return new Network(input, new AffineNode(hidden, new DenseMap([1, -a], 1, 2)));
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
