namespace RobustVerify.Core.Onnx.Lowerings;

/// <summary>Matrix products.</summary>
internal static class Products
{
    public static readonly OperatorFamily Operators = new()
    {
        { "MatMul", op => op.MatrixProduct(op[0], op[1]) },
        { "Gemm", Gemm },
    };

    private static Value Gemm(Operation op)
    {
        var a = op.Integer("transA", 0) != 0 ? op[0].Transpose(1, 0) : op[0];
        var b = op.Integer("transB", 0) != 0 ? op[1].Transpose(1, 0) : op[1];
        if (op.Number("alpha", 1) is var alpha and not 1)
        {
            // Known weights take the factor, so that the product stays one map.
            if (b is Constant) b = op.Sum((alpha, b));
            else a = op.Sum((alpha, a));
        }

        var product = op.MatrixProduct(a, b);
        return op.Optional(2) is { } c ? op.Sum((1, product), (op.Number("beta", 1), c)) : product;
    }
}
