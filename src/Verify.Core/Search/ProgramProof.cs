using System.Collections.Immutable;
using RobustVerify.Core.Bounds;
using RobustVerify.Core.Certificates;
using RobustVerify.Core.Networks;
using RobustVerify.Core.Networks.Activations;
using RobustVerify.Core.Programming;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Core.Search;

/// <summary>Decides a property of a ReLU network as a mixed-integer program, and makes a proof of what the program's solver found.</summary>
/// <remarks>
/// <para>
/// Requires bounds of the property's region, and a network of affine nodes and ReLUs. Every violation is a program: the network
/// with a binary for each ReLU that is open, its constraints, and the first of them as the objective. A part of the program's tree in which some
/// binaries are decided is a part of the region in which some ReLUs' inputs have certain signs, and the duals that close it are slopes and multipliers:
/// the dual of a ReLU's lower row and its upper row is what its input is multiplied by, ν − β above the cut and β below it.
/// </para>
/// <para>
/// Nothing that the solver says is believed: what is returned is to be checked, and may leave parts open. Source: Salman et al.
/// 2019, arXiv 1902.08722 (duals of the relaxation as slopes).
/// </para>
/// </remarks>
internal sealed class ProgramProof
{
    private readonly Network network;
    private readonly LinearBoundPropagation known;
    private readonly Property property;
    private readonly double leastMargin;
    private readonly NetworkProgram encoded;
    private readonly Dictionary<int, EncodedReLU> byBinary;

    /// <param name="known">Bounds over the property's region, which is their only one.</param>
    /// <param name="property">The property.</param>
    /// <param name="leastMargin">By how much it must hold of the network.</param>
    public ProgramProof(LinearBoundPropagation known, Property property, double leastMargin)
    {
        (network, this.known, this.property, this.leastMargin) = (known.Bounds.Network, known, property, leastMargin);
        encoded = NetworkProgram.Encode(known.Bounds);
        byBinary = encoded.ReLUs.ToDictionary(relu => relu.Binary);
    }

    /// <summary>True for networks of affine nodes and ReLUs on a region where all of them have finite bounds.</summary>
    public static bool Suits(LinearBoundPropagation known) => known.IsDefinedOn(0)
        && known.Bounds.Network.Nodes.All(node => node is InputNode or AffineNode or ElementwiseNode { Activation: ReLU, Source: AffineNode });

    /// <summary>The proof as far as it goes, or an input that may violate the property.</summary>
    /// <param name="nodes">Nodes of the programs' trees, at most.</param>
    /// <param name="cancellation">Ends the work with an <see cref="OperationCanceledException"/>.</param>
    /// <returns>The proof, the input, and how many nodes were solved.</returns>
    public (ProofPart? Proof, float[]? Candidate, int Nodes) Find(int nodes, CancellationToken cancellation)
    {
        var (root, solved) = (new ProofPart { Neurons = known.Told }, 0);
        for (var violation = 0; violation < property.Output.Violations.Length; violation++)
        {
            cancellation.ThrowIfCancellationRequested();
            var constraints = property.Output.Violations[violation].Constraints;
            var program = encoded.Minimizing(constraints[0].Coefficients.AsSpan());
            foreach (var constraint in constraints.AsSpan(1..)) program = program.AtMost(Terms(constraint), constraint.Bound + leastMargin);
            var tree = new ProgramPart();
            var solution = MixedIntegerSearch.Minimize(
                program,
                new() { Nodes = nodes - solved, Threshold = constraints[0].Bound + leastMargin },
                encoded.Start(program),
                values => encoded.At(encoded.Input(values)),
                tree,
                cancellation: cancellation);
            cancellation.ThrowIfCancellationRequested();
            solved += (int)solution.Nodes;
            if (solution.Objective <= constraints[0].Bound + leastMargin)
                return (null, Array.ConvertAll(encoded.Input(solution.Values), value => (float)value), solved);
            var part = Part(tree, violation, program, []);
            root = root with { Rows = root.Rows.AddRange(part.Rows), Cuts = root.Cuts.AddRange(part.Cuts) };
        }

        return (root, null, solved);
    }

    private Term[] Terms(LinearConstraint constraint) =>
    [
        .. Enumerable.Range(0, network.Output.Size)
            .Where(i => constraint.Coefficients[i] != 0 && encoded.Column(network.Output, i) >= 0)
            .Select(i => new Term(encoded.Column(network.Output, i), constraint.Coefficients[i]))
            .OrderBy(term => term.Column),
    ];

    private ProofPart Part(ProgramPart tree, int violation, LinearProgram program, ImmutableArray<(int Binary, int Sign)> cuts)
    {
        if (tree.Variable >= 0)
        {
            var relu = byBinary[tree.Variable];
            var (below, above) = (Part(tree.Below!, violation, program, cuts.Add((tree.Variable, -1))), Part(tree.Above!, violation, program, cuts.Add((tree.Variable, 1))));
            return new ProofPart { Cuts = [new NeuronCut(network.IndexOf(relu.Node), relu.Element, 0, below, above)] };
        }

        return tree.Duals.Length == 0 ? new ProofPart() : new ProofPart { Rows = [Row(tree, violation, program, cuts)] };
    }

    /// <summary>What the duals that close a part say in terms of slopes and multipliers.</summary>
    private ViolationRow Row(ProgramPart part, int violation, LinearProgram program, ImmutableArray<(int Binary, int Sign)> cuts)
    {
        var constraints = property.Output.Violations[violation].Constraints;
        var reduced = part.IsInfeasible ? new double[program.ColumnCount] : program.Cost.ToArray();
        for (var row = 0; row < program.RowCount; row++)
        {
            for (var e = program.RowStarts[row]; e < program.RowStarts[row + 1]; e++) reduced[program.Columns[e]] -= part.Duals[row] * program.Coefficients[e];
        }

        // Duals of a program without a solution may be of any length: so long that the objective does not matter.
        var length = part.IsInfeasible ? Length(part, program, constraints[0], cuts) : 1;
        var weights = new float[constraints.Length];
        weights[0] = 1;
        for (var k = 1; k < weights.Length; k++) weights[k] = (float)(length * Math.Max(0, -part.Duals[encoded.Program.RowCount + k - 1]));
        var multipliers = new float[cuts.Length];
        var (neurons, slopes) = (ImmutableArray.CreateBuilder<int>(), ImmutableArray.CreateBuilder<Half>());
        foreach (var (neuron, relu) in encoded.ReLUs.Select(relu => (network.FirstActivationOf(relu.Node) + relu.Element, relu)).OrderBy(pair => pair.Item1))
        {
            var carried = part.Duals[relu.LowerRow] + part.Duals[relu.UpperRow];
            var coefficient = reduced[relu.Output] + carried + part.Duals[relu.BinaryRow];
            var cut = cuts.IndexOf((relu.Binary, 1));
            var below = cut < 0 ? cuts.IndexOf((relu.Binary, -1)) : -1;
            if (cut >= 0) multipliers[cut] = (float)(length * Math.Max(0, coefficient - carried));
            else if (below >= 0) multipliers[below] = (float)(length * Math.Max(0, carried));
            else if (coefficient > 0)
            {
                neurons.Add(neuron);
                slopes.Add((Half)Math.Clamp(carried / coefficient, 0, 1));
            }
        }

        return new(violation, [.. weights], new(neurons.ToImmutable(), slopes.ToImmutable(), [.. multipliers]));
    }

    private double Length(ProgramPart part, LinearProgram program, LinearConstraint first, ImmutableArray<(int Binary, int Sign)> cuts)
    {
        var (lower, upper) = (program.Lower.ToArray(), program.Upper.ToArray());
        foreach (var (binary, sign) in cuts) lower[binary] = upper[binary] = sign > 0 ? 1 : 0;
        var gap = SafeBound.LowerBound(program.WithCost(new double[program.ColumnCount]), part.Duals, lower, upper);
        var least = Concretization.MinimumInBox(first.Coefficients.AsSpan(), known.Bounds.Lower(network.Output), known.Bounds.Upper(network.Output));
        return gap > 0 ? Math.Max(1, 4 * (first.Bound + leastMargin - least) / gap) : 1e6;
    }
}
