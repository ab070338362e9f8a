namespace RobustVerify.Tool.Tests;

public sealed class BadInputTests : Session
{
    private const string OfBroken = "verify broken.onnx property.vnnlib";

    [Theory]
    [InlineData("verify", "files")]
    [InlineData("verify iris.onnx", "What is to be verified of iris.onnx?")]
    [InlineData("verify iris.onnx property.vnnlib --data iris.csv --radius 1", "exclude each other")]
    [InlineData("verify iris.onnx --data iris.csv", "--data needs --radius")]
    [InlineData("verify iris.onnx --data iris.csv --radius -1", "--radius is '-1'; it is a number that is not negative")]
    [InlineData("verify iris.onnx --data iris.csv --radius NaN", "--radius is 'NaN'")]
    [InlineData("verify iris.onnx --data iris.csv --radius 0,1", "--radius is '0,1'")]
    [InlineData("verify iris.onnx --data iris.csv --radius 1e400", "--radius is '1e400'")]
    [InlineData("verify iris.onnx --data iris.csv --radius wide", "'wide'")]
    [InlineData("verify iris.onnx --data iris.csv --radius 1 --domain 2,1", "the smaller one first")]
    [InlineData("verify iris.onnx --data iris.csv --radius 1 --norm l3", "l3")]
    [InlineData("verify iris.onnx property.vnnlib --frob", "'--frob'")]
    [InlineData("verify iris.json --frob", "There is no option '--frob'")]
    [InlineData("bench instances.csv --timeout 0", "positive number of seconds")]
    [InlineData("prove iris.onnx", "prove")]
    public async Task A_wrong_command_line_is_explained(string commandLine, string said) => await Expect(1, commandLine, said);

    [Theory]
    [InlineData("inspect missing.onnx", "missing.onnx")]
    [InlineData("verify missing.onnx property.vnnlib", "missing.onnx")]
    [InlineData("verify iris.onnx missing.vnnlib", "missing.vnnlib")]
    [InlineData("verify missing.json", "missing.json")]
    [InlineData("verify iris.onnx --data missing.csv --radius 1", "missing.csv")]
    [InlineData("bench missing.csv", "missing.csv")]
    [InlineData("bench .", "there is no instance")]
    public async Task A_file_that_cannot_be_read_is_named(string commandLine, string said) => await Expect(1, commandLine, said);

    [Fact]
    public async Task A_truncated_model_is_refused()
    {
        File.WriteAllBytes("broken.onnx", File.ReadAllBytes("iris.onnx")[..700]);
        await Expect(1, OfBroken, "RV2002", "broken.onnx");
    }

    [Fact]
    public async Task A_model_with_NaN_weights_is_refused()
    {
        // The content of the first weights: 160 bytes in field 9.
        Patch([0x4a, 0xa0, 0x01], bytes => BitConverter.TryWriteBytes(bytes[3..], float.NaN));
        await Expect(1, OfBroken, "RV2002", "0.weight");
    }

    [Fact]
    public async Task A_model_whose_shapes_do_not_fit_is_refused()
    {
        // The first weights are 10 × 4, two dimensions in field 1.
        Patch([8, 10, 8, 4], bytes => (bytes[1], bytes[3]) = (4, 10));
        await Expect(1, OfBroken, "RV2002", "/0/Gemm");
    }

    [Fact]
    public async Task An_unknown_operator_is_named_and_ends_with_4()
    {
        Patch("\"\u0004Relu"u8, bytes => "Ralu"u8.CopyTo(bytes[2..]));
        await Expect(4, OfBroken, "RV2003", "Ralu", "/1/Relu");
    }

    [Fact]
    public async Task A_malformed_query_is_refused_with_line_and_column()
    {
        File.WriteAllText("broken.vnnlib", "(declare-const X_0 Real)\n(assert (>= X_0 1..2))\n");
        await Expect(1, "verify iris.onnx broken.vnnlib", "RV2001", "broken.vnnlib(2,17)");
    }

    [Fact]
    public async Task A_query_with_an_empty_region_is_refused()
    {
        File.WriteAllText("broken.vnnlib", File.ReadAllText("property.vnnlib") + "(assert (<= X_0 1))");
        await Expect(1, "verify iris.onnx broken.vnnlib", "RV2001", "X_0");
    }

    [Fact]
    public async Task A_query_of_another_network_is_refused()
    {
        File.WriteAllText("broken.vnnlib", File.ReadAllText("property.vnnlib").Replace("(declare-const Y_2 Real)", "(declare-const Y_2 Real)\n(declare-const Y_3 Real)", StringComparison.Ordinal));
        await Expect(1, "verify iris.onnx broken.vnnlib", "RV2001", "4 outputs");
    }

    [Fact]
    public async Task A_missing_column_is_named_with_those_there_are() =>
        await Expect(1, "verify iris.onnx --data iris.csv --radius 1 --label species", "RV2001", "iris.csv(1)", "'species'", "petal_width");

    [Fact]
    public async Task A_cell_that_is_no_number_is_named_with_its_line()
    {
        File.AppendAllText("iris.csv", "5,many,1.5,0.2,0\n");
        await Expect(1, "verify iris.onnx --data iris.csv --radius 1 --label label", "iris.csv(5)", "'many'", "sepal_width");
    }

    [Fact]
    public async Task Samples_with_too_many_columns_are_refused() =>
        await Expect(1, "verify iris.onnx --data iris.csv --radius 1", "RV2001", "4 inputs");

    [Fact]
    public async Task A_negative_radius_in_a_specification_is_refused()
    {
        WriteSpecification(radius: -1);
        await Expect(1, "verify iris.robust.json", "RV2001", "iris.robust.json(4", "must not be negative");
    }

    [Fact]
    public async Task A_specification_that_is_no_JSON_is_refused_with_its_place()
    {
        File.WriteAllText("broken.json", "{\n  \"model\": \n}");
        await Expect(1, "verify broken.json", "RV2001", "broken.json(3");
    }

    [Fact]
    public async Task A_baseline_with_a_merge_conflict_is_refused_with_its_line()
    {
        WriteSpecification(radius: 0.01);
        (await Run("baseline accept iris.robust.json")).With(0);
        File.WriteAllText("iris.robust.verified.json", File.ReadAllText("iris.robust.verified.json").Replace("  \"runtime\"", "<<<<<<< HEAD\n  \"runtime\"", StringComparison.Ordinal));
        await Expect(1, "baseline diff iris.robust.json", "RV1007", "iris.robust.verified.json(6)");
    }

    [Fact]
    public async Task A_line_of_instances_that_is_none_is_named()
    {
        File.WriteAllText("instances.csv", "iris.onnx,property.vnnlib,60\niris.onnx,property.vnnlib,soon\n");
        await Expect(1, "bench instances.csv", "RV2001", "instances.csv(2)");
    }

    [Fact]
    public async Task A_known_answer_that_is_none_is_named()
    {
        File.WriteAllText("instances.csv", "iris.onnx,property.vnnlib,60\n");
        File.WriteAllText("expected.csv", "onnx,vnnlib,verdict,confidence\niris.onnx,property.vnnlib,perhaps\n");
        await Expect(1, "bench instances.csv", "RV2001", "expected.csv(2)");
    }

    /// <summary>Writes a copy of the model with the bytes after a pattern changed.</summary>
    private static void Patch(ReadOnlySpan<byte> pattern, Change change)
    {
        var bytes = File.ReadAllBytes("iris.onnx");
        var position = bytes.AsSpan().IndexOf(pattern);
        Assert.True(position >= 0, $"The model does not contain {Convert.ToHexString(pattern)}.");
        change(bytes.AsSpan(position));
        File.WriteAllBytes("broken.onnx", bytes);
    }

    private delegate void Change(Span<byte> bytes);

    private static async Task Expect(int code, string commandLine, params string[] said)
    {
        var ending = (await Run(commandLine)).With(code);
        Assert.Equal("", ending.Output.Trim());
        foreach (var text in said) Assert.Contains(text, ending.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", ending.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("RV2006", ending.Error, StringComparison.Ordinal);
    }
}
