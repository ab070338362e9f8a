using System.Collections.Immutable;
using RobustVerify.Core.Certificates;
using RobustVerify.Core.Networks;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Core.Checking;

/// <summary>What the words of a proof must be, so that they mean something for a network and a property.</summary>
internal readonly struct ProofFormat(Layout layout, Property? property, Place place)
{
    /// <summary>Throws where a part says something that cannot be meant.</summary>
    /// <param name="proof">The part.</param>
    /// <param name="cuts">How many cuts of neurons lead to it.</param>
    public void Require(ProofPart proof, int cuts)
    {
        Require(!proof.Neurons.IsDefault && !proof.Rows.IsDefault && !proof.Cuts.IsDefault, "A list of this part is missing.");
        Require(proof.Neurons, cuts);
        foreach (var row in proof.Rows)
        {
            Require(row.Violation >= 0 && row.Violation < property?.Output.Violations.Length, $"The property has no violation {row.Violation}.");
            var constraints = property!.Output.Violations[row.Violation].Constraints.Length;
            Require(!row.Weights.IsDefault && row.Weights.Length == constraints, $"Violation {row.Violation} has {constraints} constraints, which need as many weights.");
            Require(row.Weights.All(IsWeight) && row.Weights.Any(weight => weight > 0), $"A weight of violation {row.Violation} is negative or not finite, or all are zero.");
            Require(row.Lines, cuts);
        }

        foreach (var cut in proof.Cuts) Require(cut);
    }

    /// <summary>Throws where rows of neurons say something that cannot be meant.</summary>
    /// <param name="neurons">The rows.</param>
    /// <param name="cuts">How many cuts of neurons lead to their part.</param>
    public void Require(ImmutableArray<NeuronRow> neurons, int cuts)
    {
        foreach (var row in neurons)
        {
            Require(row.Node > 0 && row.Node < layout.Network.Nodes.Length, $"There is no node {row.Node} to be bounded.");
            Require(row.Element >= 0 && row.Element < layout.Network.Nodes[row.Node].Size, $"Node {row.Node} has no element {row.Element}.");
            Require(row.Sign is 1 or -1, $"The sign {row.Sign} of a neuron's bound is neither 1 nor -1.");
            Require(row.Lines, cuts);
        }
    }

    /// <summary>Throws where the lines of a gradient say something that cannot be meant.</summary>
    /// <param name="lines">The lines.</param>
    /// <param name="entries">How many entries the gradient has.</param>
    public void Require(GradientLines lines, int entries)
    {
        Require(!lines.Neurons.IsDefault && !lines.Entries.IsDefault && lines.Entries.Length is var count && (count == 0 || count == 2 * entries), $"There are not lines of the bounds of {entries} entries.");
        Require(lines.Neurons, 0);
        foreach (var row in lines.Entries) Require(row, 0);
        Require(lines.Sum, 0);
    }

    private void Require(RowLines lines, int cuts)
    {
        Require(!lines.Neurons.IsDefault && !lines.Slopes.IsDefault && lines.Neurons.Length == lines.Slopes.Length, "A row does not have one slope for each of its neurons.");
        var last = -1;
        foreach (var neuron in lines.Neurons)
        {
            Require(neuron > last && neuron < layout.Activations, $"Activation {neuron} of a row is out of order, or there is none of that number.");
            last = neuron;
        }

        Require(lines.Slopes.All(Half.IsFinite), "A slope of a row is not finite.");
        Require(!lines.Multipliers.IsDefault && lines.Multipliers.Length <= cuts, $"A row has more multipliers than the {cuts} cuts of neurons that lead to its part.");
        Require(lines.Multipliers.All(IsWeight), "A multiplier of a row is negative or not finite.");
    }

    private void Require(ProofCut cut)
    {
        Require(cut is not null && double.IsFinite(cut.At), "A part is cut at a number that is not finite.");
        Require(cut!.Below is not null && cut.Above is not null, "A half of a cut is missing.");
        switch (cut)
        {
            case InputCut input:
                Require(input.Input >= 0 && input.Input < layout.Region.Size, $"There is no input {input.Input} to be cut.");
                Require(cut.At >= layout.Region.Lower[input.Input] && cut.At <= layout.Region.Upper[input.Input], $"The cut of input {input.Input} at {cut.At} lies outside of the region.");
                break;
            case NeuronCut neuron:
                Require(neuron.Node > 0 && neuron.Node < layout.Network.Nodes.Length && layout.Network.Nodes[neuron.Node] is ElementwiseNode, $"Node {neuron.Node} has no activations to be cut.");
                Require(neuron.Element >= 0 && neuron.Element < layout.Network.Nodes[neuron.Node].Size, $"Node {neuron.Node} has no element {neuron.Element}.");
                break;
        }
    }

    private void Require(bool condition, string problem)
    {
        if (!condition) throw new InvalidProof(place, problem);
    }

    private static bool IsWeight(float weight) => weight >= 0 && float.IsFinite(weight);
}
