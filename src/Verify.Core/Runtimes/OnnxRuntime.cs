using System.Runtime.InteropServices;
using System.Text;
using RobustVerify.Core.Onnx;
using DataType = RobustVerify.Core.Onnx.Format.TensorProto.Types.DataType;

namespace RobustVerify.Core.Runtimes;

/// <summary>
/// Evaluates a model by ONNX Runtime: on the processor, on one thread, with the graph optimisations that it applies by
/// default.
/// </summary>
public sealed unsafe class OnnxRuntime : ModelRuntime
{
    private readonly OnnxRuntimeLibrary library;
    private readonly OnnxModel model;
    private readonly byte[][] names;
    private nint session;

    private OnnxRuntime(OnnxRuntimeLibrary library, OnnxModel model)
    {
        (this.library, this.model) = (library, model);
        names = [.. model.Inputs.Concat(model.Outputs).Select(tensor => Encoding.UTF8.GetBytes(tensor.Name + '\0'))];
        nint options, created;
        library.Check(library.CreateSessionOptions(&options));
        try
        {
            library.Check(library.SetIntraOpNumThreads(options, 1));

            // The library takes paths in the system's own characters.
            var path = (OperatingSystem.IsWindows() ? Encoding.Unicode : Encoding.UTF8).GetBytes(Path.GetFullPath(model.Path) + '\0');
            fixed (byte* p = path) library.Check(library.CreateSession(library.Environment, p, options, &created));
            session = created;
        }
        finally
        {
            library.ReleaseSessionOptions(options);
        }
    }

    /// <summary>Frees the session.</summary>
    ~OnnxRuntime() => Dispose(disposing: false);

    /// <summary>Whether the native library was found.</summary>
    /// <exception cref="InvalidOperationException">ROBUSTVERIFY_ONNXRUNTIME names a file that is no such library.</exception>
    public static bool IsAvailable => OnnxRuntimeLibrary.Instance is not null;

    /// <inheritdoc/>
    public override string Name => $"ONNX Runtime {library.Version}";

    /// <inheritdoc/>
    public override int InputSize => model.Network.Input.Size;

    /// <inheritdoc/>
    public override int OutputSize => model.Network.Output.Size;

    /// <summary>Opens a model.</summary>
    /// <exception cref="InvalidOperationException">The library is not there, or refuses the model.</exception>
    public static OnnxRuntime Open(OnnxModel model) => new(
        OnnxRuntimeLibrary.Instance
            ?? throw new InvalidOperationException($"The native library of ONNX Runtime was not found; {OnnxRuntimeLibrary.Variable} may name it."),
        model);

    /// <inheritdoc/>
    protected override double[] Evaluate(ReadOnlySpan<float> input)
    {
        ObjectDisposedException.ThrowIf(session == 0, this);
        var (inputCount, outputCount) = (model.Inputs.Length, model.Outputs.Length);
        var pins = new List<GCHandle>();
        var values = stackalloc nint[inputCount + outputCount];
        new Span<nint>(values, inputCount + outputCount).Clear();
        var labels = stackalloc byte*[inputCount + outputCount];
        try
        {
            for (var i = 0; i < inputCount + outputCount; i++) labels[i] = (byte*)Pin(names[i]);
            var offset = 0;
            for (var i = 0; i < inputCount; i++)
            {
                var tensor = model.Inputs[i];
                var data = Encode(input.Slice(offset, tensor.Size), tensor.Type);
                offset += tensor.Size;
                long[] shape = [.. tensor.Shape.Select(d => (long)d)];
                fixed (long* dimensions = shape)
                {
                    library.Check(library.CreateTensorWithData(
                        library.Memory, (void*)Pin(data), (nuint)Buffer.ByteLength(data), dimensions, (nuint)shape.Length, (int)tensor.Type, &values[i]));
                }
            }

            library.Check(library.Run(
                session, 0, labels, values, (nuint)inputCount, labels + inputCount, (nuint)outputCount, values + inputCount));
            if (model.EndsInArgMax) return OneHot(OutputSize, (int)Decode(values[inputCount])[0]);
            var outputs = new double[OutputSize];
            offset = 0;
            for (var i = 0; i < outputCount; i++)
            {
                var output = Decode(values[inputCount + i]);
                if (output.Length != model.Outputs[i].Size)
                    throw new InvalidOperationException($"'{model.Path}': {Name} returns {output.Length} elements for '{model.Outputs[i].Name}', not {model.Outputs[i].Size}.");
                output.CopyTo(outputs, offset);
                offset += output.Length;
            }

            return outputs;
        }
        finally
        {
            for (var i = 0; i < inputCount + outputCount; i++)
                if (values[i] != 0) library.ReleaseValue(values[i]);
            foreach (var pin in pins) pin.Free();
        }

        nint Pin(Array array)
        {
            var handle = GCHandle.Alloc(array, GCHandleType.Pinned);
            pins.Add(handle);
            return handle.AddrOfPinnedObject();
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (session != 0) library.ReleaseSession(session);
        session = 0;
        base.Dispose(disposing);
    }

    // The numbers as the model declares its input.
    private static Array Encode(ReadOnlySpan<float> values, DataType type) => type switch
    {
        DataType.Double => Array.ConvertAll(values.ToArray(), v => (double)v),
        DataType.Int64 => Array.ConvertAll(values.ToArray(), v => (long)v),
        DataType.Int32 => Array.ConvertAll(values.ToArray(), v => (int)v),
        _ => values.ToArray(),
    };

    private double[] Decode(nint value)
    {
        nint info;
        int type;
        nuint count;
        void* data;
        library.Check(library.GetTensorTypeAndShape(value, &info));
        try
        {
            library.Check(library.GetTensorElementType(info, &type));
            library.Check(library.GetTensorShapeElementCount(info, &count));
        }
        finally
        {
            library.ReleaseTensorTypeAndShapeInfo(info);
        }

        library.Check(library.GetTensorMutableData(value, &data));
        return (DataType)type switch
        {
            DataType.Float => Array.ConvertAll(new Span<float>(data, (int)count).ToArray(), v => (double)v),
            DataType.Double => new Span<double>(data, (int)count).ToArray(),
            DataType.Int64 => Array.ConvertAll(new Span<long>(data, (int)count).ToArray(), v => (double)v),
            DataType.Int32 => Array.ConvertAll(new Span<int>(data, (int)count).ToArray(), v => (double)v),
            var other => throw new InvalidOperationException($"'{model.Path}': {Name} returns elements of type {other}."),
        };
    }
}
