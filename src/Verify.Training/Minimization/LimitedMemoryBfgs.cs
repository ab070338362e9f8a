using MathNet.Numerics.LinearAlgebra;
using MathNet.Numerics.Optimization;
using RobustVerify.Core.Numerics;
using RobustVerify.Training.Objectives;

namespace RobustVerify.Training.Minimization;

/// <summary>Descends to a local minimum by L-BFGS.</summary>
/// <remarks>
/// The method is that of MathNet.Numerics. For smooth objectives: at the kinks of a ReLU network it takes thousands of
/// evaluations and may end with a gradient that is not small.
/// Source: Liu and Nocedal 1989.
/// </remarks>
public static class LimitedMemoryBfgs
{
    private const int Memory = 10;

    /// <summary>Minimises from a start, until the l2 norm of the gradient is at most <paramref name="gradientNorm"/>.</summary>
    /// <remarks>
    /// It ends earlier after so many iterations, or where rounding leaves the line search nothing to gain: the norm that was
    /// reached is told.
    /// </remarks>
    public static Minimum Minimize(
        IObjective objective, ReadOnlySpan<double> start, double gradientNorm = 1e-6, int iterations = 10_000, CancellationToken cancellation = default)
    {
        var function = new Function(objective, cancellation);
        // MathNet compares the largest element, and would stop where it is as small as asked of the norm of all.
        var largest = gradientNorm / Math.Sqrt(objective.Size);
        var minimizer = new LimitedMemoryBfgsMinimizer(largest, parameterTolerance: 1e-300, functionProgressTolerance: 1e-300, Memory, iterations);
        try
        {
            minimizer.FindMinimum(function, Vector<double>.Build.DenseOfArray(start.ToArray()));
        }
        catch (OptimizationException)
        {
            // Out of iterations, or no descent that rounding does not hide: the least value so far is what there is.
        }

        return function.Least;
    }

    /// <summary>An objective as MathNet asks for it. It remembers the least value met.</summary>
    private sealed class Function(IObjective objective, CancellationToken cancellation) : IObjectiveFunction
    {
        private readonly Function? origin;
        private Minimum? least;
        private int evaluations;

        private Function(Function origin) : this(origin.Objective, origin.Cancellation) => this.origin = origin;

        public Vector<double> Point { get; private set; } = null!;

        public double Value { get; private set; }

        public Vector<double> Gradient { get; private set; } = null!;

        public Matrix<double> Hessian => throw new NotSupportedException();

        public bool IsGradientSupported => true;

        public bool IsHessianSupported => false;

        public Minimum Least => least! with { Evaluations = evaluations };

        private IObjective Objective { get; } = objective;

        private CancellationToken Cancellation { get; } = cancellation;

        public void EvaluateAt(Vector<double> point)
        {
            Cancellation.ThrowIfCancellationRequested();
            var (parameters, gradient) = (point.ToArray(), new double[Objective.Size]);
            // A line search that overflowed.
            if (!parameters.All(double.IsFinite)) throw new EvaluationException("A parameter is no number.", this);
            Value = Objective.Evaluate(parameters, gradient);
            (Point, Gradient) = (point, Vector<double>.Build.Dense(gradient));
            (origin ?? this).Remember(parameters, Value, gradient);
        }

        public IObjectiveFunction CreateNew() => new Function(origin ?? this);

        public IObjectiveFunction Fork() => new Function(origin ?? this) { Point = Point, Value = Value, Gradient = Gradient };

        private void Remember(double[] parameters, double value, double[] gradient)
        {
            evaluations++;
            var norm = Math.Sqrt(Reduction.Dot(gradient, gradient));
            // Near the minimum rounding makes values equal; there the gradient tells which point is nearer.
            if (least is null || value < least.Value || (value == least.Value && norm < least.GradientNorm))
                least = new Minimum(parameters, value, norm, 0);
        }
    }
}
