using System.Text.Json;

namespace RobustVerify.Tool.Tests;

public sealed class LipschitzCommandTests : Session
{
    [Theory]
    [InlineData("l1")]
    [InlineData("l2")]
    [InlineData("linf")]
    public async Task The_constant_over_a_box_is_exact(string norm)
    {
        var ending = (await Run($"lipschitz iris.onnx --norm {norm} --lower 4 --upper 4.5 --exact --json")).With(0);
        var result = JsonDocument.Parse(ending.Output).RootElement;
        Assert.True(result.GetProperty("exact").GetBoolean());
        Assert.InRange(result.GetProperty("upper").GetDouble(), result.GetProperty("lower").GetDouble(), 1000);
        Assert.Equal(4, result.GetProperty("witness").GetArrayLength());
        Assert.StartsWith("exact, ", (await Run($"lipschitz iris.onnx --norm {norm} --lower 4 --upper 4.5 --exact")).With(0).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Around_samples_the_largest_constant_counts()
    {
        var result = JsonDocument.Parse((await Run("lipschitz iris.onnx --norm linf --at iris.csv --ignore label --radius 0.1 --json")).With(0).Output).RootElement;
        var samples = result.GetProperty("samples").EnumerateArray().ToArray();
        Assert.Equal(["row 1", "row 2", "row 3"], samples.Select(sample => sample.GetProperty("name").GetString()));
        Assert.Equal(result.GetProperty("upper").GetDouble(), samples.Max(sample => sample.GetProperty("upper").GetDouble()));
    }

    [Fact]
    public async Task A_radius_counts_standard_deviations_or_names_features()
    {
        async Task<double> Upper(string radius) =>
            JsonDocument.Parse((await Run($"lipschitz iris.onnx --norm linf --at iris.csv --ignore label --radius {radius} --json")).With(0).Output).RootElement.GetProperty("upper").GetDouble();
        var all = await Upper("0.1");
        Assert.Equal(all, await Upper("sepal_length=0.1,sepal_width=0.1,petal_length=0.1,petal_width=0.1"));
        Assert.InRange(await Upper("petal_length=0.1"), 0, all);
        Assert.InRange(await Upper("0.01sd"), 0, await Upper("0.1sd") * (1 + 1e-9));
    }

    [Fact]
    public async Task A_margin_and_all_inputs_can_be_asked_for()
    {
        var whole = JsonDocument.Parse((await Run("lipschitz iris.onnx --norm l2 --global --json")).With(0).Output).RootElement;
        var margin = JsonDocument.Parse((await Run("lipschitz iris.onnx --norm l2 --global --output 0 1 --json")).With(0).Output).RootElement;
        Assert.InRange(margin.GetProperty("lower").GetDouble(), 0, Math.Sqrt(2) * whole.GetProperty("upper").GetDouble());
    }

    [Theory]
    [InlineData("--norm l1 --lower 4 --upper 4.5 --exact", 1)]
    [InlineData("--norm l2 --at iris.csv --ignore label --radius 0.1", 3)]
    [InlineData("--norm linf --at iris.csv --ignore label --radius 0.1 --output 2 1", 3)]
    [InlineData("--norm l2 --global", 1)]
    public async Task What_is_proved_is_accepted_and_of_another_model_it_is_not(string options, int constants)
    {
        var result = JsonDocument.Parse((await Run($"lipschitz iris.onnx {options} --certificate iris.certificate --json")).With(0).Output).RootElement;
        var check = (await Run("check iris.certificate --json")).With(0);
        var accepted = JsonDocument.Parse(check.Output).RootElement.EnumerateArray().ToArray();
        Assert.Equal(constants, accepted.Length);
        Assert.All(accepted, constant => Assert.True(constant.GetProperty("accepted").GetBoolean()));
        Assert.Equal(result.GetProperty("upper").GetDouble(), accepted.Max(constant => constant.GetProperty("upper").GetDouble()));
        Assert.Equal(result.GetProperty("lower").GetDouble(), accepted.Max(constant => constant.GetProperty("lower").GetDouble()));
        Assert.Contains(": accepted, between ", (await Run("check iris.certificate")).With(0).Output, StringComparison.Ordinal);
        var bytes = File.ReadAllBytes("iris.onnx");
        bytes[bytes.Length / 2] ^= 1;
        File.WriteAllBytes("iris.onnx", bytes);
        Assert.Contains("certificate of another model", (await Run("check iris.certificate")).With(2).Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--norm l2", "Where do the inputs lie?")]
    [InlineData("--norm l2 --global --lower 0 --upper 1", "Where do the inputs lie?")]
    [InlineData("--norm l2 --lower 0", "belong together")]
    [InlineData("--norm l2 --at iris.csv", "belong together")]
    [InlineData("--norm l2 --lower 1 --upper 0", "--lower is above --upper")]
    [InlineData("--norm l2 --lower 0 --upper Infinity", "no finite number")]
    [InlineData("--norm l2 --at iris.csv --radius -1", "must not be negative")]
    [InlineData("--norm l2 --at iris.csv --radius -1sd", "must not be negative")]
    [InlineData("--norm l2 --at iris.csv --radius 1km", "no finite number such as 0.1")]
    [InlineData("--norm l2 --at iris.csv --ignore label --radius petal_lenght=1", "did you mean 'petal_length'")]
    [InlineData("--norm l2 --at iris.csv --radius 1", "name those that are none with --ignore")]
    [InlineData("--norm l2 --global --output 3", "the outputs 0 to 2")]
    [InlineData("--norm l2 --global --output 1 1", "two that differ")]
    [InlineData("--global", "--norm")]
    [InlineData("--norm l3 --global", "l3")]
    public async Task A_wrong_question_is_explained(string options, string said)
    {
        var ending = (await Run($"lipschitz iris.onnx {options}")).With(1);
        Assert.Contains(said, ending.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("RV2006", ending.Error, StringComparison.Ordinal);
    }
}
