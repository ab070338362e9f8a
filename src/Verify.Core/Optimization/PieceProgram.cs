using RobustVerify.Core.Networks;
using RobustVerify.Core.Programming;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Core.Optimization;

/// <summary>The program of the largest of some linear functions of the output on one linear piece of a network, or on those that free neurons tell apart.</summary>
/// <remarks>
/// One variable for every input that varies, one row for every open neuron, and one for every linear constraint. For a free neuron
/// there are a variable r = max(z − b, 0) beyond the breakpoint b between its two lines and a binary that is 1 there; what lies behind
/// it is linear in r. Of several functions, one more variable is above all of them. Solved with tolerances: only what an evaluation of the network gives at the solution counts.
/// Sources: Perakis and Tsiourvas 2022, arXiv 2205.14189; Tjeng, Xiao and Tedrake 2019, arXiv 1711.07356 (the encoding of r).
/// </remarks>
internal sealed class PieceProgram
{
    private readonly Problem problem;
    private readonly LinearPieces pieces;
    private readonly Conjunction goal;
    private readonly int[] pattern;
    private readonly int[] free;

    /// <param name="problem">The network and where its inputs lie.</param>
    /// <param name="goal">The functions, Σ cᵢ yᵢ − b, the largest of which is minimised.</param>
    /// <param name="pattern">The line that every open neuron is on; of a free one the lower of its two.</param>
    /// <param name="free">The free neurons, increasing.</param>
    public PieceProgram(Problem problem, Conjunction goal, int[] pattern, int[] free)
    {
        (this.problem, pieces, this.goal, this.pattern, this.free) = (problem, problem.Pieces!, goal, pattern, free);
        Program = Build(pieces.Under(pattern, free));
    }

    /// <summary>The program.</summary>
    public LinearProgram Program { get; }

    /// <summary>The input of the network in a solution.</summary>
    public double[] Input(ReadOnlySpan<double> values)
    {
        var input = problem.Region.Lower.ToArray();
        for (var v = 0; v < pieces.Inputs.Length; v++) input[pieces.Inputs[v]] = values[v];
        return input;
    }

    /// <summary>The values of all variables at a point.</summary>
    /// <param name="point">The point, and the largest of the functions there.</param>
    /// <param name="evaluation">The network at its input.</param>
    public double[] At(Point point, Evaluation<double> evaluation)
    {
        var values = new double[Program.ColumnCount];
        for (var v = 0; v < pieces.Inputs.Length; v++) values[v] = point.Input[pieces.Inputs[v]];
        for (var t = 0; t < free.Length; t++)
        {
            var neuron = pieces.Neurons[free[t]];
            var beyond = evaluation[neuron.Node.Source][neuron.Element] - neuron.Lines.Breakpoints[pattern[free[t]]];
            if (beyond > 0) (values[pieces.Inputs.Length + t], values[pieces.Inputs.Length + free.Length + t]) = (beyond, 1);
        }

        if (goal.Constraints.Length > 1) values[^1] = point.Value;
        return values;
    }

    private LinearProgram Build(double[][] functions)
    {
        var (builder, network, inputs) = (new LinearProgramBuilder(), problem.Network, pieces.Inputs);
        var region = problem.Region;
        foreach (var j in inputs) builder.Variable(region.Lower[j], region.Upper[j]);
        var spans = Array.ConvertAll(free, SpanOf);
        for (var t = 0; t < free.Length; t++) builder.Variable(0, spans[t].High - BreakpointOf(free[t]));
        for (var t = 0; t < free.Length; t++) builder.Binary();

        var terms = new List<Term>();
        Minimize(builder, functions[network.IndexOf(network.Output)]);
        for (var (k, t) = (0, 0); k < pieces.Neurons.Length; k++)
        {
            var neuron = pieces.Neurons[k];
            var (function, size) = (functions[network.IndexOf(neuron.Node.Source)], neuron.Node.Size);
            terms.Clear();
            for (var c = 0; c < function.Length / size - 1; c++)
            {
                if (function[(1 + c) * size + neuron.Element] is var coefficient and not 0) terms.Add(new(c, coefficient));
            }

            var constant = function[neuron.Element];
            var isFree = t < free.Length && free[t] == k;
            var (from, to) = neuron.Lines.Span(pattern[k]);
            if (isFree) to = neuron.Lines.Span(pattern[k] + 1).To;
            builder.Row(from - constant, [.. terms], to - constant);
            if (!isFree) continue;

            // r ≥ z − b, r ≤ z − b − (l − b)(1 − g), r ≤ (u − b) g.
            var (r, g, b, (low, high)) = (inputs.Length + t, inputs.Length + free.Length + t, BreakpointOf(k), spans[t]);
            Term[] above = [new(r, 1), .. terms.Select(term => term with { Coefficient = -term.Coefficient })];
            builder.AtLeast(above, constant - b);
            builder.AtMost([.. above, new(g, b - low)], constant - low);
            builder.AtMost([new(r, 1), new(g, b - high)], 0);
            t++;
        }

        foreach (var (coefficients, bound) in problem.Constraints)
        {
            terms.Clear();
            var constant = 0.0;
            for (var j = 0; j < coefficients.Length; j++)
            {
                if (region.Lower[j] == region.Upper[j]) constant += coefficients[j] * region.Lower[j];
            }

            for (var v = 0; v < inputs.Length; v++) terms.Add(new(v, coefficients[inputs[v]]));
            builder.AtMost([.. terms], bound - constant);
        }

        return builder.Build();
    }

    /// <summary>One function is the objective itself; several are below a variable that is.</summary>
    private void Minimize(LinearProgramBuilder builder, double[] output)
    {
        var (size, largest, terms) = (problem.Network.Output.Size, goal.Constraints.Length > 1 ? builder.Variable(cost: 1) : -1, new List<Term>());
        foreach (var (coefficients, bound) in goal.Constraints)
        {
            terms.Clear();
            var constant = -bound;
            for (var i = 0; i < size; i++) constant += coefficients[i] * output[i];
            for (var c = 0; c < output.Length / size - 1; c++)
            {
                var slope = 0.0;
                for (var i = 0; i < size; i++) slope += coefficients[i] * output[(1 + c) * size + i];
                if (largest < 0) builder.Cost(c, slope);
                else terms.Add(new(c, slope));
            }

            if (largest < 0) builder.Constant = constant;
            else builder.AtMost([.. terms, new(largest, -1)], -constant);
        }
    }

    private double BreakpointOf(int neuron) => pieces.Neurons[neuron].Lines.Breakpoints[pattern[neuron]];

    /// <summary>What a free neuron's argument may be on its two lines.</summary>
    private (double Low, double High) SpanOf(int k)
    {
        var neuron = pieces.Neurons[k];
        return (Math.Max(neuron.Low, neuron.Lines.Span(pattern[k]).From), Math.Min(neuron.High, neuron.Lines.Span(pattern[k] + 1).To));
    }
}
