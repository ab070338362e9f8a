using RobustVerify.Core.Networks;
using RobustVerify.Core.Networks.LinearMaps;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Core.Checking.Parts;

/// <summary>A network as a function of the inputs that a region leaves free; those that it fixes are constants.</summary>
/// <param name="Network">The network over these inputs.</param>
/// <param name="Region">Where they lie; null for everywhere.</param>
/// <param name="Indices">Which of the inputs they are.</param>
internal sealed record VaryingInputs(Network Network, InputRegion? Region, int[] Indices)
{
    public static VaryingInputs Of(Network network, InputRegion? region)
    {
        var size = network.Input.Size;
        if (region is null) return new(network, null, [.. Enumerable.Range(0, size)]);
        var indices = Enumerable.Range(0, size).Where(i => region.Lower[i] != region.Upper[i]).ToArray();
        if (indices.Length == size || indices.Length == 0) return new(network, region, indices);
        var (places, constants) = (new int[size], new double[size]);
        for (var i = 0; i < size; i++) (places[i], constants[i]) = (Array.IndexOf(indices, i), region.Lower[i] == region.Upper[i] ? region.Lower[i] : 0);
        var input = new InputNode(indices.Length);
        var nodes = Differentiation.Rebase(network, new AffineNode(input, new SelectionMap(indices.Length, places), constants));
        double[] Some(ReadOnlySpan<double> all)
        {
            var some = new double[indices.Length];
            for (var k = 0; k < some.Length; k++) some[k] = all[indices[k]];
            return some;
        }

        // What the inputs that are fixed take of a ball's radius is left to the others.
        return new(
            new Network(input, nodes[network.IndexOf(network.Output)]),
            region.IsBox ? InputRegion.Box(Some(region.Lower), Some(region.Upper)) : InputRegion.Of(Some(region.Lower), Some(region.Upper), region.Norm, Some(region.Center), Some(region.Radii)),
            indices);
    }
}
