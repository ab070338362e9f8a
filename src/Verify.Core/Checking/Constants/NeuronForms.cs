using RobustVerify.Core.Numerics;

namespace RobustVerify.Core.Checking.Constants;

/// <summary>What goes into the neurons of one layer, as affine functions of the inputs, where all slopes before it are known.</summary>
/// <remarks>An argument is off its computed form by at most γ times its size, the sum of the magnitudes of all that it is made of.</remarks>
internal sealed class NeuronForms
{
    private readonly int inputs;

    private NeuronForms(int inputs, double[] normals, double[] constants, double[] sizes, int roundings)
    {
        (this.inputs, Normals, Constants, Sizes, Roundings) = (inputs, normals, constants, sizes, roundings);
    }

    /// <summary>Neurons × inputs.</summary>
    public double[] Normals { get; }

    public double[] Constants { get; }

    /// <summary>Zero exactly where nothing that an argument depends on is other than zero.</summary>
    public double[] Sizes { get; }

    /// <summary>The n of the γ.</summary>
    public int Roundings { get; }

    public ReadOnlySpan<double> Normal(int i) => Normals.AsSpan(i * inputs, inputs);

    /// <summary>Those of the first layer.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="furthest">The largest magnitude of every input.</param>
    public static NeuronForms First(ChainLayer layer, double[] furthest)
    {
        var sizes = (double[])layer.BiasSize.Clone();
        for (var i = 0; i < layer.Size.Length; i++) sizes[i / layer.Columns] += layer.Size[i] * furthest[i % layer.Columns];
        return new(layer.Columns, layer.Matrix, layer.Bias, sizes, layer.Columns + layer.Roundings + 8);
    }

    /// <summary>Those of the next layer.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="slopes">The slopes between the two.</param>
    public NeuronForms Next(ChainLayer layer, double[] slopes)
    {
        var (rows, columns) = (layer.Rows, layer.Columns);
        var (weights, magnitudes) = (new double[rows * columns], new double[rows * columns]);
        for (var i = 0; i < rows; i++)
        {
            for (var j = 0; j < columns; j++)
                (weights[i * columns + j], magnitudes[i * columns + j]) = (layer.Matrix[i * columns + j] * slopes[j], layer.Size[i * columns + j] * Math.Abs(slopes[j]));
        }

        var (normals, constants, sizes) = (new double[rows * inputs], (double[])layer.Bias.Clone(), (double[])layer.BiasSize.Clone());
        MatrixProduct.Accumulate<double>(weights, Normals, normals, rows, columns, inputs);
        for (var i = 0; i < rows; i++)
        {
            constants[i] += Reduction.Dot(weights.AsSpan(i * columns, columns), Constants);
            for (var j = 0; j < columns; j++) sizes[i] += magnitudes[i * columns + j] * Sizes[j];
        }

        return new(inputs, normals, constants, sizes, Roundings + columns + layer.Roundings + 8);
    }
}
