using RobustVerify.Core.Certificates;

namespace RobustVerify.Core.Lipschitz;

/// <summary>l2 bounds by the best multipliers of slopes, divided where these do not suffice.</summary>
/// <remarks>
/// Requires a chain with bounded slopes. Sound: every bound is proved (<see cref="SlopeMultipliers"/>), however its multipliers were
/// found: by Adam's method on their logarithms, for a smoothed largest eigenvalue. The norm of the Jacobian is convex in every single
/// slope, so it is largest where each is one of its ends: fixing one slope at either end gives two parts, and the worse of their
/// bounds holds.
/// </remarks>
internal static class SlopeProgram
{
    private const int FirstSteps = 500;
    private const int LaterSteps = 60;

    /// <summary>The bound by formula (ECLipsE-Fast).</summary>
    public static (double Bound, LipschitzPart? Proof) ByFormula(DenseChain chain)
    {
        if (SlopeMultipliers.Of(chain) is not { } form || form.ByFormula(chain.LowerSlopes, chain.UpperSlopes) is not var (multipliers, squared)) return (double.PositiveInfinity, null);
        var bound = form.Prove(multipliers, squared, chain.LowerSlopes, chain.UpperSlopes);
        return (bound, Proof(bound, multipliers));
    }

    /// <summary>The bound by a search for multipliers, and by dividing slopes.</summary>
    /// <param name="chain">The network.</param>
    /// <param name="divisions">How often a part is divided.</param>
    /// <param name="enough">A bound below which none better is looked for.</param>
    /// <param name="cancellation">Ends the search with the bound so far.</param>
    public static double Upper(DenseChain chain, int divisions, double enough, CancellationToken cancellation)
    {
        if (SlopeMultipliers.Of(chain) is not { } form) return double.PositiveInfinity;
        if (form.ByFormula(chain.LowerSlopes, chain.UpperSlopes) is not var (start, _)) return double.PositiveInfinity;
        var root = Solve(form, new Part(chain.LowerSlopes, chain.UpperSlopes, start), FirstSteps, cancellation);
        var best = form.Prove(root.Multipliers, root.Lower, root.Upper);
        var open = new PriorityQueue<Part, (double, int)>();
        var number = 0;
        open.Enqueue(root, (-root.Bound, number++));
        for (var division = 0; division < divisions && !cancellation.IsCancellationRequested && best > enough; division++)
        {
            var part = open.Dequeue();
            var (layer, neuron) = part.Choose(form);
            if (layer < 0)
            {
                open.Enqueue(part, (-part.Bound, number++));
                break;
            }

            foreach (var end in (double[])[part.Lower[layer][neuron], part.Upper[layer][neuron]])
            {
                var child = Solve(form, part.With(layer, neuron, end), LaterSteps, cancellation);
                open.Enqueue(child, (-child.Bound, number++));
            }
        }

        // The open parts cover everything. What is proved of a part is little above what was found.
        var proved = 0.0;
        foreach (var (part, _) in open.UnorderedItems)
        {
            if (open.Count == 1) return best;
            proved = Math.Max(proved, form.Prove(part.Multipliers, part.Lower, part.Upper));
        }

        return Math.Min(best, proved);
    }

    private static MultiplierPart Proof(double bound, double[][] multipliers) => new(bound, [.. multipliers.SelectMany(t => t)]);

    private static Part Solve(SlopeMultipliers form, Part part, int steps, CancellationToken cancellation)
    {
        const double First = 0.9, Second = 0.99;
        var current = part.Multipliers.Select(t => Array.ConvertAll(t, Math.Log)).ToArray();
        var multipliers = part.Multipliers.Select(t => (double[])t.Clone()).ToArray();
        var best = multipliers.Select(t => (double[])t.Clone()).ToArray();
        var (gradient, mean, square) = (Zeros(), Zeros(), Zeros());
        var (bound, rate) = (double.PositiveInfinity, steps == FirstSteps ? 0.15 : 0.06);
        var (count, before) = (0, 0);
        for (var step = 1; step <= steps && !cancellation.IsCancellationRequested; step++)
        {
            var squarings = 4 + 6 * step / steps;
            var value = form.Evaluate(multipliers, part.Lower, part.Upper, squarings, gradient);
            if (!double.IsFinite(value))
            {
                // Too small: back to the best, with shorter steps.
                rate /= 2;
                if (!double.IsFinite(bound)) return part;
                for (var k = 0; k < current.Length; k++)
                {
                    for (var i = 0; i < current[k].Length; i++) (current[k][i], mean[k][i]) = (Math.Log(best[k][i]), 0);
                }

                Exponentiate();
                continue;
            }

            if (value < bound || squarings != before)
            {
                bound = value;
                for (var k = 0; k < best.Length; k++) multipliers[k].CopyTo(best[k], 0);
            }

            before = squarings;
            count++;
            var now = rate * Math.Pow(0.02, step / (double)steps);
            for (var k = 0; k < current.Length; k++)
            {
                for (var i = 0; i < current[k].Length; i++)
                {
                    var g = gradient[k][i] * multipliers[k][i] / value;
                    mean[k][i] = First * mean[k][i] + (1 - First) * g;
                    square[k][i] = Second * square[k][i] + (1 - Second) * g * g;
                    var (m, s) = (mean[k][i] / (1 - Math.Pow(First, count)), square[k][i] / (1 - Math.Pow(Second, count)));
                    current[k][i] -= now * m / (Math.Sqrt(s) + 1e-9);
                }
            }

            Exponentiate();
        }

        var (atFirst, atLast) = (form.Evaluate(part.Multipliers, part.Lower, part.Upper, 12, null), form.Evaluate(best, part.Lower, part.Upper, 12, null));
        return atLast <= atFirst ? part with { Multipliers = best, Bound = atLast } : part with { Bound = atFirst };

        double[][] Zeros() => [.. part.Multipliers.Select(t => new double[t.Length])];

        void Exponentiate()
        {
            for (var k = 0; k < current.Length; k++)
            {
                for (var i = 0; i < current[k].Length; i++) multipliers[k][i] = Math.Exp(current[k][i]);
            }
        }
    }

    /// <summary>Slopes between ends, and the multipliers found for them.</summary>
    private sealed record Part(double[][] Lower, double[][] Upper, double[][] Multipliers)
    {
        /// <summary>The bound squared, as it was found.</summary>
        public double Bound { get; init; } = double.PositiveInfinity;

        /// <summary>The slope whose multiplier says that fixing it matters most.</summary>
        public (int Layer, int Neuron) Choose(SlopeMultipliers form)
        {
            var (layer, neuron, most) = (-1, -1, 0.0);
            double[][] gradient = [.. Multipliers.Select(t => new double[t.Length])], spread = [.. Multipliers.Select(t => new double[t.Length])];
            form.Evaluate(Multipliers, Lower, Upper, 8, gradient, spread);
            for (var k = 0; k < Multipliers.Length; k++)
            {
                for (var i = 0; i < Multipliers[k].Length; i++)
                {
                    var weight = spread[k][i];
                    if (Lower[k][i] < Upper[k][i] && weight > most) (layer, neuron, most) = (k, i, weight);
                }
            }

            return (layer, neuron);
        }

        public Part With(int layer, int neuron, double slope)
        {
            var (lower, upper) = ((double[][])Lower.Clone(), (double[][])Upper.Clone());
            (lower[layer], upper[layer]) = ((double[])lower[layer].Clone(), (double[])upper[layer].Clone());
            (lower[layer][neuron], upper[layer][neuron]) = (slope, slope);

            // What is exact may cost what it will.
            var multipliers = (double[][])Multipliers.Clone();
            multipliers[layer] = (double[])multipliers[layer].Clone();
            multipliers[layer][neuron] *= 4;
            return new Part(lower, upper, multipliers) { Bound = Bound };
        }
    }
}
