using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using RobustVerify.Core.Certificates;
using RobustVerify.Core.Checking.Constants;
using RobustVerify.Core.Checking.Parts;
using RobustVerify.Core.Networks;
using RobustVerify.Core.Networks.LinearMaps;
using RobustVerify.Core.Numerics;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Core.Checking;

/// <summary>Derives the bounds of a Lipschitz constant again: without search, and with no code of what found them.</summary>
/// <remarks>
/// <para>
/// Nothing in a proof is believed: whatever multipliers, slopes and cuts it names, what is derived from them bounds the derivative at every
/// input of the region where there is one, with all rounding accounted for. The region is convex and the network continuous, so its Lipschitz
/// constant is the supremum of these norms.
/// </para>
/// <para>
/// A witness shows a lower bound: intervals of the gradients at the point hold the limits of the derivative there, which are no steeper
/// than the network.
/// </para>
/// </remarks>
public sealed class LipschitzChecker
{
    private readonly VaryingInputs varying;
    private readonly Norm norm;
    private readonly Layout? layout;
    private readonly Lazy<Chain?> chain;
    private readonly CancellationToken cancellation;

    private LipschitzChecker(VaryingInputs varying, Norm norm, CancellationToken cancellation)
    {
        (this.varying, this.norm, this.cancellation) = (varying, norm, cancellation);
        layout = varying.Region is { } region ? new Layout(varying.Network, region, Semantics.Real) : null;
        chain = new(() => Chain.Of(varying.Network));
    }

    /// <summary>Checks both bounds of a certificate.</summary>
    /// <param name="network">The network whose constant it is, before an output or a difference of two is taken.</param>
    /// <param name="certificate">The certificate.</param>
    /// <param name="cancellation">Ends the work with an <see cref="OperationCanceledException"/>.</param>
    public static LipschitzCheck Check(Network network, LipschitzCertificate certificate, CancellationToken cancellation = default)
    {
        if (certificate.Region is { } region && region.Size != network.Input.Size)
            return LipschitzCheck.Rejected($"It speaks of {region.Size} inputs, the network has {network.Input.Size}.");
        if (certificate.Outputs.Length > 2 || certificate.Outputs.Distinct().Count() < certificate.Outputs.Length || certificate.Outputs.Any(output => output < 0 || output >= network.Output.Size))
            return LipschitzCheck.Rejected($"Its outputs are not one or two of the network's {network.Output.Size}.");
        var function = Of(network, certificate.Outputs);
        var lower = Lower(function, certificate.Norm, certificate.Region, certificate.Witness.AsSpan());
        var upper = certificate.Proof is { } proof ? Upper(function, certificate.Norm, certificate.Region, proof, cancellation) : LipschitzCheck.Rejected("It has no proof.");
        var check = upper with { Lower = lower };
        if (certificate.Proof is null && double.IsPositiveInfinity(certificate.Upper)) check = check with { Reason = null };
        if (!check.IsAccepted) return check;
        if (!(lower >= certificate.Lower)) return check with { Reason = $"The witness shows {lower} as the lower bound, not {certificate.Lower}." };
        return check.Upper <= certificate.Upper ? check : check with { Reason = $"The proof shows {check.Upper} as the upper bound, not {certificate.Upper}." };
    }

    /// <summary>What a proof shows as an upper bound; rejected where it shows none.</summary>
    /// <param name="network">The network.</param>
    /// <param name="norm">The norm of inputs and outputs.</param>
    /// <param name="region">Where the inputs lie; null for everywhere.</param>
    /// <param name="proof">The proof.</param>
    /// <param name="cancellation">Ends the work with an <see cref="OperationCanceledException"/>.</param>
    public static LipschitzCheck Upper(Network network, Norm norm, InputRegion? region, LipschitzProof proof, CancellationToken cancellation = default)
    {
        var varying = VaryingInputs.Of(network, region);
        if (varying.Indices.Length == 0) return new(0, 0);
        try
        {
            var bound = new LipschitzChecker(varying, norm, cancellation).Bound(proof);
            return bound < double.PositiveInfinity ? new(0, bound) : LipschitzCheck.Rejected("The proof shows no bound.") with { Path = Place.Root.ToString() };
        }
        catch (InvalidProof invalid)
        {
            return LipschitzCheck.Rejected(invalid.Message) with { Path = invalid.Place.ToString() };
        }
        catch (NotSupportedException e)
        {
            return LipschitzCheck.Rejected(e.Message);
        }
    }

    /// <summary>What an input shows as a lower bound; zero where it shows none.</summary>
    /// <param name="network">The network.</param>
    /// <param name="norm">The norm of inputs and outputs.</param>
    /// <param name="region">Where the inputs lie; null for everywhere.</param>
    /// <param name="witness">The input.</param>
    public static double Lower(Network network, Norm norm, InputRegion? region, ReadOnlySpan<double> witness)
    {
        if (witness.Length != network.Input.Size || !IsWithin(region, witness)) return 0;
        var varying = VaryingInputs.Of(network, region);
        var point = new double[varying.Indices.Length];
        for (var k = 0; k < point.Length; k++) point[k] = witness[varying.Indices[k]];
        try
        {
            return point.Length == 0 ? 0 : GradientBounds.Lower(varying.Network, norm, point);
        }
        catch (NotSupportedException)
        {
            // Of a function that is known by its steepness alone there is no derivative to be bounded.
            return 0;
        }
    }

    private static Network Of(Network network, ImmutableArray<int> outputs)
    {
        if (outputs.IsEmpty) return network;
        var row = new double[network.Output.Size];
        row[outputs[0]] = 1;
        if (outputs.Length > 1) row[outputs[1]] = -1;
        return new Network(network.Input, new AffineNode(network.Output, new DenseMap(row, 1, row.Length)), network.Inputs);
    }

    /// <summary>Whether a point lies in a region, and the region has more points around it than a ball that touches a box.</summary>
    private static bool IsWithin(InputRegion? region, ReadOnlySpan<double> point)
    {
        var nearest = new double[point.Length];
        for (var i = 0; i < point.Length; i++)
        {
            if (!double.IsFinite(point[i])) return false;
            if (region is null) continue;
            if (point[i] < region.Lower[i] || point[i] > region.Upper[i]) return false;
            if (!region.IsBox) nearest[i] = Math.Clamp(region.Center[i], region.Lower[i], region.Upper[i]);
        }

        return region is not { IsBox: false } ball || (Distance(ball, point) <= 1 && Distance(ball, nearest) < 1);
    }

    /// <summary>The distance from the centre of a ball as a part of its radius, rounded up; squared in l2.</summary>
    private static double Distance(InputRegion ball, ReadOnlySpan<double> point)
    {
        var sum = 0.0;
        for (var i = 0; i < point.Length; i++)
        {
            var difference = point[i] > ball.Center[i] ? Rounding.SumUp(point[i], -ball.Center[i]) : Rounding.SumUp(ball.Center[i], -point[i]);
            if (difference == 0) continue;
            var share = Rounding.QuotientUp(difference, ball.Radii[i]);
            sum = Rounding.SumUp(sum, ball.Norm == Norm.L2 ? Rounding.ProductUp(share, share) : share);
        }

        return sum;
    }

    private double Bound(LipschitzProof proof)
    {
        if (layout is null) return Bound(proof.Whole, null, Place.Root);
        if (proof.Neurons.IsDefault) throw new InvalidProof(Place.Root, "The neurons are missing.");
        new ProofFormat(layout, null, Place.Root).Require(proof.Neurons, 0);
        var region = varying.Region!;
        return Bound(proof.Whole, new Box([.. region.Lower], [.. region.Upper], proof.Neurons), Place.Root);
    }

    private double Bound(LipschitzPart part, Box? box, Place place)
    {
        cancellation.ThrowIfCancellationRequested();
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack()) throw new InvalidProof(place, "The proof has too many cuts one below the other.");
        if (part is BoxHalves cut)
        {
            if (box is null || cut.Input < 0 || cut.Input >= box.Lower.Length) throw new InvalidProof(place, $"There is no box whose input {cut.Input} could be cut.");
            if (!(cut.At >= box.Lower[cut.Input] && cut.At <= box.Upper[cut.Input])) throw new InvalidProof(place, $"The cut of input {cut.Input} at {cut.At} lies outside of the part.");
            var (below, above) = (new Box([.. box.Lower], [.. box.Upper], []), new Box([.. box.Lower], [.. box.Upper], []));
            below.Upper[cut.Input] = above.Lower[cut.Input] = cut.At;
            return Math.Max(Bound(cut.Below, below, place.Half($"input {cut.Input}", cut.At, -1)), Bound(cut.Above, above, place.Half($"input {cut.Input}", cut.At, 1)));
        }

        var bounds = box is null ? null : PartBounds.Over(layout!, box.Lower, box.Upper, null, box.Neurons, cancellation);
        if (bounds is { IsEmpty: true }) throw new InvalidProof(place, "The bounds of this part contradict one another.");
        if (part is NormProductPart) return LayerNorms.Product(varying.Network, norm, bounds);
        if (part is GradientPart gradient)
        {
            return bounds is null
                ? throw new InvalidProof(place, "Over all inputs the gradient network has no bounds.")
                : GradientBounds.Upper(varying.Network, norm, varying.Region!, bounds, gradient.Outputs, place, cancellation);
        }

        if (chain.Value is not { } layers) throw new InvalidProof(place, "The network is no chain of matrices and functions.");
        var (lower, upper) = (new double[layers.Functions.Length][], new double[layers.Functions.Length][]);
        for (var k = 0; k < lower.Length; k++)
        {
            var source = varying.Network.IndexOf(layers.Functions[k].Source);
            (lower[k], upper[k]) = DerivativeRange.Of(layers.Functions[k], bounds?.Lower(source), bounds?.Upper(source));
            if (!lower[k].All(double.IsFinite) || !upper[k].All(double.IsFinite)) return double.PositiveInfinity;
        }

        return part is SignCut or SignedPart
            ? OfSigns(part, layers, box, lower, upper, place)
            : OfSlopes(part, layers, new ChainJacobian(layers, norm), new SlopeForm(layers), lower, upper, place);
    }

    private double OfSigns(LipschitzPart part, Chain layers, Box? box, double[][] lower, double[][] upper, Place place)
    {
        if (box is null || !SignedRegions.Applies(layers)) throw new InvalidProof(place, "Signs tell parts apart only over a region, and of functions made of two lines.");
        return new SignedRegions(layers, norm, varying.Region!, box.Lower, box.Upper, cancellation).Bound(part, lower, upper, place);
    }

    /// <summary>A bound for all slopes between two bounds, whatever they have to do with the inputs.</summary>
    private double OfSlopes(LipschitzPart part, Chain layers, ChainJacobian jacobian, SlopeForm form, double[][] lower, double[][] upper, Place place)
    {
        cancellation.ThrowIfCancellationRequested();
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack()) throw new InvalidProof(place, "The proof has too many cuts one below the other.");
        switch (part)
        {
            case JacobianPart:
                return jacobian.Bound(lower, upper);
            case MultiplierPart { Multipliers: var multipliers } proof:
                if (norm != Norm.L2) throw new InvalidProof(place, "Multipliers of slopes prove bounds in l2 only.");
                if (multipliers.IsDefault || multipliers.Length != layers.First[^1] || !multipliers.All(t => t >= 0 && double.IsFinite(t)) || !(proof.Constant >= 0 && double.IsFinite(proof.Constant)))
                    throw new InvalidProof(place, $"There are not {layers.First[^1]} multipliers, or one of them or the bound is negative or not finite.");
                var bound = form.Bound(proof.Constant, multipliers.AsSpan(), lower, upper);
                return bound < double.PositiveInfinity ? bound : throw new InvalidProof(place, $"The multipliers do not prove the bound {proof.Constant}.");
            case SlopeCut cut:
                if (cut.Neuron < 0 || cut.Neuron >= layers.First[^1]) throw new InvalidProof(place, $"There is no neuron {cut.Neuron}.");
                var (function, element) = layers.Neuron(cut.Neuron);
                double At(LipschitzPart half, double slope)
                {
                    var (low, high) = ((double[][])lower.Clone(), (double[][])upper.Clone());
                    (low[function], high[function]) = ((double[])lower[function].Clone(), (double[])upper[function].Clone());
                    (low[function][element], high[function][element]) = (slope, slope);
                    return OfSlopes(half, layers, jacobian, form, low, high, new Place(place, FormattableString.Invariant($"slope {slope:G6} of neuron {cut.Neuron}")));
                }

                return Math.Max(At(cut.AtLower, lower[function][element]), At(cut.AtUpper, upper[function][element]));
            default:
                throw new InvalidProof(place, "A part whose slopes are fixed is bounded by something that does not know of them.");
        }
    }

    /// <summary>A part of the region, and the neurons that are bounded over it by lines of their own.</summary>
    private sealed record Box(double[] Lower, double[] Upper, ImmutableArray<NeuronRow> Neurons);
}
