using System.Collections.Immutable;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using RobustVerify.Core.Certificates;
using RobustVerify.Core.Checking.Parts;
using RobustVerify.Core.Networks.Activations;
using RobustVerify.Core.Numerics;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Core.Checking.Constants;

/// <summary>A bound of a chain's Jacobian over a region that is divided by the signs of neurons.</summary>
/// <remarks>
/// <para>
/// Requires functions of two lines that meet at zero, as ReLU. Where the slopes of all layers before are known, the argument z of a neuron
/// is an affine function of the inputs, and either side of z = 0 a part of the region. That a side t·z ≥ 0 of a part is empty follows from
/// multipliers λ ≥ 0 of the cuts sᵢzᵢ ≥ 0 that lead to it, where −t·z − Σ λᵢsᵢzᵢ is positive over the whole region (Farkas), by more
/// than all rounding. In a part that is not divided the norm is bounded for all slopes that are left (<see cref="ChainJacobian"/>).
/// </para>
/// <para>Only parts with interior count: at the inputs of the others, the derivatives of their neighbours are all there is.</para>
/// </remarks>
internal sealed class SignedRegions
{
    private readonly Chain chain;
    private readonly InputRegion region;
    private readonly double[] lower, upper, furthest;
    private readonly ChainJacobian jacobian;
    private readonly (double Negative, double Positive)[] slopes;
    private readonly CancellationToken cancellation;
    private double most;

    /// <param name="chain">The chain.</param>
    /// <param name="norm">The norm.</param>
    /// <param name="region">The region.</param>
    /// <param name="lower">The lower ends of a box around it.</param>
    /// <param name="upper">The upper ends.</param>
    /// <param name="cancellation">Ends the work.</param>
    public SignedRegions(Chain chain, Norm norm, InputRegion region, double[] lower, double[] upper, CancellationToken cancellation)
    {
        (this.chain, this.region, this.lower, this.upper, this.cancellation) = (chain, region, lower, upper, cancellation);
        jacobian = new ChainJacobian(chain, norm);
        furthest = new double[lower.Length];
        TensorPrimitives.MaxMagnitude<double>(lower, upper, furthest);
        TensorPrimitives.Abs<double>(furthest, furthest);
        slopes = Array.ConvertAll(chain.Functions, function => SlopesOf(function.Activation) ?? (double.NaN, double.NaN));
    }

    /// <summary>Whether every function of a chain is made of two lines that meet at zero.</summary>
    public static bool Applies(Chain chain) => chain.Functions.All(function => SlopesOf(function.Activation) is not null);

    /// <summary>The largest bound of all parts.</summary>
    /// <param name="part">What divides and bounds them.</param>
    /// <param name="least">The least slopes, of every function.</param>
    /// <param name="largest">The largest slopes.</param>
    /// <param name="place">How the whole is told apart.</param>
    public double Bound(LipschitzPart part, double[][] least, double[][] largest, Place place)
    {
        Follow(part, new State(least, largest, [], null, 0), place);
        return most;
    }

    private static (double, double)? SlopesOf(Activation activation) => activation switch
    {
        ReLU => (0, 1),
        PiecewiseLinear { Breakpoints: [0], Intercepts: [0, 0] } lines => (lines.Slopes[0], lines.Slopes[1]),
        _ => null,
    };

    private void Follow(LipschitzPart part, State state, Place place)
    {
        cancellation.ThrowIfCancellationRequested();
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack()) throw new InvalidProof(place, "The proof has too many cuts one below the other.");
        switch (part)
        {
            case JacobianPart:
                most = Math.Max(most, jacobian.Bound(state.Lower, state.Upper, most));
                break;
            case SignedPart { Signs.IsDefault: false } signed:
                foreach (var sign in signed.Signs)
                {
                    var (function, element) = Neuron(sign.Neuron, place);
                    state = Known(state, function, place);
                    if (!IsEmpty(state, function, element, sign.IsPositive ? -1 : 1, sign.Multipliers, place))
                        throw new InvalidProof(place, $"It is not shown that neuron {sign.Neuron} is {(sign.IsPositive ? "positive" : "negative")} on this part.");
                    state = state.With(function, element, SlopeOf(function, sign.IsPositive ? 1 : -1));
                }

                Follow(signed.Part, state, place);
                break;
            case SignCut cut:
                foreach (var (half, sign) in (ReadOnlySpan<(LipschitzPart, int)>)[(cut.Negative, -1), (cut.Positive, 1)])
                {
                    var (function, element) = Neuron(cut.Neuron, place);
                    var known = Known(state, function, place);
                    var own = new Cut(function, element, sign, known.Forms!);
                    Follow(half, known.With(function, element, SlopeOf(function, sign)) with { Cuts = known.Cuts.Add(own) }, place.Half($"neuron {cut.Neuron}", 0, sign));
                }

                break;
            case FlatPart flat:
                if (!IsFlat(state, flat)) throw new InvalidProof(place, "It is not shown that this part has no interior.");
                break;
            default:
                throw new InvalidProof(place, "A part that is told apart by signs is bounded by something else than its Jacobian.");
        }
    }

    private (int Function, int Element) Neuron(int number, Place place) => number >= 0 && number < chain.First[^1]
        ? chain.Neuron(number)
        : throw new InvalidProof(place, $"There is no neuron {number}.");

    private double SlopeOf(int function, int sign) => sign > 0 ? slopes[function].Positive : slopes[function].Negative;

    /// <summary>The same state with the forms of a layer's arguments.</summary>
    private State Known(State state, int function, Place place)
    {
        if (state.Forms is null || state.Layer > function) state = state with { Forms = NeuronForms.First(chain.Layers[0], furthest), Layer = 0 };
        for (; state.Layer < function; state = state with { Forms = state.Forms!.Next(chain.Layers[state.Layer + 1], state.Lower[state.Layer]), Layer = state.Layer + 1 })
        {
            if (!state.Lower[state.Layer].AsSpan().SequenceEqual(state.Upper[state.Layer]))
                throw new InvalidProof(place, $"A sign of layer {function + 1} is asked for before all those of layer {state.Layer + 1} are known.");
        }

        return state;
    }

    /// <summary>Whether a side t·z ≥ 0 of a part is shown to be empty, or either sign does since the argument is zero everywhere.</summary>
    private bool IsEmpty(State state, int function, int element, int t, ImmutableArray<double> multipliers, Place place)
    {
        if (multipliers.IsDefault || multipliers.Length > state.Cuts.Length || !multipliers.All(multiplier => multiplier >= 0 && double.IsFinite(multiplier)))
            throw new InvalidProof(place, "A multiplier is negative or not finite, or there are more than cuts.");
        var forms = state.Forms!;
        var (g, constant, size, roundings) = (new double[lower.Length], -t * forms.Constants[element], forms.Sizes[element], forms.Roundings);
        TensorPrimitives.Multiply(forms.Normal(element), -t, g);
        for (var i = 0; i < multipliers.Length; i++)
        {
            if (multipliers[i] == 0) continue;
            var cut = state.Cuts[i];
            var factor = -cut.Sign * multipliers[i];
            TensorPrimitives.MultiplyAdd(cut.Forms.Normal(cut.Element), factor, g, g);
            constant += factor * cut.Forms.Constants[cut.Element];
            size += multipliers[i] * cut.Forms.Sizes[cut.Element];
            roundings = Math.Max(roundings, cut.Forms.Roundings);
        }

        var minimum = Kernels.Dot(g, lower, upper);
        if (!region.IsBox && Ball.Minimum(g, region, lower, upper) is var inBall && inBall.Minimum > minimum)
        {
            minimum = inBall.Minimum;
            size += inBall.Magnitude;
        }

        var rounding = 4 * Rounding.Gamma(roundings + lower.Length + 2 * multipliers.Length + 16) * size + 1e-290;
        return minimum + constant > rounding || (multipliers.IsEmpty && IsZero(state, function, element, rounding));
    }

    /// <summary>Whether an argument is zero for all inputs: then what its slope is does not matter.</summary>
    private bool IsZero(State state, int function, int element, double rounding)
    {
        var forms = state.Forms!;
        if (forms.Sizes[element] == 0) return true;
        var size = Math.Abs(forms.Constants[element]) + Kernels.Dot(forms.Normal(element), furthest, Array.ConvertAll(furthest, far => -far));
        return size <= 2 * rounding && chain.Layers.Take(function + 1).All(layer => layer.Roundings == 0) && ExactForms(state, function)[function][element].All(value => value.Sign == 0);
    }

    /// <summary>Whether the last cut leaves a part without interior: its argument is nowhere beyond zero on what the others leave.</summary>
    /// <remarks>
    /// With f = −t·z it is shown, in fractions, that f = Σ yᵢhᵢ + Σ dⱼxⱼ + v with y ≥ 0 for the arguments hᵢ ≥ 0 of cuts before, and that the rest is
    /// not negative on the box. Then {f ≤ 0} is part of a hyperplane, unless f is zero everywhere.
    /// </remarks>
    private bool IsFlat(State state, FlatPart flat)
    {
        var inputs = lower.Length;
        if (state.Cuts.IsEmpty || flat.Meeting.IsDefault || flat.Ends.IsDefault || flat.Ends.Length != inputs) return false;
        var last = state.Cuts[^1];
        if (chain.Layers.Take(last.Function + 1).Any(layer => layer.Roundings > 0)) return false;
        var forms = ExactForms(state, last.Function);
        var f = Scaled(forms[last.Function][last.Element], -last.Sign);
        if (f.Take(inputs).All(value => value.Sign == 0)) return false;
        var meeting = new List<Rational[]>();
        foreach (var i in flat.Meeting)
        {
            if (i < 0 || i >= state.Cuts.Length - 1) return false;
            meeting.Add(Scaled(forms[state.Cuts[i].Function][state.Cuts[i].Element], state.Cuts[i].Sign));
        }

        var free = Enumerable.Range(0, inputs).Where(j => flat.Ends[j] == 0).ToArray();
        if (free.Length != meeting.Count || Solve(free, meeting, f) is not { } y || y.Any(value => value.Sign < 0)) return false;
        for (var i = 0; i < y.Length; i++)
        {
            for (var j = 0; j <= inputs; j++) f[j] -= y[i] * meeting[i][j];
        }

        // What is left is least at the ends that its signs ask for.
        var value = f[inputs];
        for (var j = 0; j < inputs; j++) value += f[j] * (f[j].Sign >= 0 ? lower[j] : upper[j]);
        return value.Sign >= 0;
    }

    /// <summary>The arguments of the neurons of every layer up to one: coefficients of the inputs, and the constant.</summary>
    private Rational[][][] ExactForms(State state, int function)
    {
        var (inputs, all) = (lower.Length, new Rational[function + 1][][]);
        for (var k = 0; k <= function; k++)
        {
            var layer = chain.Layers[k];
            all[k] = new Rational[layer.Rows][];
            for (var i = 0; i < layer.Rows; i++)
            {
                var form = all[k][i] = new Rational[inputs + 1];
                form[inputs] = layer.Bias[i];
                for (var j = 0; j < layer.Columns; j++)
                {
                    Rational weight = layer.Matrix[i * layer.Columns + j];
                    if (k == 0)
                    {
                        form[j] = weight;
                        continue;
                    }

                    weight *= state.Lower[k - 1][j];
                    if (weight.Sign == 0) continue;
                    for (var n = 0; n <= inputs; n++) form[n] += weight * all[k - 1][j][n];
                }
            }
        }

        return all;
    }

    private static Rational[] Scaled(Rational[] form, int sign) => Array.ConvertAll(form, value => sign > 0 ? value : default(Rational) - value);

    /// <summary>The y with Σ yᵢhᵢ = f in some inputs, by elimination; null where there is not exactly one.</summary>
    private static Rational[]? Solve(int[] free, List<Rational[]> meeting, Rational[] f)
    {
        var rows = free.Select(j => meeting.Select(form => form[j]).Append(f[j]).ToArray()).ToArray();
        for (var k = 0; k < free.Length; k++)
        {
            var pivot = Array.FindIndex(rows, k, row => row[k].Sign != 0);
            if (pivot < 0) return null;
            (rows[k], rows[pivot]) = (rows[pivot], rows[k]);
            foreach (var row in rows)
            {
                if (row == rows[k] || row[k].Sign == 0) continue;
                var factor = row[k] / rows[k][k];
                for (var j = k; j <= free.Length; j++) row[j] -= factor * rows[k][j];
            }
        }

        return [.. rows.Select((row, k) => row[^1] / row[k])];
    }

    /// <summary>A side of a neuron's zero: sign·z ≥ 0.</summary>
    private sealed record Cut(int Function, int Element, int Sign, NeuronForms Forms);

    /// <summary>A part: the slopes on it, the cuts that lead to it, and the arguments of the layer that was reached.</summary>
    private sealed record State(double[][] Lower, double[][] Upper, ImmutableArray<Cut> Cuts, NeuronForms? Forms, int Layer)
    {
        public State With(int function, int element, double slope)
        {
            var (lower, upper) = ((double[][])Lower.Clone(), (double[][])Upper.Clone());
            (lower[function], upper[function]) = ((double[])lower[function].Clone(), (double[])upper[function].Clone());
            (lower[function][element], upper[function][element]) = (slope, slope);
            return this with { Lower = lower, Upper = upper };
        }
    }
}
