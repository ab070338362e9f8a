using System.Numerics.Tensors;
using RobustVerify.Training.Layers;

namespace RobustVerify.Training.Objectives;

/// <summary>
/// Centres and radii of intervals that contain what the layers answer over boxes, and backwards the derivative of a function of them.
/// </summary>
/// <remarks>
/// What is differentiated is interval arithmetic as it would be without rounding; nothing is proved with it. Affine layers take centre c
/// and radius r to Wc + b and |W|r, activations s take c ± r to the middle and half the distance of s(c ± r).
/// Source: Gowal et al. 2018, arXiv 1810.12715. Memory of one thread; everything is rows × size of the layer.
/// </remarks>
internal sealed class IntervalPass
{
    private readonly Architecture architecture;
    private readonly double[][] centers;
    private readonly double[][] radii;
    private readonly double[][] centerAdjoints;
    private readonly double[][] radiusAdjoints;
    private readonly double[] lowSlopes;
    private readonly double[] highSlopes;
    private readonly double[] magnitudes;
    private readonly double[] magnitudeGradient;

    public IntervalPass(Architecture architecture, int capacity)
    {
        this.architecture = architecture;
        int[] sizes = [architecture.InputSize, .. architecture.Layers.Select(layer => layer.OutputSize)];
        double[][] Memory() => Array.ConvertAll(sizes, size => new double[capacity * size]);
        (centers, radii, centerAdjoints, radiusAdjoints) = (Memory(), Memory(), Memory(), Memory());
        (lowSlopes, highSlopes) = (new double[capacity * sizes.Max()], new double[capacity * sizes.Max()]);
        var weights = architecture.Layers.OfType<AffineLayer>().Max(layer => layer.WeightCount);
        (magnitudes, magnitudeGradient) = (new double[weights], new double[weights]);
    }

    /// <summary>The centres of the boxes, to be written before <see cref="Forward"/>.</summary>
    public Span<double> InputCenters => centers[0];

    /// <summary>The radii of the boxes, to be written before <see cref="Forward"/>.</summary>
    public Span<double> InputRadii => radii[0];

    /// <summary>The centres of the outputs.</summary>
    public ReadOnlySpan<double> Centers => centers[^1];

    /// <summary>The radii of the outputs.</summary>
    public ReadOnlySpan<double> Radii => radii[^1];

    /// <summary>The radii of what the last layer is applied to.</summary>
    public ReadOnlySpan<double> LastRadii => radii[^2];

    /// <summary>The derivatives with respect to <see cref="Centers"/>; zero after <see cref="Forward"/>.</summary>
    public Span<double> CenterAdjoints => centerAdjoints[^1];

    /// <summary>The derivatives with respect to <see cref="Radii"/>; zero after <see cref="Forward"/>.</summary>
    public Span<double> RadiusAdjoints => radiusAdjoints[^1];

    /// <summary>The derivatives with respect to <see cref="LastRadii"/>, other than through the outputs; zero after <see cref="Forward"/>.</summary>
    public Span<double> LastRadiusAdjoints => radiusAdjoints[^2];

    /// <summary>Computes all centres and radii.</summary>
    public void Forward(ReadOnlySpan<double> parameters, int rows)
    {
        Array.Clear(centerAdjoints[^1]);
        foreach (var adjoint in radiusAdjoints[^2..]) Array.Clear(adjoint);
        for (var i = 0; i < architecture.Layers.Length; i++)
        {
            var layer = architecture.Layers[i];
            var (from, to) = (rows * layer.InputSize, rows * layer.OutputSize);
            ReadOnlySpan<double> c = centers[i].AsSpan(0, from), r = radii[i].AsSpan(0, from);
            Span<double> center = centers[i + 1].AsSpan(0, to), radius = radii[i + 1].AsSpan(0, to);
            switch (layer)
            {
                case AffineLayer affine:
                    affine.Broadcast(architecture.Bias(parameters, i), center, rows);
                    affine.Apply(architecture.Weights(parameters, i), c, center, rows);
                    radius.Clear();
                    affine.Apply(Magnitudes(parameters, i), r, radius, rows);
                    break;
                case ActivationLayer elementwise:
                    TensorPrimitives.Subtract(c, r, center);
                    TensorPrimitives.Add(c, r, radius);
                    elementwise.Activation.Evaluate<double>(center, center);
                    elementwise.Activation.Evaluate<double>(radius, radius);
                    for (var k = 0; k < to; k++) (center[k], radius[k]) = ((radius[k] + center[k]) / 2, (radius[k] - center[k]) / 2);
                    break;
            }
        }
    }

    /// <summary>Adds the derivative with respect to the parameters to <paramref name="gradient"/>.</summary>
    public void Backward(ReadOnlySpan<double> parameters, Span<double> gradient, int rows)
    {
        for (var i = architecture.Layers.Length - 1; i >= 0; i--)
        {
            var layer = architecture.Layers[i];
            var (from, to) = (rows * layer.InputSize, rows * layer.OutputSize);
            ReadOnlySpan<double> c = centers[i].AsSpan(0, from), r = radii[i].AsSpan(0, from);
            ReadOnlySpan<double> dCenter = centerAdjoints[i + 1].AsSpan(0, to), dRadius = radiusAdjoints[i + 1].AsSpan(0, to);
            Span<double> dc = centerAdjoints[i].AsSpan(0, from), dr = radiusAdjoints[i].AsSpan(0, from);
            switch (layer)
            {
                case AffineLayer affine:
                    AffineBackward(affine, i, parameters, gradient, c, r, dCenter, dRadius, dc, dr, rows);
                    break;
                case ActivationLayer elementwise:
                    ActivationBackward(elementwise, c, r, dCenter, dRadius, dc, dr);
                    break;
            }
        }
    }

    private ReadOnlySpan<double> Magnitudes(ReadOnlySpan<double> parameters, int layer)
    {
        var weights = architecture.Weights(parameters, layer);
        TensorPrimitives.Abs(weights, magnitudes);
        return magnitudes.AsSpan(0, weights.Length);
    }

    // d|w| = sign(w) dw. (Math.Sign throws where a training that diverges has no number any more.)
    private void AffineBackward(
        AffineLayer affine, int layer, ReadOnlySpan<double> parameters, Span<double> gradient, ReadOnlySpan<double> c, ReadOnlySpan<double> r,
        ReadOnlySpan<double> dCenter, ReadOnlySpan<double> dRadius, Span<double> dc, Span<double> dr, int rows)
    {
        var weights = architecture.Weights(parameters, layer);
        var weightGradient = architecture.Weights(gradient, layer);
        affine.AccumulateWeights(c, dCenter, weightGradient, rows);
        affine.AccumulateBias(dCenter, architecture.Bias(gradient, layer), rows);
        var ofMagnitudes = magnitudeGradient.AsSpan(0, weights.Length);
        ofMagnitudes.Clear();
        affine.AccumulateWeights(r, dRadius, ofMagnitudes, rows);
        for (var k = 0; k < weights.Length; k++) weightGradient[k] += weights[k] > 0 ? ofMagnitudes[k] : weights[k] < 0 ? -ofMagnitudes[k] : 0;
        if (layer == 0) return;
        dc.Clear();
        affine.ApplyTransposed(weights, dCenter, dc, rows);
        if (layer < architecture.Layers.Length - 1) dr.Clear();
        affine.ApplyTransposed(Magnitudes(parameters, layer), dRadius, dr, rows);
    }

    private void ActivationBackward(
        ActivationLayer elementwise, ReadOnlySpan<double> c, ReadOnlySpan<double> r,
        ReadOnlySpan<double> dCenter, ReadOnlySpan<double> dRadius, Span<double> dc, Span<double> dr)
    {
        Span<double> low = lowSlopes.AsSpan(0, c.Length), high = highSlopes.AsSpan(0, c.Length);
        TensorPrimitives.Subtract(c, r, low);
        TensorPrimitives.Add(c, r, high);
        elementwise.Activation.Derivative.Evaluate<double>(low, low);
        elementwise.Activation.Derivative.Evaluate<double>(high, high);
        for (var k = 0; k < c.Length; k++)
        {
            var atLow = low[k] * (dCenter[k] - dRadius[k]) / 2;
            var atHigh = high[k] * (dCenter[k] + dRadius[k]) / 2;
            (dc[k], dr[k]) = (atHigh + atLow, atHigh - atLow);
        }
    }
}
