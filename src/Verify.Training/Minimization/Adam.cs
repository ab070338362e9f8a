namespace RobustVerify.Training.Minimization;

/// <summary>Steps along averaged gradients, each element divided by its average size.</summary>
/// <remarks>Source: Kingma and Ba 2014, arXiv 1412.6980, with its constants.</remarks>
public sealed class Adam
{
    private const double MeanDecay = 0.9;
    private const double SquareDecay = 0.999;
    private const double Floor = 1e-8;

    /// <summary>Begins with averages of zero.</summary>
    public Adam(int size) : this(0, new double[size], new double[size])
    {
    }

    /// <summary>Goes on from averages (kept, not copied) of a number of steps.</summary>
    public Adam(int steps, double[] means, double[] squares) => (Steps, Means, Squares) = (steps, means, squares);

    /// <summary>The steps taken.</summary>
    public int Steps { get; private set; }

    /// <summary>The averages of the gradient.</summary>
    public double[] Means { get; }

    /// <summary>The averages of its squares.</summary>
    public double[] Squares { get; }

    /// <summary>Moves the parameters by one step.</summary>
    public void Step(Span<double> parameters, ReadOnlySpan<double> gradient, double rate)
    {
        Steps++;
        var (meanBias, squareBias) = (1 - Math.Pow(MeanDecay, Steps), 1 - Math.Pow(SquareDecay, Steps));
        for (var i = 0; i < parameters.Length; i++)
        {
            Means[i] = MeanDecay * Means[i] + (1 - MeanDecay) * gradient[i];
            Squares[i] = SquareDecay * Squares[i] + (1 - SquareDecay) * gradient[i] * gradient[i];
            parameters[i] -= rate * (Means[i] / meanBias) / (Math.Sqrt(Squares[i] / squareBias) + Floor);
        }
    }
}
