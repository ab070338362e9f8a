using System.Collections.Immutable;
using RobustVerify.Core.Networks;
using RobustVerify.Core.Runtimes;

namespace RobustVerify.Tool;

/// <summary>An input or output of a model.</summary>
internal sealed record TensorSummary(string Name, ImmutableArray<int> Shape);

/// <summary>What a model is made of.</summary>
/// <param name="Model">The file.</param>
/// <param name="Sha256">Its SHA-256.</param>
/// <param name="Opset">The version of its operator set.</param>
/// <param name="Runtime">What evaluates it.</param>
/// <param name="Inputs">Its inputs.</param>
/// <param name="Outputs">Its outputs.</param>
/// <param name="Parameters">How many numbers it was trained to.</param>
/// <param name="AffineNodes">Affine nodes of its network.</param>
/// <param name="ElementwiseNodes">Elementwise nodes of its network.</param>
/// <param name="ProductNodes">Product nodes of its network.</param>
/// <param name="Activations">The neurons of every kind of activation.</param>
internal sealed record ModelSummary(
    string Model, string Sha256, long Opset, string Runtime, ImmutableArray<TensorSummary> Inputs, ImmutableArray<TensorSummary> Outputs,
    long Parameters, int AffineNodes, int ElementwiseNodes, int ProductNodes, ImmutableSortedDictionary<string, int> Activations)
{
    public static ModelSummary Of(DeployedModel model)
    {
        var nodes = model.Network.Nodes;
        return new ModelSummary(
            model.Path,
            model.Sha256,
            model.Model.Opset,
            model.Runtime.Name,
            [.. model.Model.Inputs.Select(tensor => new TensorSummary(tensor.Name, tensor.Shape))],
            [.. model.Model.Outputs.Select(tensor => new TensorSummary(tensor.Name, tensor.Shape))],
            model.Model.Parameters,
            nodes.OfType<AffineNode>().Count(),
            nodes.OfType<ElementwiseNode>().Count(),
            nodes.OfType<ProductNode>().Count(),
            nodes.OfType<ElementwiseNode>().GroupBy(node => node.Activation.Name)
                .ToImmutableSortedDictionary(group => group.Key, group => group.Sum(node => node.Size), StringComparer.Ordinal));
    }
}
