using RobustVerify.Core.Networks;
using RobustVerify.Core.Programming;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Core.Optimization;

/// <summary>An input, and what the network's evaluation gives there for what is minimised.</summary>
internal readonly record struct Point(double[] Input, double Value);

/// <summary>Descends from one input to a local minimum of the largest of some linear functions of the outputs, from linear piece to linear piece.</summary>
/// <remarks>
/// <see cref="OnPiece"/> solves the linear program of the piece that the input is on. <see cref="Around"/> frees the neurons that its optimum ties, all facets of the piece that it
/// lies on, and solves the mixed-integer program of the pieces that meet there; it repeats this while the value falls. So it ends at a point
/// that no small move improves, as far as ties are told from others and the program was solved to the end. Only values of evaluations count.
/// Requires a problem with pieces. Not sound as a bound of all inputs. Sources: Perakis and Tsiourvas 2022, arXiv 2205.14189.
/// </remarks>
/// <param name="problem">The network and where its inputs lie.</param>
/// <param name="goal">The functions, Σ cᵢ yᵢ − b.</param>
/// <param name="nodes">Nodes of the tree of every mixed-integer program.</param>
internal sealed class PieceSearch(Problem problem, Conjunction goal, int nodes)
{
    // As a part of a neuron's range: nearer to a breakpoint than that is on it.
    private const double Tie = 1e-7;

    // A fall of less than that, relatively, is rounding.
    private const double LeastFall = 1e-9;

    private readonly LinearPieces pieces = problem.Pieces!;

    /// <summary>Linear programs that were solved, those of mixed-integer ones too.</summary>
    public long Programs { get; private set; }

    /// <summary>Pivots that they took.</summary>
    public long Pivots { get; private set; }

    /// <summary>The largest of the functions at an input, as it is computed.</summary>
    public static Point At(Problem problem, Conjunction goal, double[] input)
    {
        var outputs = Evaluation<double>.Of(problem.Network, input, 1)[problem.Network.Output];
        var largest = double.NegativeInfinity;
        foreach (var (coefficients, bound) in goal.Constraints)
        {
            var value = -bound;
            for (var i = 0; i < outputs.Length; i++) value += coefficients[i] * outputs[i];
            largest = Math.Max(largest, value);
        }

        return new(input, largest);
    }

    /// <summary>The best point of the piece that an input is on: a linear program.</summary>
    /// <remarks>It begins with all neurons' rows basic, inputs where the objective pushes them: from the last start's basis it takes twice the pivots.</remarks>
    public Point OnPiece(Point start, CancellationToken cancellation)
    {
        var program = new PieceProgram(problem, goal, pieces.PatternOf(Evaluation<double>.Of(problem.Network, start.Input, 1)), []);
        var solution = new DualSimplex(program.Program).Solve(null, cancellation);
        Programs++;
        Pivots += solution.Pivots;
        return solution.Status == SolutionStatus.Optimal ? Better(start, program.Input(solution.Values)) : start;
    }

    /// <summary>The best point that is reached over the pieces that meet where one is.</summary>
    public Point Around(Point start, CancellationToken cancellation)
    {
        for (var point = start; ;)
        {
            var evaluation = Evaluation<double>.Of(problem.Network, point.Input, 1);
            var pattern = pieces.PatternOf(evaluation);
            var free = Ties(evaluation, pattern);
            if (free.Length == 0) return point;
            var program = new PieceProgram(problem, goal, pattern, free);
            var here = program.At(point, evaluation);
            var solution = MixedIntegerSearch.Minimize(program.Program, new() { Nodes = nodes }, incumbent: here, cancellation: cancellation);
            Programs += solution.Nodes;
            Pivots += solution.Pivots;
            var next = solution.Values.Length == 0 ? point : Better(point, program.Input(solution.Values));
            if (!(next.Value < point.Value - LeastFall * Math.Max(Math.Abs(point.Value), LeastFall)) || cancellation.IsCancellationRequested) return next;
            point = next;
        }
    }

    private Point Better(Point start, double[] input)
    {
        var found = At(problem, goal, problem.Pulled(input, start.Input));
        return found.Value < start.Value ? found : start;
    }

    /// <summary>The neurons that an input puts on a breakpoint; their patterns are set to the line before it.</summary>
    private int[] Ties(Evaluation<double> evaluation, int[] pattern)
    {
        var ties = new List<int>();
        for (var k = 0; k < pattern.Length; k++)
        {
            var neuron = pieces.Neurons[k];
            var (z, breakpoints, near) = (evaluation[neuron.Node.Source][neuron.Element], neuron.Lines.Breakpoints, Tie * (neuron.High - neuron.Low));
            for (var line = Math.Max(0, pattern[k] - 1); line <= pattern[k] && line < breakpoints.Length; line++)
            {
                if (Math.Abs(z - breakpoints[line]) > near) continue;
                pattern[k] = line;
                ties.Add(k);
                break;
            }
        }

        return [.. ties];
    }
}
