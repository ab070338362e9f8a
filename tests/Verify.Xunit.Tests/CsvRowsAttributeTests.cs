using System.Reflection;

namespace RobustVerify.Xunit.Tests;

public class CsvRowsAttributeTests
{
    [Fact]
    public void A_row_is_its_features_and_its_label()
    {
        var rows = Rows(nameof(Digits.Robust));

        Assert.Equal(3, rows.Length);
        Assert.All(rows, row => Assert.Equal(64, Assert.IsType<double[]>(row[0]).Length));
        Assert.Equal(6, rows[0][1]);
    }

    [Fact]
    public void Without_a_label_column_all_columns_are_features_in_the_type_of_the_parameter()
    {
        var row = Assert.Single(Rows(nameof(Digits.WithoutModel)));

        Assert.Equal(65, Assert.IsType<float[]>(Assert.Single(row)).Length);
    }

    [Fact]
    public void Ignored_columns_are_no_features()
    {
        var row = Assert.Single(Rows(nameof(Digits.WithoutLabel)));

        Assert.Equal(64, Assert.IsType<double[]>(Assert.Single(row)).Length);
    }

    private static object[][] Rows(string method) =>
        [.. Digits.Method(method).GetCustomAttribute<CsvRowsAttribute>()!.GetData(Digits.Method(method))];
}
