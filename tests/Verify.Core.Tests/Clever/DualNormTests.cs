using RobustVerify.Core.Clever;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Core.Tests.Clever;

public sealed class DualNormTests
{
    [Theory]
    [InlineData(Norm.L1, 4)]
    [InlineData(Norm.L2, 5)]
    [InlineData(Norm.Linf, 7)]
    public void Columns_have_the_norms_that_vectors_have(Norm norm, double expected)
    {
        const int Elements = 23, Columns = 24;
        double[] gradients = new double[Elements * Columns], norms = new double[Columns];
        // One column is 3, −4, zeros; the others are multiples of it.
        for (var column = 0; column < Columns; column++)
            (gradients[3 * Columns + column], gradients[20 * Columns + column]) = (3 * column, -4 * column);
        DualNorm.OfColumns<double>(gradients, norms, norm);
        for (var column = 0; column < Columns; column++)
        {
            Assert.Equal(expected * column, norms[column], 1e-12);
            var alone = new double[Elements];
            for (var i = 0; i < Elements; i++) alone[i] = gradients[i * Columns + column];
            Assert.Equal(norms[column], DualNorm.Of<double>(alone, norm), 1e-12);
        }

        gradients[5 * Columns + 7] = double.NaN;
        DualNorm.OfColumns<double>(gradients, norms, norm);
        Assert.Equal([7], Enumerable.Range(0, Columns).Where(column => double.IsNaN(norms[column])));
    }
}
