using RobustVerify.Core.Numerics;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Core.Lipschitz.Regions;

/// <summary>Whether a neuron is zero at most on a side of a part, decided without rounding.</summary>
/// <remarks>
/// The part is the set where the inputs of neurons have given signs. That f = ∓z is nowhere negative on it is shown by f = Σ yᵢhᵢ + Σ dⱼ(xⱼ −
/// end) + v with hᵢ ≥ 0 the half-spaces that meet at a vertex, y ≥ 0, d of the sign that its end of the box asks for, and v ≥ 0: the
/// multipliers of a linear program, solved in fractions for a vertex that floating point found. Then {f ≤ 0} has no interior in the
/// part, unless f is zero everywhere. Requires a chain whose matrices are the file's numbers; says no where it cannot tell.
/// </remarks>
internal static class FlatSide
{
    private const int MostInputs = 24;

    /// <param name="chain">The network.</param>
    /// <param name="region">The box.</param>
    /// <param name="signs">The signs of all neurons before the layer.</param>
    /// <param name="layer">The layer of the neuron.</param>
    /// <param name="neuron">The neuron in its layer.</param>
    /// <param name="sign">The side, where sign·z is not negative.</param>
    /// <param name="vertex">Where sign·z is largest, as the polytope tells it.</param>
    /// <param name="slopes">The slopes of every function on its sides.</param>
    /// <param name="halfSpaces">What makes the part, in the order of the polytope.</param>
    public static bool IsFlat(
        DenseChain chain, InputRegion region, (double Negative, double Positive)[] slopes, sbyte[] signs, int layer, int neuron, int sign, int[]? vertex, List<HalfSpace> halfSpaces)
    {
        var inputs = region.Size;
        if (vertex is null || inputs > MostInputs || chain.Layers.Take(layer + 1).Any(one => one.Roundings > 0)) return false;
        var forms = Forms(chain, slopes, signs, layer);
        var f = Scaled(forms[layer][neuron], -sign);
        if (f.Take(inputs).All(value => value.Sign == 0)) return false;

        // The half-spaces that meet at the vertex, and the inputs that are between their ends there.
        var (ends, meeting) = (new int[inputs], new List<Rational[]>());
        foreach (var entry in vertex)
        {
            if (entry / 2 < inputs) ends[entry / 2] = entry % 2 == 0 ? -1 : 1;
            else if (Form(entry / 2 - inputs) is { } form) meeting.Add(form);
        }

        var free = Enumerable.Range(0, inputs).Where(j => ends[j] == 0).ToArray();
        if (free.Length != meeting.Count || Solve(free, meeting, f) is not { } multipliers) return false;
        var rest = f;
        for (var i = 0; i < multipliers.Length; i++)
        {
            if (multipliers[i].Sign < 0) return false;
            for (var j = 0; j <= inputs; j++) rest[j] -= multipliers[i] * meeting[i][j];
        }

        var value = rest[inputs];
        for (var j = 0; j < inputs; j++)
        {
            if (rest[j].Sign * ends[j] > 0) return false;
            value += rest[j] * (ends[j] > 0 ? region.Upper[j] : region.Lower[j]);
        }

        return value.Sign >= 0;

        Rational[]? Form(int halfSpace)
        {
            if (halfSpace >= halfSpaces.Count || halfSpaces[halfSpace] is not { Neuron: var at and >= 0, Sign: var own }) return null;
            for (var k = 0; ; at -= forms[k].Length, k++)
            {
                if (at < forms[k].Length) return Scaled(forms[k][at], own);
            }
        }
    }

    /// <summary>The inputs of the neurons of every layer, as functions of x: coefficients, and the constant last.</summary>
    private static Rational[][][] Forms(DenseChain chain, (double Negative, double Positive)[] slopes, sbyte[] signs, int layer)
    {
        var inputs = chain.Layers[0].Columns;
        var all = new Rational[layer + 1][][];
        for (var (k, start) = (0, 0); k <= layer; k++)
        {
            var one = chain.Layers[k];
            all[k] = new Rational[one.Rows][];
            for (var i = 0; i < one.Rows; i++)
            {
                var form = all[k][i] = new Rational[inputs + 1];
                form[inputs] = one.Bias[i];
                for (var j = 0; j < one.Columns; j++)
                {
                    if (k == 0) form[j] = one.Matrix[i * inputs + j];
                    else if (one.Matrix[i * one.Columns + j] is var weight and not 0)
                        Add(form, all[k - 1][j], (Rational)weight * (signs[start + j] > 0 ? slopes[k - 1].Positive : slopes[k - 1].Negative));
                }
            }

            if (k > 0) start += one.Columns;
        }

        return all;

        static void Add(Rational[] to, Rational[] from, Rational weight)
        {
            if (weight.Sign == 0) return;
            for (var j = 0; j < to.Length; j++) to[j] += weight * from[j];
        }
    }

    private static Rational[] Scaled(Rational[] form, int sign) => sign > 0 ? (Rational[])form.Clone() : Array.ConvertAll(form, value => default(Rational) - value);

    /// <summary>The y with Σ yᵢ hᵢ = f in the free inputs, by elimination; null where the half-spaces are dependent.</summary>
    private static Rational[]? Solve(int[] free, List<Rational[]> meeting, Rational[] f)
    {
        var size = free.Length;
        var rows = free.Select(j => meeting.Select(form => form[j]).Append(f[j]).ToArray()).ToArray();
        for (var k = 0; k < size; k++)
        {
            var pivot = Array.FindIndex(rows, k, row => row[k].Sign != 0);
            if (pivot < 0) return null;
            (rows[k], rows[pivot]) = (rows[pivot], rows[k]);
            for (var i = 0; i < size; i++)
            {
                if (i == k || rows[i][k].Sign == 0) continue;
                var factor = rows[i][k] / rows[k][k];
                for (var j = k; j <= size; j++) rows[i][j] -= factor * rows[k][j];
            }
        }

        return [.. rows.Select((row, k) => row[size] / row[k])];
    }
}
