using RobustVerify.Core.Programming;

namespace RobustVerify.Core.Tests.Programming;

public sealed class LinearProgramTests
{
    [Fact]
    public void Rows_are_sorted_and_equal_variables_added()
    {
        var builder = new LinearProgramBuilder();
        for (var j = 0; j < 4; j++) builder.Variable();
        Assert.Equal(0, builder.AtMost([new(3, 1), new(1, 2), new(3, 4), new(0, 5), new(0, -5)], 7));
        var program = builder.Build();
        Assert.Equal([1, 3], program.Columns.ToArray());
        Assert.Equal([2.0, 5.0], program.Coefficients.ToArray());
        Assert.Equal((double.NegativeInfinity, 7), (program.RowLower[0], program.RowUpper[0]));
        Assert.Equal(17, program.Row(0, [9, 1, 9, 3]));
    }

    [Fact]
    public void What_is_no_number_is_refused()
    {
        var builder = new LinearProgramBuilder();
        var x = builder.Variable(0, 1);
        Assert.Throws<ArgumentException>(() => builder.Variable(double.NaN));
        Assert.Throws<ArgumentException>(() => builder.Variable(atMost: double.NaN));
        Assert.Throws<ArgumentException>(() => builder.Variable(double.PositiveInfinity));
        Assert.Throws<ArgumentException>(() => builder.Variable(cost: double.PositiveInfinity));
        Assert.Throws<ArgumentException>(() => builder.Cost(x, double.NaN));
        Assert.Throws<ArgumentException>(() => builder.AtMost([new(x, double.NaN)], 1));
        Assert.Throws<ArgumentException>(() => builder.AtMost([new(x, double.PositiveInfinity)], 1));
        Assert.Throws<ArgumentException>(() => builder.AtMost([new(1, 1)], 1));
        Assert.Throws<ArgumentException>(() => builder.AtMost([new(x, 1)], double.NaN));
        Assert.Equal((1, 0), (builder.ColumnCount, builder.RowCount));

        var program = builder.Build();
        Assert.Throws<ArgumentException>(() => program.WithCost([double.NaN]));
        Assert.Throws<ArgumentException>(() => program.WithCost([1, 2]));
        Assert.Throws<ArgumentException>(() => program.WithBounds([double.NaN], [1]));
        Assert.Throws<ArgumentException>(() => program.WithBounds([], []));
    }
}
