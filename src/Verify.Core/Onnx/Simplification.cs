using RobustVerify.Core.Networks;

namespace RobustVerify.Core.Onnx;

/// <summary>Merges nodes.</summary>
internal static class Simplification
{
    public static Node Simplify(Node output) => output;
}
