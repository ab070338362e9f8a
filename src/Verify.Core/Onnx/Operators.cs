using System.Collections.Frozen;
using RobustVerify.Core.Onnx.Lowerings;

namespace RobustVerify.Core.Onnx;

/// <summary>All operators that can be imported.</summary>
internal static class Operators
{
    private static readonly FrozenDictionary<string, Lowering> Lowerings = new[]
    {
        Arithmetic.Operators,
        Elementwise.Operators,
        Constants.Operators,
        Convolutions.Operators,
        Normalisation.Operators,
        Pooling.Operators,
        Products.Operators,
        Reductions.Operators,
        Resizing.Operators,
        Rearrangements.Operators,
    }.SelectMany(family => family).ToFrozenDictionary();

    /// <summary>What is nearest in meaning to operators that are met often and are not supported.</summary>
    private static readonly FrozenDictionary<string, string> Substitutes = new Dictionary<string, string>
    {
        ["LSTM"] = "MatMul, Sigmoid, Tanh and Mul, written out for every step",
        ["GRU"] = "MatMul, Sigmoid, Tanh and Mul, written out for every step",
        ["RNN"] = "MatMul and Tanh, written out for every step",
        ["Loop"] = "the body written out for every step",
        ["Scan"] = "the body written out for every step",
        ["If"] = "the branch that is taken, exported alone",
        ["Attention"] = "MatMul and Softmax",
        ["Einsum"] = "MatMul",
        ["CumSum"] = "MatMul with a triangular matrix of ones",
        ["GroupNormalization"] = "InstanceNormalization",
        ["LpNormalization"] = "ReduceL2 and Div",
        ["RMSNormalization"] = "ReduceMean, Sqrt and Div",
        ["LpPool"] = "AveragePool",
        ["GridSample"] = "Resize",
        ["Hardmax"] = "ArgMax",
        ["TopK"] = "ReduceMax",
        ["Mod"] = "Floor",
        ["QuantizeLinear"] = "the model before quantisation",
        ["DequantizeLinear"] = "the model before quantisation",
        ["QLinearConv"] = "Conv, in the model before quantisation",
        ["QLinearMatMul"] = "MatMul, in the model before quantisation",
    }.ToFrozenDictionary();

    /// <summary>The operators' names.</summary>
    public static IEnumerable<string> Names => Lowerings.Keys;

    /// <summary>The lowering of an operator, or nothing where it is not supported.</summary>
    public static Lowering? Find(string name) => Lowerings.GetValueOrDefault(name);

    /// <summary>What may stand for an operator that is not supported: a known substitute, or the operator of the nearest name.</summary>
    public static string Nearest(string name) => Substitutes.TryGetValue(name, out var substitute)
        ? substitute
        : Names.Order(StringComparer.Ordinal).MinBy(other => Distance(name, other))!;

    private static int Distance(string from, string to)
    {
        var row = Enumerable.Range(0, to.Length + 1).ToArray();
        for (var i = 1; i <= from.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= to.Length; j++)
            {
                var substitute = diagonal + (char.ToLowerInvariant(from[i - 1]) == char.ToLowerInvariant(to[j - 1]) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(substitute, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[to.Length];
    }
}
