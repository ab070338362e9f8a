namespace RobustVerify.Core.Programming;

/// <summary>How a search divided a part of a mixed-integer program, or what closed it.</summary>
public sealed class ProgramPart
{
    /// <summary>The variable that it was divided by; −1 where it was not.</summary>
    public int Variable { get; private set; } = -1;

    /// <summary>The part in which the variable is at most a whole number.</summary>
    public ProgramPart? Below { get; private set; }

    /// <summary>The part in which it is larger.</summary>
    public ProgramPart? Above { get; private set; }

    /// <summary>
    /// The duals of the rows that show a bound of the part, or with costs of zero that it has no solution (<see cref="IsInfeasible"/>); empty
    /// where there are none.
    /// </summary>
    public double[] Duals { get; private set; } = [];

    /// <summary>Whether the duals show that there is no solution.</summary>
    public bool IsInfeasible { get; private set; }

    internal (ProgramPart Below, ProgramPart Above) Divide(int variable)
    {
        // What bounds the part bounds its halves, until something better is known of them.
        (Variable, Below, Above) = (variable, new ProgramPart { Duals = Duals }, new ProgramPart { Duals = Duals });
        Duals = [];
        return (Below, Above);
    }

    internal void Learn(LinearSolution solution)
    {
        if (solution.Status == SolutionStatus.Infeasible) (Duals, IsInfeasible) = (solution.Ray, true);
        else if (solution.RowDuals.Length > 0) Duals = solution.RowDuals;
    }
}
