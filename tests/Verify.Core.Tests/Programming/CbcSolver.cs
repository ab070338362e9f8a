using System.Runtime.InteropServices;
using RobustVerify.Core.Programming;

namespace RobustVerify.Core.Tests.Programming;

/// <summary>COIN-OR Cbc, as a reference for mixed-integer programs.</summary>
internal sealed partial class CbcSolver : ILinearSolver
{
    private const string Library = "libCbcSolver.so.3";

    public string Name => "Cbc";

    public unsafe LinearSolution Solve(LinearProgram program, SolverLimits? limits = null, CancellationToken cancellation = default)
    {
        var form = new ColumnForm(program);
        var model = Cbc_newModel();
        try
        {
            var (columnLower, columnUpper) = ColumnForm.Bounds(program);
            fixed (double* lower = columnLower, upper = columnUpper, cost = program.Cost, rowLower = program.RowLower, rowUpper = program.RowUpper)
            fixed (double* values = form.Values)
            fixed (int* starts = form.Starts, rows = form.Rows)
                Cbc_loadProblem(model, program.ColumnCount, program.RowCount, starts, rows, values, lower, upper, cost, rowLower, rowUpper);
            for (var j = 0; j < program.ColumnCount; j++)
            {
                if (program.IsInteger[j]) Cbc_setInteger(model, j);
            }

            Cbc_setLogLevel(model, 0);
            Cbc_setParameter(model, "preprocess", "off"); // With it, one of the random programs ends with a solution that is not the best.
            _ = Cbc_solve(model);
            if (Cbc_isProvenInfeasible(model) != 0) return new() { Status = SolutionStatus.Infeasible, Bound = double.PositiveInfinity };
            if (Cbc_isContinuousUnbounded(model) != 0) return new() { Status = SolutionStatus.Unbounded, Bound = double.NegativeInfinity };
            if (Cbc_isProvenOptimal(model) == 0) return new() { Status = SolutionStatus.Limit, Bound = double.NegativeInfinity };
            var solution = new Span<double>(Cbc_getColSolution(model), program.ColumnCount).ToArray();
            var value = program.Objective(solution);
            return new() { Status = SolutionStatus.Optimal, Bound = value, Objective = value, Values = solution };
        }
        finally
        {
            Cbc_deleteModel(model);
        }
    }

    [LibraryImport(Library)]
    private static partial nint Cbc_newModel();

    [LibraryImport(Library)]
    private static partial void Cbc_deleteModel(nint model);

    [LibraryImport(Library)]
    private static unsafe partial void Cbc_loadProblem(
        nint model, int columns, int rows, int* starts, int* indices, double* values,
        double* lower, double* upper, double* cost, double* rowLower, double* rowUpper);

    [LibraryImport(Library)]
    private static partial void Cbc_setInteger(nint model, int column);

    [LibraryImport(Library)]
    private static partial void Cbc_setLogLevel(nint model, int level);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    private static partial void Cbc_setParameter(nint model, string name, string value);

    [LibraryImport(Library)]
    private static partial int Cbc_solve(nint model);

    [LibraryImport(Library)]
    private static partial int Cbc_isProvenInfeasible(nint model);

    [LibraryImport(Library)]
    private static partial int Cbc_isContinuousUnbounded(nint model);

    [LibraryImport(Library)]
    private static partial int Cbc_isProvenOptimal(nint model);

    [LibraryImport(Library)]
    private static unsafe partial double* Cbc_getColSolution(nint model);
}
