using System.CommandLine;
using RobustVerify.Core.Reachability;
using RobustVerify.Core.Runtimes;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Tool;

/// <summary><c>sensitivity model.onnx</c>: how far the outputs spread over a region, and a picture of two of them.</summary>
internal static class SensitivityCommand
{
    public static Command Create(Terminal terminal)
    {
        var model = new Argument<string>("model.onnx") { Description = "The model." };
        var set = new Option<ReachabilityMethod>("--set")
        {
            DefaultValueFactory = _ => ReachabilityMethod.Polytope,
            Description = "What the outputs are enclosed in: 'interval', 'linear' (boxes), 'zonotope', 'polytope' (all sums and differences of two outputs), or 'exact', the smallest box, which is searched for.",
        };
        var outputs = new Option<int[]>("--outputs") { AllowMultipleArgumentsPerToken = true, Description = "Some outputs alone, counted from 0; a picture needs two." };
        var scores = new Option<bool>("--scores") { Description = "Of the scores before a final softmax or sigmoid, instead of the model's outputs." };
        var picture = new Option<string?>("--picture") { Description = "A file for a drawing (SVG) of two outputs: the sets that hold them, and outputs at random inputs as dots." };
        var json = JsonOutput.Option();
        var command = new Command("sensitivity", "Measures how far outputs spread over a region: the widths and the volume of a set that holds all that are reached.")
        {
            model, set, outputs, scores, picture, json,
        };
        var region = new RegionArguments(command, allowsGlobal: false);
        command.SetAction((parsed, cancellation) =>
        {
            region.Check(parsed);
            var (method, file) = (parsed.GetValue(set), parsed.GetValue(picture));
            var chosen = parsed.GetValue(outputs) ?? [];
            if (file is not null && chosen.Length is not (0 or 2)) throw new UsageException($"A picture is one of two outputs; --outputs names {chosen.Length}.");
            using var deployed = DeployedModel.Load(parsed.GetRequiredValue(model));
            if (deployed.Model.EndsInArgMax && !parsed.GetValue(scores))
                throw new UsageException("The model answers with a label (ArgMax), which has no width; ask for the --scores before it.");
            var network = parsed.GetValue(scores) ? deployed.Scores : deployed.Network;
            if (file is not null && chosen.Length == 0 && network.Output.Size != 2) throw new UsageException($"A picture is one of two outputs, and the model has {network.Output.Size}; name two with --outputs.");
            var regions = region.Regions(parsed, network).ToArray();
            if (file is not null && regions.Length != 1) throw new UsageException($"A picture is one of one region, and there are {regions.Length}; give one row, or --lower and --upper.");
            var results = new List<SensitivityResult>();
            foreach (var (name, inputs) in regions)
            {
                try
                {
                    var reached = new ReachableOutputs(network, inputs!, [.. chosen], cancellation);
                    var sensitivity = Sensitivity.Of(reached, method, chosen.Length == 0 ? Middle(inputs!) : []);
                    results.Add(SensitivityResult.Of(name, method, sensitivity, chosen));
                    if (file is not null) Draw(reached, chosen, Path.GetFileName(deployed.Path), name, method == ReachabilityMethod.Exact ? sensitivity.Set as OutputBox : null, file);
                }
                catch (ArgumentException exception)
                {
                    throw new UsageException($"{(name is null ? "" : $"{name}: ")}{exception.Message}");
                }
                catch (OperationCanceledException)
                {
                    break;
                }

                if (!parsed.GetValue(json)) terminal.WriteSentence(results[^1].Line());
            }

            var all = SensitivityMean.Of(results, complete: results.Count == regions.Length);
            if (parsed.GetValue(json)) JsonOutput.Write(terminal, all);
            else if (results.Count > 1) terminal.WriteSentence(all.Line());
            return Task.FromResult(all.Complete ? ExitCode.Holds : ExitCode.Inconclusive);
        });
        return command;
    }

    private static void Draw(ReachableOutputs reached, int[] chosen, string model, string? sample, OutputBox? exact, string file)
    {
        var (across, up) = chosen is [var first, var second] ? (first, second) : (0, 1);
        var title = $"{model}: outputs {across} and {up}{(sample is null ? "" : $" around {sample}")}";
        OutputPicture.Draw(reached, $"Y_{across}", $"Y_{up}", title, exact).Save(file);
    }

    private static float[] Middle(InputRegion region)
    {
        var (lower, upper) = region.Representable;
        return [.. lower.Select((low, i) => Math.Clamp((float)(region.Lower[i] / 2 + region.Upper[i] / 2), low, upper[i]))];
    }
}
