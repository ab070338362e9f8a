namespace RobustVerify.Core.Specifications.VnnLib;

/// <summary>One end of an input's interval.</summary>
internal readonly record struct InputBound(int Input, bool IsUpper, double Value);

/// <summary>Σ cⱼ yⱼ ≤ b over the few outputs that a comparison names.</summary>
internal sealed record OutputBound((int Output, double Coefficient)[] Terms, double Bound);

/// <summary>
/// A formula in layers: comparisons that hold together, and choices of which one alternative holds each. An <c>and</c>
/// adds to the conjunction that it stands in, so that a file becomes a tree of its own size.
/// </summary>
internal sealed class VnnLibFormula(int line)
{
    /// <summary>The line where the formula starts.</summary>
    public int Line => line;

    /// <summary>Bounds of inputs that hold.</summary>
    public List<InputBound> Inputs { get; } = [];

    /// <summary>Constraints of outputs that hold.</summary>
    public List<OutputBound> Outputs { get; } = [];

    /// <summary>Of every choice, one alternative holds.</summary>
    public List<VnnLibFormula[]> Choices { get; } = [];

    /// <summary>The number of conjunctions in the disjunctive normal form.</summary>
    public double Disjuncts
    {
        get
        {
            var product = 1.0;
            foreach (var choice in Choices) product *= choice.Sum(alternative => alternative.Disjuncts);
            return product;
        }
    }

    /// <summary>Joins a formula that holds too.</summary>
    public void Add(VnnLibFormula other)
    {
        Inputs.AddRange(other.Inputs);
        Outputs.AddRange(other.Outputs);
        Choices.AddRange(other.Choices);
    }
}
