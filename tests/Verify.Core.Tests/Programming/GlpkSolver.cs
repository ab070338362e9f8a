using System.Runtime.InteropServices;
using RobustVerify.Core.Programming;

namespace RobustVerify.Core.Tests.Programming;

/// <summary>GLPK, as a reference for linear and mixed-integer programs.</summary>
internal sealed partial class GlpkSolver : ILinearSolver
{
    private const string Library = "libglpk.so.40";
    private const int Optimal = 5, NoFeasible = 4, Unbounded = 6;

    public string Name => "GLPK";

    public unsafe LinearSolution Solve(LinearProgram program, SolverLimits? limits = null, CancellationToken cancellation = default)
    {
        if (!Simplified(program)) return new() { Status = SolutionStatus.Infeasible, Bound = double.PositiveInfinity };
        _ = glp_term_out(0);
        var problem = glp_create_prob();
        try
        {
            Load(problem, program);

            // Parameters are taken as GLPK sets them; its structures are larger than what is read of them.
            var parameters = stackalloc byte[4096];
            glp_init_smcp(parameters);
            var failed = glp_simplex(problem, parameters) != 0;
            var status = glp_get_status(problem);
            if (!failed && status == Optimal && program.IsMixedInteger)
            {
                glp_init_iocp(parameters);
                failed = glp_intopt(problem, parameters) != 0;
                status = glp_mip_status(problem);
            }

            if (failed) return new() { Status = SolutionStatus.Limit, Bound = double.NegativeInfinity };
            switch (status)
            {
                case Optimal:
                    var value = program.IsMixedInteger ? glp_mip_obj_val(problem) : glp_get_obj_val(problem);
                    var solution = new LinearSolution
                    {
                        Status = SolutionStatus.Optimal,
                        Bound = value,
                        Objective = value,
                        Values = List(program.ColumnCount, j => program.IsMixedInteger ? glp_mip_col_val(problem, j) : glp_get_col_prim(problem, j)),
                    };
                    return program.IsMixedInteger
                        ? solution
                        : solution with
                        {
                            RowDuals = List(program.RowCount, i => glp_get_row_dual(problem, i)),
                            ReducedCosts = List(program.ColumnCount, j => glp_get_col_dual(problem, j)),
                        };
                case NoFeasible: return new() { Status = SolutionStatus.Infeasible, Bound = double.PositiveInfinity };
                case Unbounded: return new() { Status = SolutionStatus.Unbounded, Bound = double.NegativeInfinity };
                default: return new() { Status = SolutionStatus.Limit, Bound = double.NegativeInfinity };
            }
        }
        finally
        {
            glp_delete_prob(problem);
        }
    }

    // GLPK has no way to say that bounds cross.
    private static bool Simplified(LinearProgram program)
    {
        for (var j = 0; j < program.ColumnCount; j++)
        {
            if (program.Lower[j] > program.Upper[j]) return false;
        }

        for (var i = 0; i < program.RowCount; i++)
        {
            if (program.RowLower[i] > program.RowUpper[i]) return false;
        }

        return true;
    }

    private static unsafe void Load(nint problem, LinearProgram program)
    {
        if (program.RowCount > 0) _ = glp_add_rows(problem, program.RowCount);
        if (program.ColumnCount > 0) _ = glp_add_cols(problem, program.ColumnCount);
        glp_set_obj_coef(problem, 0, program.Constant);
        var (lower, upper) = ColumnForm.Bounds(program);
        for (var j = 0; j < program.ColumnCount; j++)
        {
            glp_set_obj_coef(problem, j + 1, program.Cost[j]);
            var (low, high) = (lower[j], upper[j]);
            glp_set_col_bnds(problem, j + 1, Kind(low, high), low, high);
            if (program.IsInteger[j]) glp_set_col_kind(problem, j + 1, 2);
        }

        var (rows, columns, values) = (new int[program.Columns.Length + 1], new int[program.Columns.Length + 1], new double[program.Columns.Length + 1]);
        for (var i = 0; i < program.RowCount; i++)
        {
            var (low, high) = (program.RowLower[i], program.RowUpper[i]);
            glp_set_row_bnds(problem, i + 1, Kind(low, high), low, high);
            for (var e = program.RowStarts[i]; e < program.RowStarts[i + 1]; e++)
                (rows[e + 1], columns[e + 1], values[e + 1]) = (i + 1, program.Columns[e] + 1, program.Coefficients[e]);
        }

        fixed (int* rowsStart = rows, columnsStart = columns)
        fixed (double* valuesStart = values)
            glp_load_matrix(problem, program.Columns.Length, rowsStart, columnsStart, valuesStart);
    }

    private static int Kind(double low, double high) => (double.IsFinite(low), double.IsFinite(high)) switch
    {
        (false, false) => 1,
        (true, false) => 2,
        (false, true) => 3,
        _ => low == high ? 5 : 4,
    };

    private static double[] List(int count, Func<int, double> value) => [.. Enumerable.Range(1, count).Select(value)];

    [LibraryImport(Library)]
    private static partial int glp_term_out(int flag);

    [LibraryImport(Library)]
    private static partial nint glp_create_prob();

    [LibraryImport(Library)]
    private static partial void glp_delete_prob(nint problem);

    [LibraryImport(Library)]
    private static partial int glp_add_rows(nint problem, int count);

    [LibraryImport(Library)]
    private static partial int glp_add_cols(nint problem, int count);

    [LibraryImport(Library)]
    private static partial void glp_set_row_bnds(nint problem, int row, int kind, double low, double high);

    [LibraryImport(Library)]
    private static partial void glp_set_col_bnds(nint problem, int column, int kind, double low, double high);

    [LibraryImport(Library)]
    private static partial void glp_set_obj_coef(nint problem, int column, double value);

    [LibraryImport(Library)]
    private static partial void glp_set_col_kind(nint problem, int column, int kind);

    [LibraryImport(Library)]
    private static unsafe partial void glp_load_matrix(nint problem, int count, int* rows, int* columns, double* values);

    [LibraryImport(Library)]
    private static unsafe partial void glp_init_smcp(byte* parameters);

    [LibraryImport(Library)]
    private static unsafe partial int glp_simplex(nint problem, byte* parameters);

    [LibraryImport(Library)]
    private static unsafe partial void glp_init_iocp(byte* parameters);

    [LibraryImport(Library)]
    private static unsafe partial int glp_intopt(nint problem, byte* parameters);

    [LibraryImport(Library)]
    private static partial int glp_get_status(nint problem);

    [LibraryImport(Library)]
    private static partial int glp_mip_status(nint problem);

    [LibraryImport(Library)]
    private static partial double glp_get_obj_val(nint problem);

    [LibraryImport(Library)]
    private static partial double glp_mip_obj_val(nint problem);

    [LibraryImport(Library)]
    private static partial double glp_get_col_prim(nint problem, int column);

    [LibraryImport(Library)]
    private static partial double glp_mip_col_val(nint problem, int column);

    [LibraryImport(Library)]
    private static partial double glp_get_row_dual(nint problem, int row);

    [LibraryImport(Library)]
    private static partial double glp_get_col_dual(nint problem, int column);
}
