using RobustVerify.Core.Specifications;
using RobustVerify.Training.Objectives;

namespace RobustVerify.Training.Specifications;

/// <summary>What is trained on what, and how: a JSON file whose schema is <c>docs/schemas/training.schema.json</c>.</summary>
public sealed record TrainingSpecification
{
    /// <summary>The specification's file.</summary>
    public required string File { get; init; }

    /// <summary>The file that the model is written to.</summary>
    public required string OutputPath { get; init; }

    /// <summary>The layers.</summary>
    public required Architecture Architecture { get; init; }

    /// <summary>What is trained on, in the units of training.</summary>
    public required Examples Training { get; init; }

    /// <summary>What the trained model is tried on, in the units of training, where there is any.</summary>
    public Examples? Test { get; init; }

    /// <summary>From the units of the data to those of training.</summary>
    public required Scaling Scaling { get; init; }

    /// <summary>What is minimised, in the units of training.</summary>
    public required TrainingLoss Loss { get; init; }

    /// <summary>How it is minimised.</summary>
    public required TrainingPlan Plan { get; init; }

    /// <summary>The hash of the specification and of the data: what a checkpoint belongs to.</summary>
    internal string Fingerprint { get; init; } = "";

    /// <summary>Reads a specification and its data.</summary>
    /// <exception cref="SpecificationException">A file cannot be read, or says what cannot be; the message names the place.</exception>
    public static TrainingSpecification Load(string file) => TrainingReader.Read(file);
}
