using System.Runtime.InteropServices;
using RobustVerify.Core.Programming;

namespace RobustVerify.Core.Tests.Programming;

/// <summary>COIN-OR Clp, as a reference for linear programs.</summary>
internal sealed partial class ClpSolver : ILinearSolver
{
    private const string Library = "libClp.so.1";

    public string Name => "Clp";

    public unsafe LinearSolution Solve(LinearProgram program, SolverLimits? limits = null, CancellationToken cancellation = default)
    {
        // Clp takes crossed bounds for a mistake.
        for (var j = 0; j < program.ColumnCount; j++)
        {
            if (program.Lower[j] > program.Upper[j]) return new() { Status = SolutionStatus.Infeasible, Bound = double.PositiveInfinity };
        }

        var form = new ColumnForm(program);
        var model = Clp_newModel();
        try
        {
            Clp_setLogLevel(model, 0);
            fixed (double* lower = program.Lower, upper = program.Upper, cost = program.Cost, rowLower = program.RowLower, rowUpper = program.RowUpper)
            fixed (double* values = form.Values)
            fixed (int* starts = form.Starts, rows = form.Rows)
                Clp_loadProblem(model, program.ColumnCount, program.RowCount, starts, rows, values, lower, upper, cost, rowLower, rowUpper);
            Clp_setDualTolerance(model, 1e-9);
            Clp_setPrimalTolerance(model, 1e-9);
            _ = Clp_dual(model, 0);
            var pivots = Clp_numberIterations(model);

            // What is dual infeasible may be primal infeasible as well, and free variables lead the dual method astray.
            var status = Clp_status(model);
            if (status != 0)
            {
                _ = Clp_primal(model, 0);
                if (status == 2 || Clp_status(model) == 0) status = Clp_status(model);
            }

            switch (status)
            {
                case 0:
                    var values = Copy(Clp_getColSolution(model), program.ColumnCount);
                    var value = program.Objective(values); // Its own sum loses digits where variables are free.
                    return new()
                    {
                        Status = SolutionStatus.Optimal,
                        Bound = value,
                        Objective = value,
                        Pivots = pivots,
                        Values = values,
                        RowDuals = Copy(Clp_getRowPrice(model), program.RowCount),
                        ReducedCosts = Copy(Clp_getReducedCost(model), program.ColumnCount),
                    };
                case 1: return new() { Status = SolutionStatus.Infeasible, Bound = double.PositiveInfinity, Pivots = pivots };
                case 2: return new() { Status = SolutionStatus.Unbounded, Bound = double.NegativeInfinity, Pivots = pivots };
                default: return new() { Status = SolutionStatus.Limit, Bound = double.NegativeInfinity, Pivots = pivots };
            }
        }
        finally
        {
            Clp_deleteModel(model);
        }
    }

    private static unsafe double[] Copy(double* values, int count) => new Span<double>(values, count).ToArray();

    [LibraryImport(Library)]
    private static partial nint Clp_newModel();

    [LibraryImport(Library)]
    private static partial void Clp_deleteModel(nint model);

    [LibraryImport(Library)]
    private static partial void Clp_setLogLevel(nint model, int level);

    [LibraryImport(Library)]
    private static partial void Clp_setDualTolerance(nint model, double value);

    [LibraryImport(Library)]
    private static partial void Clp_setPrimalTolerance(nint model, double value);

    [LibraryImport(Library)]
    private static unsafe partial void Clp_loadProblem(
        nint model, int columns, int rows, int* starts, int* indices, double* values,
        double* lower, double* upper, double* cost, double* rowLower, double* rowUpper);

    [LibraryImport(Library)]
    private static partial int Clp_dual(nint model, int valuesPass);

    [LibraryImport(Library)]
    private static partial int Clp_primal(nint model, int valuesPass);

    [LibraryImport(Library)]
    private static partial int Clp_status(nint model);

    [LibraryImport(Library)]
    private static partial int Clp_numberIterations(nint model);

    [LibraryImport(Library)]
    private static unsafe partial double* Clp_getColSolution(nint model);

    [LibraryImport(Library)]
    private static unsafe partial double* Clp_getRowPrice(nint model);

    [LibraryImport(Library)]
    private static unsafe partial double* Clp_getReducedCost(nint model);
}
