using RobustVerify.Core.Onnx;
using RobustVerify.Core.Onnx.Format;
using RobustVerify.Core.Runtimes;
using RobustVerify.Core.Tests.Runtimes;
using RobustVerify.Core.Tests.Bounds;
using RobustVerify.Core.Tests.Specifications;

namespace RobustVerify.Core.Tests.Onnx;

/// <summary>A model per operator and use of it, compared with ONNX Runtime.</summary>
public sealed class OperatorTests
{
    private static readonly Dictionary<string, (int Opset, Action<ModelBuilder> Build)> Cases = new()
    {
        // Arithmetic, with broadcasting on either side.
        ["Add"] = Binary("Add"),
        ["Add a vector"] = Of([2, 3], m => m.Node("Add", ["x", m.Weights(3)])),
        ["Add before a column"] = Of([1, 3], m => m.Node("Add", [m.Weights(2, 1), "x"])),
        ["Sub"] = Binary("Sub"),
        ["Sub from a constant"] = Of([2, 3], m => m.Node("Sub", [m.Weights(2, 3), "x"])),
        ["Mul"] = Binary("Mul"),
        ["Mul by itself"] = Of([2, 3], m => m.Node("Mul", ["x", "x"])),
        ["Mul by a constant of more axes"] = Of([2, 3], m => m.Node("Mul", ["x", m.Weights(4, 1, 1)])),
        ["Div by a constant"] = Of([2, 3], m => m.Node("Div", ["x", m.Floats([3], 2, -4, 5)])),
        ["Div by a computed tensor"] = Of([2, 3], m => m.Node("Div", ["x", m.Node("Add", [m.Node("Abs", ["x"]), m.Floats([], 1)])])),
        ["Neg"] = Unary("Neg"),
        ["Abs"] = Unary("Abs"),
        ["Reciprocal"] = Of([2, 3], m => m.Node("Reciprocal", [m.Node("Exp", ["x"])])),
        ["Sum"] = Of([2, 3], m => m.Node("Sum", ["x", m.Weights(3), "x"])),
        ["Mean"] = Of([2, 3], m => m.Node("Mean", ["x", m.Weights(3), "x"])),
        ["Max"] = Of([2, 3], m => m.Node("Max", ["x", m.Node("Neg", ["x"]), m.Weights(3)])),
        ["Min"] = Of([2, 3], m => m.Node("Min", [m.Weights(3), "x", m.Node("Neg", ["x"])])),
        ["Pow 2"] = Of([2, 3], m => m.Node("Pow", ["x", m.Floats([], 2)])),
        ["Pow 3"] = Of([2, 3], m => m.Node("Pow", ["x", m.Floats([1], 3)])),
        ["Pow of several exponents"] = Of([2, 3], m => m.Node("Pow", [m.Node("Exp", ["x"]), m.Floats([3], 2, 0.5, 1)])),
        ["Sqrt"] = Of([2, 3], m => m.Node("Sqrt", [m.Node("Exp", ["x"])])),

        // Functions of every element.
        ["Relu"] = Unary("Relu"),
        ["LeakyRelu"] = Unary("LeakyRelu", ("alpha", 0.3)),
        ["PRelu per channel"] = Of([1, 3, 2], m => m.Node("PRelu", ["x", m.Floats([3, 1], 0.1, -0.5, 2)])),
        ["ThresholdedRelu"] = Unary("ThresholdedRelu", ("alpha", 0.4)),
        ["Clip"] = Of([2, 3], m => m.Node("Clip", ["x", m.Floats([], -0.5), m.Floats([], 0.7)])),
        ["Clip from below"] = Of([2, 3], m => m.Node("Clip", ["x", m.Floats([], -0.5)])),
        ["Clip from above"] = Of([2, 3], m => m.Node("Clip", ["x", "", m.Floats([], 0.7)])),
        ["Clip by attributes"] = Of([2, 3], m => m.Node("Clip", ["x"], ("min", -0.2), ("max", 0.6)), opset: 7),
        ["Sign"] = Unary("Sign"),
        ["Floor"] = Unary("Floor"),
        ["Ceil"] = Unary("Ceil"),
        ["HardSigmoid"] = Unary("HardSigmoid", ("alpha", 0.3), ("beta", 0.4)),
        ["HardSwish"] = Unary("HardSwish"),
        ["Sigmoid"] = Unary("Sigmoid"),
        ["Tanh"] = Unary("Tanh"),
        ["Softplus"] = Unary("Softplus"),
        ["Softsign"] = Unary("Softsign"),
        ["Elu"] = Unary("Elu", ("alpha", 0.7)),
        ["Celu"] = Unary("Celu", ("alpha", 0.7)),
        ["Selu"] = Unary("Selu"),
        ["Selu with constants"] = Unary("Selu", ("alpha", 1.5), ("gamma", 1.1)),
        ["Gelu"] = Of([2, 3], m => m.Node("Gelu", ["x"]), opset: 20),
        ["Gelu by tanh"] = Of([2, 3], m => m.Node("Gelu", ["x"], ("approximate", "tanh")), opset: 20),
        ["Mish"] = Of([2, 3], m => m.Node("Mish", ["x"]), opset: 18),
        ["Erf"] = Unary("Erf"),
        ["Exp"] = Unary("Exp"),
        ["Log"] = Of([2, 3], m => m.Node("Log", [m.Node("Softplus", ["x"])])),
        ["Sin"] = Unary("Sin"),
        ["Cos"] = Unary("Cos"),
        ["Atan"] = Unary("Atan"),

        // Matrix products.
        ["Gemm"] = Of([1, 3], m => m.Node("Gemm", ["x", m.Weights(3, 4), m.Weights(4)])),
        ["Gemm transposed and scaled"] = Of([3, 2], m => m.Node("Gemm", ["x", m.Weights(4, 3), m.Weights(1, 4)], ("transA", 1), ("transB", 1), ("alpha", 0.5), ("beta", -2.0))),
        ["Gemm without a bias"] = Of([2, 3], m => m.Node("Gemm", ["x", m.Weights(3, 4)])),
        ["MatMul"] = Of([2, 3], m => m.Node("MatMul", ["x", m.Weights(3, 4)])),
        ["MatMul of a batch"] = Of([2, 5, 3], m => m.Node("MatMul", ["x", m.Weights(3, 4)])),
        ["MatMul with a batch of constants"] = Of([2, 5, 3], m => m.Node("MatMul", ["x", m.Weights(2, 3, 4)])),
        ["MatMul broadcast to a batch of constants"] = Of([5, 3], m => m.Node("MatMul", ["x", m.Weights(2, 3, 4)])),
        ["MatMul by a vector"] = Of([2, 3], m => m.Node("MatMul", ["x", m.Weights(3)])),
        ["MatMul from a vector"] = Of([3], m => m.Node("MatMul", ["x", m.Weights(3, 2)])),
        ["MatMul after a constant"] = Of([3, 2], m => m.Node("MatMul", [m.Weights(4, 3), "x"])),
        ["MatMul after a constant, one column"] = Of([2, 3, 1], m => m.Node("MatMul", [m.Weights(4, 3), "x"])),
        ["MatMul of computed tensors"] = Of([2, 3], m => m.Node("MatMul", ["x", m.Node("Transpose", ["x"])])),
        ["MatMul of computed batches"] = Of([2, 1, 3, 4], m => m.Node("MatMul", ["x", m.Node("Transpose", [m.Node("Concat", ["x", "x"], ("axis", 1))], ("perm", new[] { 0, 1, 3, 2 }))])),

        // Convolutions.
        ["Conv"] = Of([1, 2, 5, 6], m => m.Node("Conv", ["x", m.Weights(3, 2, 3, 2), m.Weights(3)])),
        ["Conv with pads, strides and dilations"] = Of([1, 2, 9, 8], m => m.Node("Conv", ["x", m.Weights(3, 2, 3, 2)], ("pads", new[] { 1, 0, 2, 1 }), ("strides", new[] { 2, 3 }), ("dilations", new[] { 2, 1 }))),
        ["Conv in groups"] = Of([1, 4, 5, 5], m => m.Node("Conv", ["x", m.Weights(6, 2, 3, 3)], ("group", 2))),
        ["Conv over one axis"] = Of([1, 2, 9], m => m.Node("Conv", ["x", m.Weights(3, 2, 4), m.Weights(3)], ("pads", new[] { 1, 2 }), ("strides", new[] { 2 }))),
        ["Conv SAME_UPPER"] = Of([1, 1, 5, 5], m => m.Node("Conv", ["x", m.Weights(2, 1, 2, 3)], ("auto_pad", "SAME_UPPER"), ("strides", new[] { 2, 2 }))),
        ["Conv SAME_LOWER"] = Of([1, 1, 5, 5], m => m.Node("Conv", ["x", m.Weights(2, 1, 2, 3)], ("auto_pad", "SAME_LOWER"), ("strides", new[] { 2, 1 }))),
        ["Conv VALID"] = Of([1, 1, 5, 5], m => m.Node("Conv", ["x", m.Weights(2, 1, 2, 3)], ("auto_pad", "VALID"))),
        ["Conv of a fixed batch"] = Of([2, 2, 4, 4], m => m.Node("Conv", ["x", m.Weights(3, 2, 3, 3), m.Weights(3)])),
        ["ConvTranspose"] = Of([1, 2, 4, 3], m => m.Node("ConvTranspose", ["x", m.Weights(2, 3, 3, 2), m.Weights(3)])),
        ["ConvTranspose with everything"] = Of([1, 4, 4, 3], m => m.Node("ConvTranspose", ["x", m.Weights(4, 3, 3, 3)], ("group", 2), ("strides", new[] { 2, 3 }), ("pads", new[] { 1, 0, 2, 1 }), ("output_padding", new[] { 1, 2 }), ("dilations", new[] { 1, 2 }))),
        ["ConvTranspose to a shape"] = Of([1, 2, 4, 4], m => m.Node("ConvTranspose", ["x", m.Weights(2, 1, 3, 3)], ("strides", new[] { 2, 2 }), ("output_shape", new[] { 8, 8 }))),
        ["ConvTranspose over one axis"] = Of([1, 2, 5], m => m.Node("ConvTranspose", ["x", m.Weights(2, 3, 4)], ("strides", new[] { 2 }))),

        // Pooling.
        ["MaxPool"] = Of([1, 2, 6, 6], m => m.Node("MaxPool", ["x"], ("kernel_shape", new[] { 2, 2 }), ("strides", new[] { 2, 2 }))),
        ["MaxPool overlapping, padded"] = Of([1, 2, 5, 6], m => m.Node("MaxPool", ["x"], ("kernel_shape", new[] { 3, 3 }), ("strides", new[] { 1, 2 }), ("pads", new[] { 1, 1, 1, 1 }))),
        ["MaxPool dilated"] = Of([1, 1, 7, 7], m => m.Node("MaxPool", ["x"], ("kernel_shape", new[] { 2, 3 }), ("dilations", new[] { 3, 2 }), ("pads", new[] { 1, 1, 1, 1 }))),
        ["MaxPool rounded up"] = Of([1, 1, 6, 7], m => m.Node("MaxPool", ["x"], ("kernel_shape", new[] { 3, 2 }), ("strides", new[] { 2, 2 }), ("ceil_mode", 1))),
        ["MaxPool over one axis"] = Of([1, 2, 7], m => m.Node("MaxPool", ["x"], ("kernel_shape", new[] { 3 }), ("strides", new[] { 2 }))),
        ["AveragePool"] = Of([1, 2, 6, 6], m => m.Node("AveragePool", ["x"], ("kernel_shape", new[] { 2, 3 }), ("strides", new[] { 2, 1 }))),
        ["AveragePool padded"] = Of([1, 2, 5, 5], m => m.Node("AveragePool", ["x"], ("kernel_shape", new[] { 3, 3 }), ("pads", new[] { 1, 1, 1, 1 }))),
        ["AveragePool counting pads"] = Of([1, 2, 5, 5], m => m.Node("AveragePool", ["x"], ("kernel_shape", new[] { 3, 3 }), ("pads", new[] { 1, 1, 1, 1 }), ("count_include_pad", 1))),
        ["AveragePool rounded up"] = Of([1, 1, 6, 6], m => m.Node("AveragePool", ["x"], ("kernel_shape", new[] { 3, 3 }), ("strides", new[] { 2, 2 }), ("ceil_mode", 1)), opset: 19),
        ["GlobalAveragePool"] = Of([1, 3, 4, 5], m => m.Node("GlobalAveragePool", ["x"])),
        ["GlobalMaxPool"] = Of([1, 3, 2, 5], m => m.Node("GlobalMaxPool", ["x"])),

        // Normalisation.
        ["BatchNormalization"] = Of([1, 2, 3, 3], m => m.Node("BatchNormalization", ["x", m.Weights(2), m.Weights(2), m.Weights(2), m.Floats([2], 0.5, 2)], ("epsilon", 0.01))),
        ["BatchNormalization after Conv"] = Of([1, 2, 4, 4], m => m.Node("BatchNormalization", [m.Node("Conv", ["x", m.Weights(3, 2, 3, 3)]), m.Weights(3), m.Weights(3), m.Weights(3), m.Floats([3], 0.5, 2, 1)])),
        ["BatchNormalization before a padded Conv"] = Of([1, 2, 4, 4], m => m.Node("Conv", [m.Node("BatchNormalization", ["x", m.Weights(2), m.Weights(2), m.Weights(2), m.Floats([2], 0.5, 2)]), m.Weights(3, 2, 3, 3)], ("pads", new[] { 1, 1, 1, 1 }))),
        ["BatchNormalization before ConvTranspose"] = Of([1, 4, 3, 3], m => m.Node("ConvTranspose", [m.Node("BatchNormalization", ["x", m.Weights(4), m.Weights(4), m.Weights(4), m.Floats([4], 0.5, 2, 1, 3)]), m.Weights(4, 3, 2, 2)], ("group", 2))),
        ["BatchNormalization after ConvTranspose"] = Of([1, 4, 3, 3], m => m.Node("BatchNormalization", [m.Node("ConvTranspose", ["x", m.Weights(4, 2, 2, 2)], ("group", 2)), m.Weights(4), m.Weights(4), m.Weights(4), m.Floats([4], 0.5, 2, 1, 3)])),
        ["InstanceNormalization"] = Of([1, 2, 3, 3], m => m.Node("InstanceNormalization", ["x", m.Weights(2), m.Weights(2)])),
        ["LayerNormalization"] = Of([1, 3, 4], m => m.Node("LayerNormalization", ["x", m.Weights(4), m.Weights(4)], ("axis", -1))),
        ["Layer normalisation, composed"] = Of([2, 4], m =>
        {
            var centred = m.Node("Sub", ["x", m.Node("ReduceMean", ["x"], ("axes", new[] { -1 }))]);
            var variance = m.Node("ReduceMean", [m.Node("Pow", [centred, m.Floats([], 2)])], ("axes", new[] { -1 }));
            m.Node("Div", [centred, m.Node("Sqrt", [m.Node("Add", [variance, m.Floats([], 0.01)])])]);
        }),

        // Reductions.
        ["ReduceSum"] = Of([2, 3, 4], m => m.Node("ReduceSum", ["x", m.Integers(0, 2)])),
        ["ReduceSum of all, without axes"] = Of([2, 3], m => m.Node("ReduceSum", ["x"], ("keepdims", 0))),
        ["ReduceMean"] = Of([2, 3, 4], m => m.Node("ReduceMean", ["x"], ("axes", new[] { -2 }), ("keepdims", 0))),
        ["ReduceMax"] = Of([2, 3], m => m.Node("ReduceMax", ["x"], ("axes", new[] { 1 }))),
        ["ReduceMin"] = Of([2, 3], m => m.Node("ReduceMin", ["x"], ("axes", new[] { 0 }))),
        ["ReduceL1"] = Of([2, 3], m => m.Node("ReduceL1", ["x"], ("axes", new[] { 1 }))),
        ["ReduceL2"] = Of([2, 3], m => m.Node("ReduceL2", ["x"], ("axes", new[] { 1 }))),
        ["ReduceSumSquare"] = Of([2, 3], m => m.Node("ReduceSumSquare", ["x"], ("axes", new[] { 1 }))),
        ["Softmax"] = Of([2, 4], m => m.Node("Softmax", ["x"])),
        ["Softmax of two"] = Of([3, 2], m => m.Node("Softmax", ["x"])),
        ["Softmax over the first axis"] = Of([3, 2], m => m.Node("Softmax", ["x"], ("axis", 0))),
        ["Softmax over several axes"] = Of([2, 3, 2], m => m.Node("Softmax", ["x"], ("axis", 1)), opset: 11),
        ["Softmax over a long axis"] = Of([1, 100], m => m.Node("Softmax", ["x"])),
        ["LogSoftmax"] = Of([2, 4], m => m.Node("LogSoftmax", ["x"])),
        ["LogSoftmax over a long axis"] = Of([1, 100], m => m.Node("LogSoftmax", ["x"])),

        // Rearrangements.
        ["Identity and Dropout"] = Of([2, 3], m => m.Node("Dropout", [m.Node("Identity", ["x"])])),
        ["Cast"] = Of([2, 3], m => m.Node("Cast", ["x"], ("to", 1))),
        ["Reshape"] = Of([2, 3, 4], m => m.Node("Reshape", ["x", m.Integers(0, -1, 2)])),
        ["Reshape by folded shapes"] = Of([2, 3, 4], m =>
        {
            var rows = m.Node("Unsqueeze", [m.Node("Gather", [m.Node("Shape", ["x"]), m.Integers(0)]), m.Integers(0)]);
            m.Node("Reshape", ["x", m.Node("Concat", [m.Node("Squeeze", [rows, m.Integers(0)]), m.Integers(-1)], ("axis", 0))]);
        }),
        ["Flatten"] = Of([2, 3, 4], m => m.Node("Flatten", ["x"], ("axis", 2))),
        ["Squeeze and Unsqueeze"] = Of([1, 3, 1], m => m.Node("Unsqueeze", [m.Node("Squeeze", ["x", m.Integers(-1)]), m.Integers(0, 3)])),
        ["Transpose"] = Of([2, 3, 4], m => m.Node("Transpose", ["x"], ("perm", new[] { 2, 0, 1 }))),
        ["Transpose without an order"] = Of([2, 3, 4], m => m.Node("Transpose", ["x"])),
        ["Expand"] = Of([1, 3], m => m.Node("Expand", ["x", m.Integers(2, 4, 1)])),
        ["Tile"] = Of([2, 3], m => m.Node("Tile", ["x", m.Integers(2, 3)])),
        ["Concat"] = Of([2, 3], m => m.Node("Concat", ["x", m.Weights(2, 2), "x"], ("axis", 1))),
        ["Split"] = Of([2, 5], m => m.Node("Concat", [.. m.Node("Split", ["x", m.Integers(2, 3)], 2, ("axis", 1)).Reverse()], ("axis", -1))),
        ["Split evenly"] = Of([2, 7], m => m.Node("Concat", [.. m.Node("Split", ["x"], 3, ("axis", 1), ("num_outputs", 3)).Reverse()], ("axis", 1)), opset: 18),
        ["Slice"] = Of([4, 5], m => m.Node("Slice", ["x", m.Integers(1, 0), m.Integers(long.MaxValue, -1), m.Integers(0, 1), m.Integers(2, 3)])),
        ["Slice backwards"] = Of([4, 5], m => m.Node("Slice", ["x", m.Integers(-1), m.Integers(long.MinValue + 1), m.Integers(1), m.Integers(-2)])),
        ["Slice by attributes"] = Of([4, 5], m => m.Node("Slice", ["x"], ("starts", new[] { 1 }), ("ends", new[] { 3 }), ("axes", new[] { 1 })), opset: 9),
        ["Gather"] = Of([4, 3], m => m.Node("Gather", ["x", m.Integers(3, 0, -2)], ("axis", 0))),
        ["Pad"] = Of([2, 3], m => m.Node("Pad", ["x", m.Integers(0, 1, 2, 0), m.Floats([], 1.5)])),
        ["Pad reflected"] = Of([3, 4], m => m.Node("Pad", ["x", m.Integers(2, 1, 0, 3)], ("mode", "reflect"))),
        ["Pad with the edge"] = Of([3, 4], m => m.Node("Pad", ["x", m.Integers(2, 1, 0, 3)], ("mode", "edge"))),
        ["Pad of chosen axes, removing"] = Of([3, 4], m => m.Node("Pad", ["x", m.Integers(-1, 2), m.Floats([], 0), m.Integers(1)]), opset: 18),
        ["DepthToSpace"] = Of([1, 8, 2, 3], m => m.Node("DepthToSpace", ["x"], ("blocksize", 2))),
        ["DepthToSpace CRD"] = Of([1, 8, 2, 3], m => m.Node("DepthToSpace", ["x"], ("blocksize", 2), ("mode", "CRD"))),
        ["SpaceToDepth"] = Of([1, 2, 4, 6], m => m.Node("SpaceToDepth", ["x"], ("blocksize", 2))),
        ["ConstantOfShape"] = Of([2, 3], m => m.Node("Add", ["x", m.Node("ConstantOfShape", [m.Node("Shape", ["x"])], ("value", new TensorProto { DataType = TensorProto.Types.DataType.Float, Dims = { 1 }, FloatData = { 2.5f } }))])),
        ["Where"] = Of([2, 3], m => m.Node("Where", [m.Node("Equal", [m.Integers(1, 2, 3), m.Integers(2)]), "x", m.Weights(2, 1)])),

        // As operator sets wrote them before or after.
        ["Pad by attributes"] = Of([2, 3], m => m.Node("Pad", ["x"], ("pads", new[] { 0, 1, 1, 0 }), ("value", 2.5)), opset: 10),
        ["Squeeze and Unsqueeze by attributes"] = Of([1, 3, 1], m => m.Node("Unsqueeze", [m.Node("Squeeze", ["x"], ("axes", new[] { 0 }))], ("axes", new[] { 1 })), opset: 7),
        ["Split by an attribute"] = Of([2, 5], m => m.Node("Concat", [.. m.Node("Split", ["x"], 2, ("axis", 1), ("split", new[] { 1, 4 })).Reverse()], ("axis", 1)), opset: 7),
        ["ReduceSum by an attribute"] = Of([2, 3], m => m.Node("ReduceSum", ["x"], ("axes", new[] { 1 })), opset: 7),
        ["ReduceMean by an input"] = Of([2, 3], m => m.Node("ReduceMean", ["x", m.Integers(1)]), opset: 18),
        ["ReduceMean of nothing"] = Of([2, 3], m => m.Node("ReduceMean", ["x"], ("noop_with_empty_axes", 1)), opset: 18),
        ["Upsample by an attribute"] = Of([1, 1, 2, 3], m => m.Node("Upsample", ["x"], ("scales", new[] { 1.0, 1, 2, 2 })), opset: 7),
        ["Dropout, old"] = Of([2, 3], m => m.Node("Dropout", ["x"], ("ratio", 0.3)), opset: 7),

        // Arithmetic of known tensors is done by the importer: the same indices must come out.
        ["Folded whole numbers"] = Of([9], m =>
        {
            var half = m.Node("Div", [m.Integers(-7, 7), m.Integers(2)]);
            var range = m.Node("Range", [Scalar(m, 0), Scalar(m, 8), Scalar(m, 3)]);
            m.Node("Gather", ["x", m.Node("Concat", [half, range, m.Node("Mul", [range, m.Integers(-1)])], ("axis", 0))]);
        }),
        ["Folded choices"] = Of([2, 3], m =>
        {
            var numbers = m.Floats([3], -1.5, 0.5, 2.5);
            var condition = m.Node("Or", [m.Node("Less", [numbers, m.Floats([], 0)]), m.Node("Not", [m.Node("Greater", [m.Floats([], 2), numbers])])]);
            m.Node("Where", [m.Node("And", [condition, condition]), "x", m.Node("Add", [m.Node("Round", [numbers]), m.Node("Floor", [numbers])])]);
        }),
        ["Folded sizes"] = Of([2, 3], m =>
        {
            var six = m.Node("Unsqueeze", [m.Node("Size", ["x"]), m.Integers(0)]);
            m.Node("Tile", [m.Node("Reshape", ["x", six]), m.Node("Constant", [], ("value_ints", new[] { 2 }))]);
        }),
        ["Folded products"] = Of([2, 3], m =>
        {
            var product = m.Node("MatMul", [m.Weights(2, 2), m.Weights(2, 3)]);
            m.Node("Add", ["x", m.Node("Max", [m.Node("Softmax", [m.Node("Tanh", [product])]), m.Node("Pow", [product, m.Floats([], 2)])])]);
        }),

        // Resizing.
        ["Upsample"] = Of([1, 1, 2, 3], m => m.Node("Upsample", ["x", m.Floats([4], 1, 1, 2, 3)], ("mode", "nearest")), opset: 9),
        ["Resize by scales"] = Of([1, 1, 4, 5], m => m.Node("Resize", ["x", "", m.Floats([4], 1, 1, 1.5, 2.6)], ("mode", "nearest"))),
        ["Resize to sizes"] = Of([1, 1, 4, 5], m => m.Node("Resize", ["x", "", "", m.Integers(1, 1, 3, 9)], ("mode", "nearest"), ("coordinate_transformation_mode", "asymmetric"), ("nearest_mode", "floor"))),
        ["Resize with aligned corners"] = Of([1, 1, 4, 5], m => m.Node("Resize", ["x", "", "", m.Integers(1, 1, 7, 3)], ("mode", "nearest"), ("coordinate_transformation_mode", "align_corners"), ("nearest_mode", "ceil"))),
        ["Resize, old"] = Of([1, 1, 4, 5], m => m.Node("Resize", ["x", m.Floats([4], 1, 1, 2, 0.6)], ("mode", "nearest")), opset: 10),
    };

    public static TheoryData<string> Names => [.. Cases.Keys];

    [OnnxRuntimeTheory]
    [MemberData(nameof(Names))]
    public void Every_operator_computes_what_ONNX_Runtime_computes(string name)
    {
        using var folder = new TemporaryFolder();
        var builder = new ModelBuilder(Cases[name].Opset);
        Cases[name].Build(builder);
        var model = OnnxImporter.Import(builder.Save(folder));
        using var runtime = OnnxRuntime.Open(model);
        Assert.InRange(DeployedModel.Compare(model, runtime), 0, 1);
    }

    [Theory]
    [Trait("Category", "Simd")]
    [MemberData(nameof(Names))]
    public void Every_operator_is_bounded_soundly(string name)
    {
        using var folder = new TemporaryFolder();
        var builder = new ModelBuilder(Cases[name].Opset);
        Cases[name].Build(builder);
        var network = OnnxImporter.Import(builder.Save(folder)).Network;
        var random = new Random(9);
        for (var trial = 0; trial < 3; trial++) BoundsSoundnessTests.Check(network, random, trial);
    }

    [OnnxRuntimeTheory]
    [MemberData(nameof(Names))]
    public void Every_operator_computes_in_float32_what_its_bounds_for_float32_say(string name)
    {
        using var folder = new TemporaryFolder();
        var builder = new ModelBuilder(Cases[name].Opset);
        Cases[name].Build(builder);
        var model = OnnxImporter.Import(builder.Save(folder));
        if (model.Computed.Refusal is not null) return;
        using var runtime = OnnxRuntime.Open(model);
        using var managed = new ManagedRuntime(model);
        DeployedBounds.Check(model.Computed.Network, [runtime, managed], new Random(12));
    }

    [Fact]
    public void Of_every_operator_it_is_known_whether_float32_is_covered() =>
        Assert.Empty(Operators.Names.Except(Float32Arithmetic.Known));

    [Fact]
    public void Every_operator_has_a_model_that_tests_it()
    {
        var used = Cases.Values.SelectMany(test =>
        {
            var builder = new ModelBuilder(test.Opset);
            test.Build(builder);
            return builder.Model.Graph.Node.Select(node => node.OpType);
        }).ToHashSet();
        Assert.Empty(Operators.Names.Except(used));
    }

    private static (int Opset, Action<ModelBuilder> Build) Of(int[] shape, Action<ModelBuilder> build, int opset = 17) => (opset, builder =>
    {
        builder.Input(shape);
        build(builder);
    }
    );

    private static string Scalar(ModelBuilder m, long value) => m.Node("Squeeze", [m.Integers(value)]);

    private static (int Opset, Action<ModelBuilder> Build) Unary(string op, params (string, object)[] attributes) =>
        Of([2, 3], m => m.Node(op, ["x"], attributes));

    // Of two computed tensors, one broadcast to the other.
    private static (int Opset, Action<ModelBuilder> Build) Binary(string op) =>
        Of([2, 3], m => m.Node(op, [m.Node("ReduceSum", ["x", m.Integers(0)]), m.Node("Sin", ["x"])]));
}
