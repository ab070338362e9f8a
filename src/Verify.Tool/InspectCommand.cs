using System.CommandLine;
using RobustVerify.Core.Runtimes;

namespace RobustVerify.Tool;

/// <summary><c>inspect model.onnx</c>: what a model is made of, as the verifier sees it.</summary>
internal static class InspectCommand
{
    public static Command Create(Terminal terminal)
    {
        var model = new Argument<string>("model.onnx") { Description = "The model." };
        var json = JsonOutput.Option();
        var command = new Command("inspect", "Says what a model is made of, as the verifier sees it.") { model, json };
        command.SetAction(parsed =>
        {
            using var deployed = DeployedModel.Load(parsed.GetRequiredValue(model));
            var summary = ModelSummary.Of(deployed);
            if (parsed.GetValue(json)) JsonOutput.Write(terminal, summary);
            else Show(terminal.Output, summary);
            return ExitCode.Holds;
        });
        return command;
    }

    private static void Show(TextWriter output, ModelSummary summary)
    {
        output.WriteLine($"model        {summary.Model}");
        output.WriteLine($"sha256       {summary.Sha256}");
        output.WriteLine($"opset        {summary.Opset}");
        output.WriteLine($"runtime      {summary.Runtime}");
        foreach (var input in summary.Inputs) output.WriteLine($"input        {Words(input)}");
        foreach (var tensor in summary.Outputs) output.WriteLine($"output       {Words(tensor)}");
        output.WriteLine($"parameters   {summary.Parameters:N0}");
        output.WriteLine($"nodes        {summary.AffineNodes} affine, {summary.ElementwiseNodes} elementwise, {summary.ProductNodes} products");
        output.WriteLine($"activations  {(summary.Activations.Count == 0 ? "none" : string.Join(", ", summary.Activations.Select(entry => $"{entry.Key} × {entry.Value:N0}")))}");
    }

    private static string Words(TensorSummary tensor) => $"{tensor.Name} [{string.Join(", ", tensor.Shape)}]";
}
