using RobustVerify.Core.Runtimes;

namespace RobustVerify.Core.Specifications;

/// <summary>What a specification asks of the outputs around every sample.</summary>
public abstract record OutputRequirement
{
    /// <summary>The property of the outputs around one sample.</summary>
    /// <param name="model">The model.</param>
    /// <param name="sample">The sample.</param>
    /// <param name="center">The sample as the model is given it.</param>
    /// <exception cref="ArgumentException">The sample or the model does not have what is asked for.</exception>
    public abstract OutputProperty At(DeployedModel model, Sample sample, ReadOnlySpan<float> center);

    /// <summary>Refuses a model whose outputs are not numbers to bound: behind ArgMax there is a label and nothing else.</summary>
    protected static void RequireValues(DeployedModel model)
    {
        if (model.Model.EndsInArgMax)
            throw new ArgumentException("the model answers with a label (ArgMax), so its outputs have no range; ask for the property same-label");
    }
}

/// <summary>
/// The label stays the same: the sample's own, or the one that the model predicts at the sample. Where the model errs at the
/// sample, its own label makes the sample itself a counterexample.
/// </summary>
/// <param name="Predicted">True where the label is the one that the model predicts.</param>
public sealed record SameLabel(bool Predicted = false) : OutputRequirement
{
    /// <inheritdoc/>
    public override OutputProperty At(DeployedModel model, Sample sample, ReadOnlySpan<float> center)
    {
        var label = Predicted ? Predict(model, center) : sample.Class ?? throw new ArgumentException("it has no label; name the column of the labels, or ask for the predicted label");
        return OutputProperty.SameLabel(label, model.Network.Output.Size);
    }

    private static int Predict(DeployedModel model, ReadOnlySpan<float> center)
    {
        var answer = model.Runtime.Run(center);
        return answer is [var probability] ? (probability > 0.5f ? 1 : 0) : answer.IndexOf(answer.Max());
    }
}

/// <summary>An output stays within a range.</summary>
/// <param name="Output">The number of the output, from 0.</param>
/// <param name="Lower">The smallest value allowed; −∞ where there is none.</param>
/// <param name="Upper">The largest value allowed; ∞ where there is none.</param>
public sealed record WithinRange(int Output, double Lower, double Upper) : OutputRequirement
{
    /// <inheritdoc/>
    public override OutputProperty At(DeployedModel model, Sample sample, ReadOnlySpan<float> center)
    {
        RequireValues(model);
        return OutputProperty.WithinRange(Output, model.Network.Output.Size, Lower, Upper);
    }
}

/// <summary>No output moves further than an amount from what the deployed model answers at the sample.</summary>
/// <param name="Amount">The largest change, not negative, in the units of the outputs.</param>
public sealed record ChangesAtMost(double Amount) : OutputRequirement
{
    /// <inheritdoc/>
    public override OutputProperty At(DeployedModel model, Sample sample, ReadOnlySpan<float> center)
    {
        RequireValues(model);
        return OutputProperty.ChangesAtMost(Array.ConvertAll(model.Runtime.Run(center), value => (double)value), Amount);
    }
}
