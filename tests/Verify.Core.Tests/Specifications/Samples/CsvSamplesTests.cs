using System.Collections.Immutable;
using RobustVerify.Core.Specifications;
using RobustVerify.Core.Specifications.Samples;

namespace RobustVerify.Core.Tests.Specifications.Samples;

public sealed class CsvSamplesTests : IDisposable
{
    private const string Table = """
        radius,texture,label,split
        1.5,2e1,0,train
        -3,.5,1,test

        "4",5,0,test

        """;

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    private SampleTable Read(string text, CsvSelection selection) => CsvSamples.Read(folder.Write("data.csv", text), selection);

    private string Refused(string text, CsvSelection selection) => Assert.Throws<SpecificationException>(() => Read(text, selection)).Message;

    [Fact]
    public void Columns_that_are_neither_label_nor_ignored_are_features()
    {
        var table = Read(Table, new CsvSelection { Label = "label", Ignore = ["split"] });

        Assert.Equal(["radius", "texture"], table.FeatureNames.ToArray());
        Assert.Equal(["row 1", "row 2", "row 3"], table.Samples.Select(sample => sample.Name));
        Assert.Equal([0.0, 1.0, 0.0], table.Samples.Select(sample => sample.Label!.Value));
        Assert.Equal([1.5, 20], table.Samples[0].Values.ToArray());
        Assert.Equal([4.0, 5.0], table.Samples[2].Values.ToArray());
    }

    [Fact]
    public void Features_that_are_named_come_in_the_order_of_their_names()
    {
        var table = Read(Table, new CsvSelection { Features = ["texture", "radius"] });

        Assert.Equal(["texture", "radius"], table.FeatureNames.ToArray());
        Assert.Equal([0.5, -3], table.Samples[1].Values.ToArray());
        Assert.Null(table.Samples[1].Label);
    }

    [Fact]
    public void Rows_keep_their_number_when_others_are_left_out()
    {
        var where = ImmutableSortedDictionary<string, string>.Empty.Add("split", "test");

        Assert.Equal(["row 2", "row 3"], Read(Table, new CsvSelection { Label = "label", Where = where }).Samples.Select(sample => sample.Name));
        Assert.Equal(["row 3"], Read(Table, new CsvSelection { Label = "label", Where = where, First = 3 }).Samples.Select(sample => sample.Name));
        Assert.Equal(["row 2"], Read(Table, new CsvSelection { Label = "label", Where = where, Count = 1 }).Samples.Select(sample => sample.Name));
    }

    [Fact]
    public void Numbers_of_the_same_value_are_the_same_however_they_are_written()
    {
        var where = ImmutableSortedDictionary<string, string>.Empty.Add("texture", "20.0");

        Assert.Equal("row 1", Assert.Single(Read(Table, new CsvSelection { Ignore = ["split"], Where = where }).Samples).Name);
    }

    [Fact]
    public void A_column_that_is_missing_is_named_with_those_that_exist()
    {
        var message = Refused(Table, new CsvSelection { Label = "lable" });

        Assert.Contains("data.csv(1): there is no column 'lable'; did you mean 'label'? There are: radius, texture, label, split", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a,b\n1,2\n3,x\n", "data.csv(3): 'x' in column b is not a finite number")]
    [InlineData("a,b\n1,2\n\n3,NaN\n", "data.csv(4): 'NaN' in column b is not a finite number")]
    [InlineData("a,b\n1,\n", "data.csv(2): '' in column b is not a finite number")]
    [InlineData("a,b\n1,1e39\n", "data.csv(2): '1e39' in column b is not a finite number")]
    [InlineData("a,b\n1,2\n3\n", "data.csv(3): the CSV is malformed")]
    [InlineData("a,b\n1,\"2\n", "data.csv(2): the CSV is malformed")]
    [InlineData("a,a\n1,2\n", "data.csv(1): two columns are named 'a'")]
    [InlineData("", "data.csv(1): the file is empty")]
    [InlineData("a,b\n", "data.csv: no row is selected")]
    public void What_is_no_table_of_numbers_is_refused_at_its_line(string text, string problem)
    {
        Assert.Contains(problem, Refused(text, new CsvSelection()), StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_absent_is_named()
    {
        var exception = Assert.Throws<SpecificationException>(() => CsvSamples.Read(folder.PathOf("absent.csv"), new CsvSelection()));

        Assert.Contains("absent.csv: the file cannot be read", exception.Message, StringComparison.Ordinal);
    }
}
