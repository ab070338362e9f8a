using System.Globalization;
using RobustVerify.Core.Networks;
using RobustVerify.Core.Networks.Activations;
using RobustVerify.Core.Numerics;
using RobustVerify.Core.Onnx;

namespace RobustVerify.Core.Runtimes;

/// <summary>A model together with what evaluates it where it is deployed.</summary>
public sealed class DeployedModel : IDisposable
{
    private const int Samples = 10;

    private DeployedModel(OnnxModel model, ModelRuntime runtime) => (Model, Runtime) = (model, runtime);

    /// <summary>The imported model.</summary>
    public OnnxModel Model { get; }

    /// <summary>What evaluates it: ONNX Runtime where its library is present, the managed evaluator where not.</summary>
    public ModelRuntime Runtime { get; }

    /// <inheritdoc cref="OnnxModel.Path"/>
    public string Path => Model.Path;

    /// <inheritdoc cref="OnnxModel.Sha256"/>
    public string Sha256 => Model.Sha256;

    /// <inheritdoc cref="OnnxModel.Network"/>
    public Network Network => Model.Network;

    /// <inheritdoc cref="OnnxModel.Scores"/>
    public Network Scores => Model.Scores;

    /// <summary>
    /// Imports a model and opens it in ONNX Runtime where that is present; then the imported network must agree with it
    /// on 10 inputs.
    /// </summary>
    /// <exception cref="InvalidModelException">The file is damaged, or the imported network computes something else than ONNX Runtime.</exception>
    /// <exception cref="UnsupportedModelException">The model uses an operator that is not supported.</exception>
    public static DeployedModel Load(string path)
    {
        var model = OnnxImporter.Import(path);
        if (!OnnxRuntime.IsAvailable) return new DeployedModel(model, new ManagedRuntime(model));
        var runtime = OnnxRuntime.Open(model);
        try
        {
            Compare(model, runtime);
        }
        catch
        {
            runtime.Dispose();
            throw;
        }

        return new DeployedModel(model, runtime);
    }

    /// <inheritdoc/>
    public void Dispose() => Runtime.Dispose();

    /// <summary>Checks that an imported network computes what its runtime does.</summary>
    /// <returns>The largest difference found, as a part of what is allowed.</returns>
    /// <remarks>
    /// Two evaluations in float32 differ by the order of their sums and by the last digits of their functions. How far
    /// this carries in a network is measured: by the distance between its evaluation in float32, operator by operator as the
    /// runtime rounds, and in double. The runtime may be 32 times as far away, and always 2⁻¹⁶ of the largest output, since
    /// errors of several layers add up. Where the network has curved functions it may be off by 2⁻²² more: ONNX Runtime computes sigmoid,
    /// tanh and their kin to a few units in the last of 24 bits of their range, not of their value.
    /// </remarks>
    internal static double Compare(OnnxModel model, ModelRuntime runtime)
    {
        var worst = 0.0;
        var isCurved = model.Network.Nodes.OfType<ElementwiseNode>().Any(node => node.Activation is not (ReLU or PiecewiseLinear));
        for (var sample = 0; sample < Samples; sample++)
        {
            var input = Input(model, sample);
            var exact = model.Network.Evaluate<double>(Array.ConvertAll(input, v => (double)v));
            var single = model.Computed.Network.Evaluate<float>(input);
            var deployed = runtime.Run(input);
            var scale = exact.Where(double.IsFinite).Select(Math.Abs).DefaultIfEmpty(0).Max();
            var rounding = exact.Zip(single, (e, s) => Math.Abs(e - s)).Where(double.IsFinite).DefaultIfEmpty(0).Max();
            var allowed = 32 * rounding + Math.ScaleB(scale, -16) + (isCurved ? Math.ScaleB(1, -22) : float.Epsilon);
            for (var i = 0; i < deployed.Length; i++)
            {
                var difference = model.EndsInArgMax ? (deployed[i] == 1 ? exact.Max() - exact[i] : 0) : Distance(exact[i], single[i], deployed[i]);
                worst = Math.Max(worst, difference / allowed);
                if (difference <= allowed) continue;
                throw new InvalidModelException(string.Create(
                    CultureInfo.InvariantCulture,
                    $"'{model.Path}': the imported network differs from {runtime.Name} by {difference:g3} in output {i} for seeded input {sample} ({exact[i]:g9} instead of {deployed[i]:g9}); rounding explains {allowed:g3}. This is an error of the importer: please report the model."));
            }
        }

        return worst;
    }

    // Undefined and infinite results must agree too, in float32, where large numbers become infinite.
    private static double Distance(double exact, float single, float deployed) =>
        float.IsFinite(deployed) ? (double.IsNaN(exact) ? double.PositiveInfinity : Math.Abs(exact - deployed))
        : deployed.Equals(single) ? 0
        : double.PositiveInfinity;

    // Ranges that inputs of networks usually have, from pixels to raw units.
    private static float[] Input(OnnxModel model, int sample)
    {
        var (low, high) = (sample % 4) switch { 0 => (0, 1), 1 => (-1, 1), 2 => (0, 16), _ => (-3, 3) };
        var random = RandomStream.From($"inputs of {model.Sha256}", (ulong)sample);
        var input = new float[model.Network.Input.Size];
        for (var i = 0; i < input.Length; i++) input[i] = (float)(low + (high - low) * random.NextDouble());
        return input;
    }
}
