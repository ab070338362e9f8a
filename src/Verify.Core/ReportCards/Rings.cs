using RobustVerify.Core.Numerics;

namespace RobustVerify.Core.ReportCards;

/// <summary>What Lipschitz constants over nested balls say of a margin: on the way out it falls by at most one of them in every ring.</summary>
/// <param name="margin">The margin at the centre, positive, rounded down.</param>
internal sealed class Rings(double margin)
{
    private readonly SortedList<double, double> constants = [];

    /// <summary>False where no constant is known.</summary>
    public bool Known => constants.Count > 0;

    /// <summary>Within this distance of the centre the margin is positive; rounded down, at most the radius of the largest ball.</summary>
    public double Radius
    {
        get
        {
            var (reached, left) = (0.0, margin);
            foreach (var (radius, constant) in constants)
            {
                var fall = Rounding.ProductUp(constant, Rounding.SumUp(radius, -reached));
                if (fall >= left) return Rounding.Down(reached + Rounding.Down(left / constant));
                (reached, left) = (radius, -Rounding.SumUp(-left, fall));
            }

            return reached;
        }
    }

    /// <summary>Adds an upper bound of the constant over a ball; one that is infinite says nothing.</summary>
    public void Add(double radius, double constant)
    {
        if (!double.IsFinite(constant)) return;
        constants[radius] = constant;

        // What holds over a ball holds over those inside it.
        for (var ball = constants.Count - 2; ball >= 0; ball--)
        {
            var inner = constants.GetKeyAtIndex(ball);
            constants[inner] = Math.Min(constants[inner], constants.GetValueAtIndex(ball + 1));
        }
    }
}
