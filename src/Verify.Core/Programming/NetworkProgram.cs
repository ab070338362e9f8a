using System.Collections.Immutable;
using RobustVerify.Core.Bounds;
using RobustVerify.Core.Networks;

namespace RobustVerify.Core.Programming;

/// <summary>A network over an input region as a linear or mixed-integer program.</summary>
/// <remarks>
/// <para>
/// Requires finite bounds of every node (<see cref="NodeBounds"/>); the tighter they are, the better the program. Every value that the
/// network takes over the region is among the program's solutions, in exact arithmetic on the program's numbers: whatever had
/// to be rounded is rounded outward. So the least value of the program bounds the network from below, and
/// <see cref="SafeBound"/> proves it.
/// </para>
/// <para>
/// <see cref="Relax"/> makes a linear program. <see cref="Encode"/> has binaries for the pieces of ReLUs and other piecewise linear
/// activations, and is then the network itself where <see cref="IsExact"/>: all activations piecewise linear without a jump, no
/// product of two variables of which neither is 0 or 1 only, and a region that is a box or an l1 ball. Where an activation jumps
/// (the derivative of a ReLU), both limits are allowed at the jump. Other activations lie between several lines, products
/// between McCormick's four planes, an l2 ball in its box and in an l1 ball.
/// </para>
/// <para>Sources: Tjeng, Xiao and Tedrake 2019, arXiv 1711.07356 (encoding); Ehlers 2017, arXiv 1705.01320 (triangles).</para>
/// </remarks>
public sealed class NetworkProgram
{
    private readonly Network network;
    private readonly int[][] columns, rows;
    private readonly Action<Evaluation<double>, double[]>[] completions;
    private readonly StartingBasis start;

    internal NetworkProgram(
        Network network, LinearProgram program, int[][] columns, int[][] rows, ImmutableArray<EncodedReLU> relus, bool isExact,
        Action<Evaluation<double>, double[]>[] completions, StartingBasis start)
    {
        (this.network, Program, this.columns, this.rows, ReLUs, IsExact) = (network, program, columns, rows, relus, isExact);
        (this.completions, this.start) = (completions, start);
    }

    /// <summary>The constraints; the objective is zero.</summary>
    public LinearProgram Program { get; }

    /// <summary>The ReLUs whose inputs may have both signs, from the input of the network to its output.</summary>
    public ImmutableArray<EncodedReLU> ReLUs { get; }

    /// <summary>Whether the program's solutions are the values of the network, and no others.</summary>
    public bool IsExact { get; }

    /// <summary>A linear program whose solutions contain all values of the network over a region.</summary>
    /// <param name="bounds">Bounds of every node.</param>
    /// <param name="region">The index of the region.</param>
    /// <exception cref="ArgumentException">A node has no finite bounds, or a function may be undefined.</exception>
    public static NetworkProgram Relax(NodeBounds bounds, int region = 0) => new NetworkEncoder(bounds, region, hasBinaries: false).Encode();

    /// <summary>A mixed-integer program whose solutions contain all values of the network over a region.</summary>
    /// <inheritdoc cref="Relax"/>
    public static NetworkProgram Encode(NodeBounds bounds, int region = 0) => new NetworkEncoder(bounds, region, hasBinaries: true).Encode();

    /// <summary>The variable that is an element of a node; −1 where it is zero for certain, or nothing depends on it.</summary>
    public int Column(Node node, int element) => columns[network.IndexOf(node)][element];

    /// <summary>
    /// The row that says what an element of an affine node is, −y + Σ wⱼ xⱼ = −b; −1 where there is none. Its dual is what a
    /// backward pass calls the coefficient of y, negated.
    /// </summary>
    public int Row(AffineNode node, int element) => rows[network.IndexOf(node)] is { Length: > 0 } own ? own[element] : -1;

    /// <summary>The program that minimises a linear function of the network's output.</summary>
    /// <param name="coefficients">One for every output.</param>
    public LinearProgram Minimizing(ReadOnlySpan<double> coefficients)
    {
        if (coefficients.Length != network.Output.Size)
            throw new ArgumentException($"{coefficients.Length} coefficients for {network.Output.Size} outputs.", nameof(coefficients));
        var cost = new double[Program.ColumnCount];
        for (var i = 0; i < coefficients.Length; i++)
        {
            if (Column(network.Output, i) is >= 0 and var column) cost[column] += coefficients[i];
        }

        return Program.WithCost(cost);
    }

    /// <summary>
    /// A basis to begin with for an objective: every neuron on the line that a backward pass would choose, so that the first
    /// bound is that of the backward pass, and pivots only improve it.
    /// </summary>
    public Basis Start(LinearProgram objective) => start.For(objective);

    /// <summary>The values of all variables at an input of the network.</summary>
    public double[] At(ReadOnlySpan<double> input)
    {
        var evaluation = Evaluation<double>.Of(network, input, 1);
        var values = new double[Program.ColumnCount];
        for (var n = 0; n < network.Nodes.Length; n++)
        {
            var own = evaluation[network.Nodes[n]];
            for (var i = 0; i < columns[n].Length; i++)
            {
                if (columns[n][i] >= 0) values[columns[n][i]] = own[i];
            }
        }

        foreach (var completion in completions) completion(evaluation, values);
        return values;
    }

    /// <summary>The input of the network in a solution.</summary>
    public double[] Input(ReadOnlySpan<double> values)
    {
        var input = new double[network.Input.Size];
        for (var i = 0; i < input.Length; i++) input[i] = values[Column(network.Input, i)];
        return input;
    }

    /// <summary>Minimises a linear function of the output, from the backward pass's basis, trying the network at every relaxation's input.</summary>
    /// <param name="coefficients">One for every output.</param>
    /// <param name="limits">When to stop.</param>
    /// <param name="cancellation">Ends the search; what is known by then is returned.</param>
    public LinearSolution Minimize(ReadOnlySpan<double> coefficients, SolverLimits? limits = null, CancellationToken cancellation = default)
    {
        var program = Minimizing(coefficients);
        return program.IsMixedInteger
            ? MixedIntegerSearch.Minimize(program, limits, Start(program), values => At(Input(values)), cancellation: cancellation)
            : new DualSimplex(program) { Basis = Start(program) }.Solve(limits, cancellation);
    }
}
