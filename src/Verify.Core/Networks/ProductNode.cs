namespace RobustVerify.Core.Networks;

/// <summary>
/// A batch of matrix products of two computed tensors, y[b] = x₁[b] · x₂[b], with x₁ of batch × rows × inner and x₂ of
/// batch × inner × columns. The elementwise product is the batch of 1 × 1 products.
/// </summary>
/// <remarks>Broadcasting and transposition are selections before the product.</remarks>
public sealed class ProductNode : Node
{
    /// <summary>Creates a batched matrix product.</summary>
    public ProductNode(Node left, Node right, int batch, int rows, int inner, int columns, string name = "product")
        : base(batch * rows * columns, [left, right], name)
    {
        if (left.Size != batch * rows * inner || right.Size != batch * inner * columns)
        {
            throw new ArgumentException(
                $"{name}: {left.Size} and {right.Size} elements are not {batch} matrices of {rows}×{inner} and of {inner}×{columns}.");
        }

        (Batch, Rows, Inner, Columns) = (batch, rows, inner, columns);
    }

    /// <summary>Creates an elementwise product.</summary>
    public ProductNode(Node left, Node right, string name = "product") : this(left, right, left.Size, 1, 1, 1, name)
    {
    }

    /// <summary>The first factor.</summary>
    public Node Left => Sources[0];

    /// <summary>The second factor.</summary>
    public Node Right => Sources[1];

    /// <summary>How many matrix products.</summary>
    public int Batch { get; }

    /// <summary>Rows of one left matrix and of one result.</summary>
    public int Rows { get; }

    /// <summary>Columns of one left matrix and rows of one right matrix: the terms of each sum.</summary>
    public int Inner { get; }

    /// <summary>Columns of one right matrix and of one result.</summary>
    public int Columns { get; }
}
