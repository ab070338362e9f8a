namespace RobustVerify.Training.Objectives;

/// <summary>A differentiable function of a vector of parameters, to be minimised.</summary>
public interface IObjective
{
    /// <summary>Elements of the vector.</summary>
    int Size { get; }

    /// <summary>The value at a point; its gradient there is written to <paramref name="gradient"/>, whatever was in it.</summary>
    double Evaluate(ReadOnlySpan<double> parameters, Span<double> gradient);
}
