using System.Diagnostics;
using RobustVerify.Core.Onnx;
using RobustVerify.Core.Specifications;
using RobustVerify.Training.Specifications;

namespace RobustVerify.Training;

/// <summary>What came of a training.</summary>
/// <param name="Model">The file that the model was written to.</param>
/// <param name="Epochs">Epochs, with those before the training was taken up again.</param>
/// <param name="Training">How the model does on what it was trained on.</param>
/// <param name="Test">How it does on what it was not trained on, where there is any.</param>
public sealed record TrainingReport(string Model, int Epochs, Assessment Training, Assessment? Test);

/// <summary>Trains the model of a specification, and writes it as ONNX.</summary>
public static class ModelTraining
{
    private static readonly TimeSpan BetweenCheckpoints = TimeSpan.FromSeconds(1);

    /// <summary>The file that an unfinished training is kept in.</summary>
    public static string CheckpointPath(TrainingSpecification specification) => specification.OutputPath + ".checkpoint";

    /// <summary>Trains from the beginning, or from the checkpoint of the same specification and data where there is one.</summary>
    /// <remarks>The model takes inputs in the units of the data. It is the same whether or not the training was interrupted.</remarks>
    /// <param name="specification">What to train.</param>
    /// <param name="progress">Told the state after every epoch.</param>
    /// <param name="cancellation">Ends the training; the checkpoint is that of the last whole epoch.</param>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    /// <exception cref="IOException">The model or the checkpoint cannot be written.</exception>
    /// <exception cref="SpecificationException">The loss is no number any more.</exception>
    public static TrainingReport Run(TrainingSpecification specification, Action<TrainingState>? progress = null, CancellationToken cancellation = default)
    {
        var (architecture, loss) = (specification.Architecture, specification.Loss);
        var checkpoint = CheckpointPath(specification);
        Directory.CreateDirectory(Path.GetDirectoryName(specification.OutputPath)!); // not to fail at the end
        var run = new TrainingRun(
            architecture, specification.Training, loss, specification.Plan, Checkpoint.Read(checkpoint, specification.Fingerprint));
        var lastCheckpoint = Stopwatch.StartNew();
        try
        {
            while (!run.IsFinished)
            {
                run.Advance(cancellation);
                if (!double.IsFinite(run.State.Loss))
                    throw new SpecificationException(specification.File, $"in epoch {run.State.Epochs} the loss is no number any more; give $.training a smaller learningRate");
                progress?.Invoke(run.State);
                if (lastCheckpoint.Elapsed < BetweenCheckpoints) continue;
                Checkpoint.Write(checkpoint, specification.Fingerprint, run.State);
                lastCheckpoint.Restart();
            }
        }
        catch (OperationCanceledException) when (run.State.Epochs > 0)
        {
            Checkpoint.Write(checkpoint, specification.Fingerprint, run.State);
            throw;
        }

        var parameters = run.State.Parameters;
        OnnxWriter.Write(architecture.ToNetwork(specification.Scaling.Fold(architecture, parameters)), specification.OutputPath);
        File.Delete(checkpoint);
        return new TrainingReport(
            specification.OutputPath,
            run.State.Epochs,
            Assessment.Of(architecture, parameters, specification.Training, loss),
            specification.Test is { } test ? Assessment.Of(architecture, parameters, test, loss) : null);
    }
}
