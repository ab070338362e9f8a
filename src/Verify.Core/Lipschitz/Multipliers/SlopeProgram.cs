using RobustVerify.Core.Certificates;

namespace RobustVerify.Core.Lipschitz.Multipliers;

/// <summary>l2 bounds by the best multipliers of slopes, divided where these do not suffice.</summary>
/// <remarks>
/// Requires a chain with bounded slopes. Sound: every bound is proved (<see cref="SlopeMultipliers"/>), however its multipliers were
/// found (<see cref="BestMultipliers"/>). The norm of the Jacobian is convex in every single slope, so it is largest where each is one of its
/// ends: fixing one slope at either end gives two parts, and the worse of their bounds holds.
/// </remarks>
internal static class SlopeProgram
{
    // Multiply–adds, roughly: a minute of one thread.
    private const double MostWork = 1e12;

    // What a bound squared may be above the best, as a part of it.
    private const double Tolerance = 1e-5;

    // How many times a multiplier may be what it begins with. Of a slope that is fixed it is: the larger, the less is lost, but to rounding.
    private const double Most = 1e4;

    /// <summary>The bound by formula (ECLipsE-Fast).</summary>
    public static (double Bound, LipschitzPart? Proof) ByFormula(DenseChain chain)
    {
        if (SlopeMultipliers.Of(chain) is not { } form || form.ByFormula(chain.LowerSlopes, chain.UpperSlopes) is not var (multipliers, squared)) return (double.PositiveInfinity, null);
        var bound = form.Prove(multipliers, squared, chain.LowerSlopes, chain.UpperSlopes);
        return (bound, Proof(bound, multipliers));
    }

    /// <summary>The bound by the best multipliers, and by dividing slopes.</summary>
    /// <param name="chain">The network.</param>
    /// <param name="divisions">How often a part is divided.</param>
    /// <param name="enough">A bound below which none better is looked for.</param>
    /// <param name="cancellation">Ends the search with the bound so far.</param>
    public static (double Bound, LipschitzPart? Proof) Upper(DenseChain chain, int divisions, double enough, CancellationToken cancellation)
    {
        if (SlopeMultipliers.Of(chain) is not { } form || form.Start(chain.LowerSlopes, chain.UpperSlopes, Most) is not var (start, rho)) return (double.PositiveInfinity, null);
        var limits = Array.ConvertAll(start, one => Array.ConvertAll(one, t => Most * one.Min()));
        var steps = (int)(MostWork / BestMultipliers.Work(form));
        if (Solve(form, new Part(chain.LowerSlopes, chain.UpperSlopes, start, limits) { Squared = rho }, ref steps, cancellation) is not { } root) return (double.PositiveInfinity, null);
        var open = new PriorityQueue<Part, (double, int)>();
        var number = 0;
        open.Enqueue(root, (-root.Record.Bound, number++));
        for (var division = 0; division < divisions && steps > 0 && !cancellation.IsCancellationRequested; division++)
        {
            var part = open.Dequeue();
            var (layer, neuron) = part.Choose();
            if (layer < 0 || part.Record.Bound <= enough || End(part.Lower) is not { } lower || End(part.Upper) is not { } upper) break;
            var index = chain.Functions.Take(layer).Sum(function => function.Size) + neuron;
            part.Record.Divide(lower.Record, upper.Record, (atLower, atUpper) => new SlopeCut(index, atLower, atUpper));
            open.Enqueue(lower, (-lower.Record.Bound, number++));
            open.Enqueue(upper, (-upper.Record.Bound, number++));

            Part? End(double[][] ends) => Solve(form, part.With(layer, neuron, ends[layer][neuron]), ref steps, cancellation);
        }

        return root.Record.Best();
    }

    private static MultiplierPart Proof(double bound, double[][] multipliers) => new(bound, [.. multipliers.SelectMany(t => t)]);

    private static Part? Solve(SlopeMultipliers form, Part part, ref int steps, CancellationToken cancellation)
    {
        // What is proved of a whole is not proved of its parts by the same multipliers, but for a larger bound.
        for (var factor = 1.02; factor < 100; factor *= factor)
        {
            if (BestMultipliers.Find(form, part.Lower, part.Upper, part.Limits, part.Multipliers, factor * part.Squared, Tolerance, ref steps, cancellation) is not var (multipliers, squared, spread)) continue;
            var bound = form.Prove(multipliers, squared, part.Lower, part.Upper);
            return part with { Multipliers = multipliers, Squared = squared, Spread = spread, Record = new() { Whole = Proof(bound, multipliers), Bound = bound } };
        }

        return null;
    }

    /// <summary>Slopes between ends, and the multipliers found for them.</summary>
    private sealed record Part(double[][] Lower, double[][] Upper, double[][] Multipliers, double[][] Limits)
    {
        /// <summary>The bound squared, as it was found.</summary>
        public double Squared { get; init; }

        /// <summary>The bound as it is proved, and how the part was divided.</summary>
        public PartRecord Record { get; init; } = new() { Whole = new NormProductPart() };

        /// <summary>How far every slope is from both ends in the worst case, by what that costs.</summary>
        public double[][] Spread { get; init; } = [];

        /// <summary>The slope that it seems to matter most to fix.</summary>
        public (int Layer, int Neuron) Choose()
        {
            var (layer, neuron, most) = (-1, -1, 0.0);
            for (var k = 0; k < Spread.Length; k++)
            {
                for (var i = 0; i < Spread[k].Length; i++)
                {
                    if (Spread[k][i] > most) (layer, neuron, most) = (k, i, Spread[k][i]);
                }
            }

            return (layer, neuron);
        }

        public Part With(int layer, int neuron, double slope)
        {
            var (lower, upper, multipliers) = (With(Lower, slope), With(Upper, slope), With(Multipliers, Limits[layer][neuron]));
            return new Part(lower, upper, multipliers, Limits) { Squared = Squared };

            double[][] With(double[][] all, double value)
            {
                var copy = (double[][])all.Clone();
                copy[layer] = (double[])all[layer].Clone();
                copy[layer][neuron] = value;
                return copy;
            }
        }
    }
}
