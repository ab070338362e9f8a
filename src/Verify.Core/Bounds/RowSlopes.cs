using RobustVerify.Core.Networks;
using RobustVerify.Core.Networks.Activations;
using RobustVerify.Core.Relaxations;

namespace RobustVerify.Core.Bounds;

/// <summary>The slopes that every row has for itself at one elementwise node, and the state of their optimisation.</summary>
internal sealed class RowSlopes
{
    private const double FirstMomentDecay = 0.9;
    private const double SecondMomentDecay = 0.999;

    // How far the first step moves a slope, as a share of its range, and what every step leaves of that. The line above a ReLU
    // has no slope to choose and the one below turns about zero, which bears longer steps than lines that roll along a curve.
    private static readonly (double First, double Decay) ReLUSteps = (0.25, 0.97);
    private static readonly (double First, double Decay) CurveSteps = (0.05, 0.985);

    private readonly NodeBounds bounds;
    private readonly SlopeRanges ranges;
    private readonly int[] regionOf;
    private readonly Side below;
    private readonly Side above;

    /// <summary>Gives every row the lines of its region.</summary>
    public RowSlopes(ElementwiseNode node, NodeBounds bounds, SlopeRanges ranges, ElementwiseLines shared, int[] regionOf)
    {
        (Node, this.bounds, this.ranges, this.regionOf) = (node, bounds, ranges, regionOf);
        Lines = shared.Repeat(regionOf, node.Size);
        below = new Side(Lines.LowerSlopes, Lines.LowerOffsets, sign: 1);
        above = new Side(Lines.UpperSlopes, Lines.UpperOffsets, sign: -1);
    }

    /// <summary>The node.</summary>
    public ElementwiseNode Node { get; }

    /// <summary>The lines of every row as they are now.</summary>
    public ElementwiseLines Lines { get; }

    /// <summary>One step uphill for every slope that a row uses, then the offsets that go with the new slopes.</summary>
    /// <param name="coefficients">rows × size: what the row multiplies the node's values by.</param>
    /// <param name="values">rows × size: the node's arguments at the corner of the region that the row is least at.</param>
    /// <param name="step">The number of the step, from 0.</param>
    public void Move(double[] coefficients, double[] values, int step)
    {
        var low = bounds.Lower(Node.Source);
        var high = bounds.Upper(Node.Source);
        var isReLU = Node.Activation is ReLU;
        var steps = isReLU ? ReLUSteps : CurveSteps;
        var length = steps.First * Math.Pow(steps.Decay, step);
        var first = 1 - Math.Pow(FirstMomentDecay, step + 1);
        var second = 1 - Math.Pow(SecondMomentDecay, step + 1);
        for (var row = 0; row < regionOf.Length; row++)
        {
            for (var i = 0; i < Node.Size; i++)
            {
                var (at, neuron) = (row * Node.Size + i, regionOf[row] * Node.Size + i);
                var coefficient = coefficients[at];
                // No line above a ReLU is better than the chord.
                if (coefficient == 0 || (isReLU && coefficient < 0)) continue;
                var (least, most) = (ranges.Least[neuron], ranges.Most[neuron]);
                if (!(least < most)) continue;
                var side = coefficient > 0 ? below : above;
                if (step == 0 && !isReLU) side.Shift(Node.Activation, low[neuron], high[neuron], at);
                var gradient = coefficient * (values[at] - side.Contacts[at]);
                if (!double.IsFinite(gradient)) continue;
                side.First[at] = FirstMomentDecay * side.First[at] + (1 - FirstMomentDecay) * gradient;
                side.Second[at] = SecondMomentDecay * side.Second[at] + (1 - SecondMomentDecay) * gradient * gradient;
                var direction = side.First[at] / first / (Math.Sqrt(side.Second[at] / second) + 1e-300);
                side.Slopes[at] = Math.Clamp(side.Slopes[at] + length * (most - least) * direction, least, most);
                if (!isReLU) side.Shift(Node.Activation, low[neuron], high[neuron], at);
            }
        }
    }

    /// <summary>The lines on one side of the function.</summary>
    private sealed class Side(double[] slopes, double[] offsets, int sign)
    {
        public double[] Slopes => slopes;

        /// <summary>Where each line touches the function; a line below a ReLU touches it at zero.</summary>
        public double[] Contacts { get; } = new double[slopes.Length];

        public double[] First { get; } = new double[slopes.Length];

        public double[] Second { get; } = new double[slopes.Length];

        public void Shift(Activation activation, double low, double high, int at)
        {
            var shift = sign > 0
                ? Slir.LowerShift(activation, low, high, slopes[at])
                : Slir.UpperShift(activation, low, high, slopes[at]);
            (offsets[at], Contacts[at]) = (shift.Offset, shift.Contact);
        }
    }
}
