using System.Runtime.InteropServices;
using RobustVerify.Core.Networks;
using RobustVerify.Core.Networks.Activations;
using RobustVerify.Core.Numerics;
using RobustVerify.Core.Relaxations;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Core.Programming;

/// <content>The activations: ReLUs, other piecewise linear functions, and lines around any others.</content>
internal sealed partial class NetworkEncoder
{
    private void Elementwise(ElementwiseNode node, int[] own)
    {
        var source = Columns(node.Source);
        if (node.Activation is ReLU)
        {
            ReLUs(node, source, own);
        }
        else
        {
            for (var i = 0; i < own.Length; i++) own[i] = Curve(node, i, source[i]);
        }

        if (node.Simplex > 0 && bounds.Semantics == Semantics.Real) Sums(node, own);
    }

    private void ReLUs(ElementwiseNode node, int[] source, int[] own)
    {
        var (low, high) = (Lower(node.Source).ToArray(), Upper(node.Source).ToArray());
        var open = Enumerable.Range(0, own.Length).Where(i => source[i] >= 0 && low[i] < 0 && high[i] > 0).ToArray();
        for (var i = 0; i < own.Length; i++)
        {
            if (source[i] >= 0 && low[i] >= 0) own[i] = source[i];
        }

        foreach (var i in open) own[i] = Variable(0, high[i]);
        var binary = new int[own.Length];
        Array.Fill(binary, -1);
        foreach (var i in open)
        {
            if (hasBinaries) binary[i] = Variable(0, 1, isInteger: true);
        }

        foreach (var i in open)
        {
            var (y, z, a) = (own[i], source[i], binary[i]);
            var (lowerRow, upperRow, binaryRow) = (builder.AtLeast([new(y, 1), new(z, -1)], 0), -1, -1);
            if (hasBinaries)
            {
                upperRow = builder.AtMost([new(y, 1), new(z, -1), new(a, -low[i])], -low[i]);
                binaryRow = builder.AtMost([new(y, 1), new(a, -high[i])], 0);
                binaries.Add((y, z, a, upperRow, binaryRow));
                completions.Add((_, values) => values[a] = values[z] > 0 ? 1 : 0);
            }
            else
            {
                var line = Relaxation.MinimumArea(node.Activation, low[i], high[i]).Upper;
                upperRows[y] = upperRow = builder.AtMost([new(y, 1), new(z, -line.Slope)], line.Offset);
                isExact = false;
            }

            // Of the two lines below, the one of the smaller triangle.
            if (high[i] > -low[i]) lowerRows[y] = lowerRow;
            relus.Add(new(node, i, z, y, a, lowerRow, upperRow, binaryRow));
        }
    }

    /// <summary>Any other function of a variable.</summary>
    private int Curve(ElementwiseNode node, int element, int z)
    {
        var (low, high) = (Lower(node.Source)[element], Upper(node.Source)[element]);
        if (!node.Activation.IsDefinedOn(low, high))
            throw new ArgumentException($"Element {element} of {node} may be undefined: its argument lies in [{low}, {high}].");
        var y = Variable(Lower(node)[element], Upper(node)[element]);
        if (z < 0)
        {
            isExact &= Lower(node)[element] == Upper(node)[element];
            return y;
        }

        if (node.Activation is PiecewiseLinear function)
        {
            var pieces = Parts(function, low, high);
            if (pieces.Count == 1)
            {
                terms.Clear();
                terms.AddRange([new(y, -1), new(z, pieces[0].Slope)]);
                lowerRows[y] = upperRows[y] = Equal(-pieces[0].Intercept, Error(node, element));
                return y;
            }

            if (hasBinaries)
            {
                Pieces(pieces, z, y, Error(node, element));
                return y;
            }
        }

        isExact = false;
        Lines(node, element, z, y);
        return y;
    }

    private readonly record struct Piece(double Start, double End, double Slope, double Intercept);

    /// <summary>The parts of the function's graph over an interval, closed; where it jumps to a third value, a point.</summary>
    private static List<Piece> Parts(PiecewiseLinear function, double low, double high)
    {
        var pieces = new List<Piece>();
        var breakpoints = function.Breakpoints;
        for (var k = 0; k <= breakpoints.Length; k++)
        {
            var start = k == 0 ? double.NegativeInfinity : breakpoints[k - 1];
            var end = k == breakpoints.Length ? double.PositiveInfinity : breakpoints[k];

            // A piece that the interval only touches matters where the function jumps.
            var isTouched = (end == low && function.JumpsAt(k)) || (start == high && function.JumpsAt(k - 1));
            if ((end > low && start < high) || isTouched || (low == high && start < low && end >= low))
                pieces.Add(new(Math.Max(start, low), Math.Min(end, high), function.Slopes[k], function.Intercepts[k]));
            if (k == breakpoints.Length || end < low || end > high || !function.JumpsAt(k)) continue;
            var value = function.Value(end);
            var (before, after) = (function.Slopes[k] * end + function.Intercepts[k], function.Slopes[k + 1] * end + function.Intercepts[k + 1]);
            if (value != before && value != after) pieces.Add(new(end, end, 0, value));
        }

        return pieces;
    }

    /// <summary>z = Σ zₖ and y = Σ sₖ zₖ + cₖ aₖ with one aₖ = 1, and zₖ in the part's interval there, zero elsewhere.</summary>
    /// <remarks>The convex hull of the graph. Source: Balas 1985, Disjunctive programming.</remarks>
    private void Pieces(List<Piece> pieces, int z, int y, double error)
    {
        var (choice, argument, value) = (new List<Term>(), new List<Term> { new(z, -1) }, new List<Term> { new(y, -1) });
        var isZeroOrOne = error == 0;
        for (var k = 0; k < pieces.Count; k++)
        {
            var piece = pieces[k];
            var (isChosen, part) = (Variable(0, 1, isInteger: true), Variable(Math.Min(0, piece.Start), Math.Max(0, piece.End)));
            choice.Add(new(isChosen, 1));
            argument.Add(new(part, 1));
            value.AddRange([new(part, piece.Slope), new(isChosen, piece.Intercept)]);
            builder.AtLeast([new(part, 1), new(isChosen, -piece.Start)], 0);
            builder.AtMost([new(part, 1), new(isChosen, -piece.End)], 0);
            isZeroOrOne &= piece is { Slope: 0, Intercept: 0 or 1 };
            if (k > 0) isExact &= piece.Slope * piece.Start + piece.Intercept == pieces[k - 1].Slope * piece.Start + pieces[k - 1].Intercept;
            completions.Add((_, values) =>
            {
                var fits = values[z] >= piece.Start && values[z] <= piece.End
                    && Math.Abs(piece.Slope * values[z] + piece.Intercept - values[y]) <= 1e-9 * Math.Max(1, Math.Abs(values[y]))
                    && choice.TrueForAll(term => term.Column >= isChosen || values[term.Column] == 0);
                (values[isChosen], values[part]) = fits ? (1, values[z]) : (0, 0);
            });
        }

        builder.Equal([.. choice], 1);
        builder.Equal([.. argument], 0);
        terms.Clear();
        terms.AddRange(value);
        Equal(0, error + Merge());
        if (isZeroOrOne) zeroOrOne.Add(y);
    }

    /// <summary>Lines of several slopes on both sides, those of least area first.</summary>
    private void Lines(ElementwiseNode node, int element, int z, int y)
    {
        var (function, error) = (node.Activation, Error(node, element));
        var (low, high) = (Lower(node.Source)[element], Upper(node.Source)[element]);
        var (below, above) = Relaxation.MinimumArea(function, low, high);
        double[] slopes = [.. from share in (double[])[0, 0.25, 0.5, 0.75, 1] select function.Derivative.Value(low + share * (high - low))];
        foreach (var side in (int[])[-1, 1])
        {
            List<Line> lines = [side > 0 ? above : below];
            foreach (var slope in slopes)
            {
                if (!double.IsFinite(slope)) continue;
                var line = new Line(slope, (side > 0 ? Slir.UpperShift(function, low, high, slope) : Slir.LowerShift(function, low, high, slope)).Offset);
                var isUseful = double.IsFinite(line.Offset) && lines.TrueForAll(other =>
                    side * (At(line, low) - At(other, low)) < -1e-12 || side * (At(line, high) - At(other, high)) < -1e-12);
                if (isUseful) lines.Add(line);
            }

            foreach (var line in lines)
            {
                if (!double.IsFinite(line.Offset)) continue;
                Term[] row = [new(y, 1), new(z, -line.Slope)];
                var added = side > 0
                    ? builder.AtMost(row, Rounding.SumUp(line.Offset, error))
                    : builder.AtLeast(row, -Rounding.SumUp(-line.Offset, error));
                ref var first = ref CollectionsMarshal.AsSpan(side > 0 ? upperRows : lowerRows)[y];
                if (first < 0) first = added;
            }
        }
    }

    private static double At(Line line, double z) => line.Slope * z + line.Offset;
}
