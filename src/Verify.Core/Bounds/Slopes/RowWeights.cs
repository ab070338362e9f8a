using RobustVerify.Core.Networks;
using RobustVerify.Core.Numerics;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Core.Bounds.Slopes;

/// <summary>For every row, the weights by which the constraints of a conjunction are added up, while better ones are searched.</summary>
/// <remarks>
/// Where all of cₖ·y ≤ bₖ hold, so does Σ wₖ (cₖ·y − bₖ) ≤ 0 for any wₖ ≥ 0: where the sum is positive, one of them is
/// missed. Weights add up to one, so that the sum is missed by no more than the constraint that is missed most. Rows are told by
/// where they were at first.
/// </remarks>
internal sealed class RowWeights
{
    // A step, as a part of the sum of the weights.
    private const float FirstStep = 0.1f;

    private static readonly float[] One = [1];

    private readonly Node output;
    private readonly (float[] Coefficients, float Bound)[][] constraints;
    private readonly Conjunction[] conjunctions;
    private readonly float[][] values, best, gradients;
    private readonly Adam?[] adams;

    /// <param name="output">The node that the constraints are on.</param>
    /// <param name="conjunctions">For every row, the constraints.</param>
    /// <param name="start">For every row, the weights to begin with, or nothing: then they are equal.</param>
    /// <param name="pool">Where arrays are borrowed.</param>
    public RowWeights(Node output, Conjunction[] conjunctions, float[]?[] start, Pooled pool)
    {
        (this.output, this.conjunctions) = (output, conjunctions);
        var rounded = conjunctions.Distinct().ToDictionary(conjunction => conjunction, conjunction => conjunction.Constraints
            .Select(constraint => (constraint.Coefficients.Select(c => (float)c).ToArray(), (float)constraint.Bound)).ToArray());
        constraints = Array.ConvertAll(conjunctions, conjunction => rounded[conjunction]);
        values = new float[conjunctions.Length][];
        for (var row = 0; row < values.Length; row++)
        {
            var count = constraints[row].Length;
            values[row] = count == 1 ? One : start[row] is { } some ? (float[])some.Clone() : [.. Enumerable.Repeat(1f / count, count)];
        }

        best = Array.ConvertAll(values, row => row.Length == 1 ? One : (float[])row.Clone());
        gradients = Array.ConvertAll(values, row => row.Length == 1 ? [] : new float[row.Length]);
        adams = Array.ConvertAll(values, row => row.Length == 1 ? null : new Adam(row.Length, pool));
    }

    /// <summary>The best weights of a row.</summary>
    public float[] Best(int row) => best[row];

    /// <summary>What a row multiplies the output by, and what is left off its value, Σ wₖ bₖ.</summary>
    public float Seed(int row, Span<float> coefficients)
    {
        coefficients.Clear();
        var bound = 0f;
        for (var k = 0; k < values[row].Length; k++)
        {
            var (own, limit) = constraints[row][k];
            for (var i = 0; i < own.Length; i++) coefficients[i] += values[row][k] * own[i];
            bound += values[row][k] * limit;
        }

        return bound;
    }

    /// <summary>One step uphill: the derivative by a weight is by how much its constraint is missed.</summary>
    /// <param name="row">The row.</param>
    /// <param name="y">The output at the point where the row is least.</param>
    /// <param name="step">The number of the step, from 0.</param>
    /// <param name="length">How long the step is, as a part of the first.</param>
    public void Move(int row, ReadOnlySpan<float> y, int step, float length)
    {
        var (own, gradient) = (values[row], gradients[row]);
        if (own.Length == 1) return;
        var mean = 0f;
        for (var k = 0; k < own.Length; k++)
        {
            var (coefficients, limit) = constraints[row][k];
            gradient[k] = -limit;
            for (var i = 0; i < coefficients.Length; i++) gradient[k] += coefficients[i] * y[i];
            mean += own[k] * gradient[k];
        }

        // What all have in common changes nothing, since they go on to add up to one.
        for (var k = 0; k < own.Length; k++) gradient[k] -= mean;
        adams[row]!.Ascend(own, gradient, 0, step, FirstStep * length);
        var sum = 0f;
        foreach (var weight in own) sum += weight;
        if (!(sum > 0)) best[row].CopyTo(own, 0);
        else for (var k = 0; k < own.Length; k++) own[k] /= sum;
    }

    /// <summary>Remembers the weights of a row as its best.</summary>
    public void Keep(int row)
    {
        if (values[row].Length > 1) values[row].CopyTo(best[row], 0);
    }

    /// <summary>Gives a row its best weights back.</summary>
    public void Restore(int row)
    {
        if (values[row].Length > 1) best[row].CopyTo(values[row], 0);
    }

    /// <summary>What a row with its best weights multiplies the output by, in double; returns what that rounds, Σ wₖ|cₖ|m.</summary>
    /// <param name="row">The row.</param>
    /// <param name="coefficients">What it multiplies the output by.</param>
    /// <param name="magnitudes">The largest magnitudes m of the output.</param>
    public double Seed(int row, Span<double> coefficients, ReadOnlySpan<double> magnitudes)
    {
        var all = conjunctions[row].Constraints;
        if (all.Length == 1)
        {
            all[0].Coefficients.CopyTo(coefficients);
            return 0;
        }

        coefficients.Clear();
        var rounding = 0.0;
        for (var k = 0; k < all.Length; k++)
        {
            for (var i = 0; i < coefficients.Length; i++)
            {
                var term = (double)best[row][k] * all[k].Coefficients[i];
                coefficients[i] += term;

                // Every coefficient is rounded twice for each constraint.
                if (term != 0) rounding += 2 * all.Length * Math.Abs(term) * magnitudes[i];
            }
        }

        return rounding;
    }

    /// <summary>By how much a conjunction is missed where its row with the best weights is at least a number, rounded down.</summary>
    /// <param name="row">The row.</param>
    /// <param name="bound">That number.</param>
    public double Missed(int row, double bound)
    {
        var all = conjunctions[row].Constraints;
        if (all.Length == 1) return Math.BitDecrement(bound - all[0].Bound);
        var (sum, total, magnitude) = (0.0, 0.0, Math.Abs(bound));
        for (var k = 0; k < all.Length; k++)
        {
            // An infinite bound says nothing where it does not count.
            if (best[row][k] == 0) continue;
            total += best[row][k];
            sum += best[row][k] * all[k].Bound;
            magnitude += Math.Abs(best[row][k] * all[k].Bound);
        }

        // Rounded to nearest, by no more than a few units in the last place of the largest term for each constraint.
        var missed = bound - sum - Rounding.Gamma(4 * all.Length + 4) * magnitude;
        return Math.BitDecrement(missed / (missed > 0 ? Math.BitIncrement(total * (1 + 1e-15 * all.Length)) : total * (1 - 1e-15 * all.Length)));
    }
}
