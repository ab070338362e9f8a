namespace RobustVerify.Core.Networks.Activations;

/// <summary>A function of which nothing is known but its values and how steep it can be.</summary>
/// <param name="name">Its name.</param>
/// <param name="value">Its value at a point, exact to <see cref="Activation.ValueError"/>; finite at every finite point.</param>
/// <param name="lipschitzConstant">|f(x) − f(y)| ≤ this·|x − y| for all x and y.</param>
/// <param name="derivative">
/// Its derivative, where known. Without it attacks follow central differences, which bound nothing: whatever needs bounds
/// of the derivative then fails with a <see cref="NotSupportedException"/>.
/// </param>
public sealed class LipschitzActivation(
    string name,
    Func<double, double> value,
    double lipschitzConstant,
    Activation? derivative = null) : Activation
{
    /// <inheritdoc/>
    public override string Name => name;

    /// <summary>A bound of the function's steepness.</summary>
    public double LipschitzConstant { get; } = lipschitzConstant > 0 && double.IsFinite(lipschitzConstant)
        ? lipschitzConstant
        : throw new ArgumentException($"{name}: the Lipschitz constant must be positive and finite, not {lipschitzConstant}.", nameof(lipschitzConstant));

    /// <inheritdoc/>
    public override double Value(double z) => value(z);

    /// <inheritdoc/>
    public override bool IsLinearOn(double lower, double upper) => false;

    /// <inheritdoc/>
    public override Piece PieceAt(double z) => throw Unknown();

    /// <inheritdoc/>
    protected override Activation CreateDerivative() => derivative ?? new CentralDifference(this);

    /// <inheritdoc/>
    protected override Piece[] CreatePieces() => throw Unknown();

    private NotSupportedException Unknown() => new($"{name}: only its Lipschitz constant is known, not where it bends which way.");

    /// <summary>An estimate of the derivative, for attacks.</summary>
    private sealed class CentralDifference(Activation function) : Activation
    {
        public override string Name => function.Name + "'";

        public override double Value(double z)
        {
            // The cube root of the rounding unit balances truncation against cancellation.
            var step = 6e-6 * Math.Max(1, Math.Abs(z));
            return (function.Value(z + step) - function.Value(z - step)) / (2 * step);
        }

        public override Piece PieceAt(double z) => throw Unknown();

        protected override Activation CreateDerivative() => new CentralDifference(this);

        protected override Piece[] CreatePieces() => throw Unknown();

        private NotSupportedException Unknown() => new(
            $"{Name} is estimated by differences and cannot be bounded. Give the derivative of {function.Name} as an activation when it is defined.");
    }
}
