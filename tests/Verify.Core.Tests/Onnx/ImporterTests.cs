using System.Security.Cryptography;
using Google.Protobuf;
using RobustVerify.Core.Networks;
using RobustVerify.Core.Onnx;
using RobustVerify.Core.Onnx.Format;
using RobustVerify.Core.Tests.Specifications;
using DataType = RobustVerify.Core.Onnx.Format.TensorProto.Types.DataType;

namespace RobustVerify.Core.Tests.Onnx;

public sealed class ImporterTests
{
    [Fact]
    public void A_symbolic_batch_axis_is_one_and_leaves_the_port()
    {
        var builder = new ModelBuilder();
        builder.Node("Relu", [builder.Input([-1, 2, 3])]);
        var model = builder.Import();
        Assert.Equal<int>([2, 3], model.Network.Inputs.Single().Shape);
        Assert.Equal<int>([2, 3], model.Network.Outputs.Single().Shape);
        Assert.Equal<int>([1, 2, 3], model.Inputs.Single().Shape);
        Assert.True(model.Outputs.Single().HasBatchAxis);
    }

    [Fact]
    public void A_fixed_batch_axis_stays_in_the_port()
    {
        var builder = new ModelBuilder();
        builder.Node("Flatten", [builder.Input([1, 2, 3])]);
        Assert.Equal<int>([1, 2, 3], builder.Import().Network.Inputs.Single().Shape);
    }

    [Fact]
    public void Several_inputs_and_outputs_lie_one_after_another()
    {
        var builder = new ModelBuilder();
        var (a, b) = (builder.Input([2], "a"), builder.Input([1], "b"));
        var sum = builder.Node("Add", [a, b]);
        var negative = builder.Node("Neg", [b]);
        using var folder = new TemporaryFolder();
        var network = OnnxImporter.Import(builder.Save(folder, sum, negative)).Network;
        Assert.Equal([("a", 0), ("b", 2)], network.Inputs.Select(port => (port.Name, port.Offset)));
        Assert.Equal([(sum, 0), (negative, 2)], network.Outputs.Select(port => (port.Name, port.Offset)));
        Assert.Equal([11, 12, -10], network.Evaluate<double>([1, 2, 10]));
    }

    [Fact]
    public void Initialisers_that_are_listed_as_inputs_are_no_inputs()
    {
        var builder = new ModelBuilder();
        builder.Input([2]);
        var weights = builder.Floats([2], 3, 4);
        builder.Input([2], weights);
        builder.Node("Mul", ["x", weights]);
        Assert.Equal([3, 8], builder.Import().Network.Evaluate<double>([1, 2]));
    }

    [Theory]
    [InlineData(nameof(DataType.Float))]
    [InlineData(nameof(DataType.Double))]
    [InlineData(nameof(DataType.Float16))]
    [InlineData(nameof(DataType.Bfloat16))]
    [InlineData(nameof(DataType.Int64))]
    [InlineData(nameof(DataType.Int32))]
    [InlineData(nameof(DataType.Int8))]
    [InlineData(nameof(DataType.Uint64))]
    public void Tensors_of_every_type_are_read_from_bytes_and_from_fields(string typeName)
    {
        var type = Enum.Parse<DataType>(typeName);
        var raw = new TensorProto { Name = "raw", DataType = type, Dims = { 2 } };
        var typed = new TensorProto { Name = "typed", DataType = type, Dims = { 2 } };
        double[] values = [3, 96];
        raw.RawData = ByteString.CopyFrom([.. values.SelectMany(v => type switch
        {
            DataType.Float => BitConverter.GetBytes((float)v),
            DataType.Double => BitConverter.GetBytes(v),
            DataType.Float16 => BitConverter.GetBytes((Half)v),
            DataType.Bfloat16 => BitConverter.GetBytes((float)v)[2..],
            DataType.Int64 => BitConverter.GetBytes((long)v),
            DataType.Int32 => BitConverter.GetBytes((int)v),
            DataType.Int8 => [(byte)v],
            _ => BitConverter.GetBytes((ulong)v),
        })]);
        foreach (var v in values)
        {
            switch (type)
            {
                case DataType.Float: typed.FloatData.Add((float)v); break;
                case DataType.Double: typed.DoubleData.Add(v); break;
                case DataType.Float16: typed.Int32Data.Add(BitConverter.HalfToUInt16Bits((Half)v)); break;
                case DataType.Bfloat16: typed.Int32Data.Add(BitConverter.SingleToInt32Bits((float)v) >> 16); break;
                case DataType.Int64: typed.Int64Data.Add((long)v); break;
                case DataType.Uint64: typed.Uint64Data.Add((ulong)v); break;
                default: typed.Int32Data.Add((int)v); break;
            }
        }

        var reader = new TensorReader(".");
        Assert.Equal(values, reader.Read(raw).Data);
        Assert.Equal(values, reader.Read(typed).Data);
    }

    [Fact]
    public void External_data_is_read_and_part_of_the_hash()
    {
        using var folder = new TemporaryFolder();
        var builder = new ModelBuilder();
        var tensor = External(builder, "weights.bin");
        byte[] data = [.. new byte[4], .. BitConverter.GetBytes(5f), .. BitConverter.GetBytes(7f)];
        File.WriteAllBytes(folder.PathOf("weights.bin"), data);
        builder.Node("Mul", [builder.Input([2]), tensor.Name]);
        var path = builder.Save(folder);
        var model = OnnxImporter.Import(path);
        Assert.Equal([5, 14], model.Network.Evaluate<double>([1, 2]));
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData([.. File.ReadAllBytes(path), .. data])), model.Sha256);
    }

    [Fact]
    public void External_data_outside_the_folder_is_refused()
    {
        using var folder = new TemporaryFolder();
        var builder = new ModelBuilder();
        builder.Node("Mul", [builder.Input([2]), External(builder, "../weights.bin").Name]);
        var error = Assert.Throws<InvalidModelException>(() => OnnxImporter.Import(builder.Save(folder)));
        Assert.Contains("outside the model's folder", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Softmax", true)]
    [InlineData("LogSoftmax", true)]
    [InlineData("Sigmoid", true)]
    [InlineData("Tanh", false)]
    public void Scores_leave_out_a_final_layer_that_keeps_the_order(string op, bool isLeftOut)
    {
        var builder = new ModelBuilder();
        builder.Node(op, [builder.Node("Neg", [builder.Input([1, 3])])]);
        var model = builder.Import();
        Assert.Equal(isLeftOut, model.Scores != model.Network);
        if (isLeftOut) Assert.Equal([-1, 2, -3], model.Scores.Evaluate<double>([1, -2, 3]));
    }

    [Fact]
    public void A_softmax_of_several_rows_compares_only_within_them_and_stays()
    {
        var builder = new ModelBuilder();
        builder.Node("Softmax", [builder.Input([2, 3])]);
        var model = builder.Import();
        Assert.Same(model.Network, model.Scores);
    }

    [Fact]
    public void A_final_ArgMax_becomes_the_scores_it_chooses_from()
    {
        var builder = new ModelBuilder { OutputType = DataType.Int64 };
        builder.Node("ArgMax", [builder.Node("Neg", [builder.Input([1, 3])])], ("axis", 1));
        var model = builder.Import();
        Assert.True(model.EndsInArgMax);
        Assert.Equal([-1, 2, -3], model.Network.Evaluate<double>([1, -2, 3]));
        Assert.Same(model.Network, model.Scores);
    }

    private static TensorProto External(ModelBuilder builder, string location)
    {
        var tensor = new TensorProto
        {
            Name = "weights",
            DataType = DataType.Float,
            Dims = { 2 },
            DataLocation = TensorProto.Types.DataLocation.External,
            ExternalData =
            {
                new StringStringEntryProto { Key = "location", Value = location },
                new StringStringEntryProto { Key = "offset", Value = "4" },
            },
        };
        builder.Model.Graph.Initializer.Add(tensor);
        return tensor;
    }
}
