using System.Globalization;
using Google.OrTools.LinearSolver;
using RobustVerify.Core.Programming;

namespace RobustVerify.OrTools;

/// <summary>Google OR-Tools as a solver of linear and mixed-integer programs.</summary>
/// <remarks>
/// <para>
/// Linear programs go to one of its solvers, mixed-integer ones to another: Glop and SCIP, unless others are named that OR-Tools
/// knows and that are there, such as PDLP, HIGHS, GUROBI_LP and GUROBI. Their answers are floating point with
/// tolerances; <see cref="SafeBound"/> makes proofs of <see cref="LinearSolution.RowDuals"/>.
/// </para>
/// <para>
/// Limits of pivots are passed on to Glop, limits of nodes and the gap to SCIP; a threshold is not. A call of OR-Tools
/// cannot be interrupted: cancellation is seen before and after it.
/// </para>
/// </remarks>
/// <param name="linear">The solver of linear programs, by the name that OR-Tools gives it.</param>
/// <param name="mixedInteger">The solver of mixed-integer programs.</param>
public sealed class OrToolsSolver(string linear = "GLOP", string mixedInteger = "SCIP") : ILinearSolver
{
    /// <inheritdoc/>
    public string Name => $"OR-Tools ({linear}, {mixedInteger})";

    /// <inheritdoc/>
    /// <exception cref="NotSupportedException">OR-Tools does not have the solver.</exception>
    public LinearSolution Solve(LinearProgram program, SolverLimits? limits = null, CancellationToken cancellation = default)
    {
        if (program.HasCrossedBounds) return new() { Status = SolutionStatus.Infeasible, Bound = double.PositiveInfinity };
        if (cancellation.IsCancellationRequested) return Nothing;
        var solution = Run(program, limits ?? SolverLimits.None, out var status);
        if (status is not (Solver.ResultStatus.INFEASIBLE or Solver.ResultStatus.UNBOUNDED)) return solution;

        // OR-Tools calls infeasible what may be unbounded instead. Without an objective there is no doubt.
        if (cancellation.IsCancellationRequested) return Nothing;
        var feasible = Run(program.WithCost(new double[program.ColumnCount]), limits ?? SolverLimits.None, out status);
        return status switch
        {
            Solver.ResultStatus.OPTIMAL => new()
            {
                Status = SolutionStatus.Unbounded, Bound = double.NegativeInfinity, Objective = program.Objective(feasible.Values), Values = feasible.Values,
            },
            Solver.ResultStatus.INFEASIBLE => new() { Status = SolutionStatus.Infeasible, Bound = double.PositiveInfinity },
            _ => Nothing,
        };
    }

    private static LinearSolution Nothing => new() { Status = SolutionStatus.Limit, Bound = double.NegativeInfinity };

    private LinearSolution Run(LinearProgram program, SolverLimits limits, out Solver.ResultStatus status)
    {
        var name = program.IsMixedInteger ? mixedInteger : linear;
        using var solver = Solver.CreateSolver(name) ?? throw new NotSupportedException($"OR-Tools has no solver {name} here.");
        var (variables, rows) = Load(solver, program);
        if (Parameters(name, limits) is { Length: > 0 } parameters && !solver.SetSolverSpecificParametersAsString(parameters))
            throw new NotSupportedException($"{name} does not take the parameters '{parameters}'.");
        status = solver.Solve();
        if (status is not (Solver.ResultStatus.OPTIMAL or Solver.ResultStatus.FEASIBLE)) return Nothing;

        var values = Array.ConvertAll(variables, variable => variable.SolutionValue());
        var objective = program.Objective(values);
        var isOptimal = status == Solver.ResultStatus.OPTIMAL;
        var solution = new LinearSolution
        {
            Status = isOptimal ? SolutionStatus.Optimal : SolutionStatus.Limit,
            Bound = program.IsMixedInteger ? Math.Min(solver.Objective().BestBound(), objective) : isOptimal ? objective : double.NegativeInfinity,
            Objective = objective,
            Values = values,
            Pivots = solver.Iterations(),
        };
        return program.IsMixedInteger
            ? solution with { Nodes = solver.Nodes() }
            : !isOptimal ? solution
            : solution with
            {
                RowDuals = Array.ConvertAll(rows, row => row.DualValue()),
                ReducedCosts = Array.ConvertAll(variables, variable => variable.ReducedCost()),
            };
    }

    private static (Variable[] Variables, Constraint[] Rows) Load(Solver solver, LinearProgram program)
    {
        var (variables, rows) = (new Variable[program.ColumnCount], new Constraint[program.RowCount]);
        var objective = solver.Objective();
        objective.SetMinimization();
        objective.SetOffset(program.Constant);
        for (var j = 0; j < variables.Length; j++)
        {
            variables[j] = solver.MakeVar(program.Lower[j], program.Upper[j], program.IsInteger[j], "");
            if (program.Cost[j] != 0) objective.SetCoefficient(variables[j], program.Cost[j]);
        }

        for (var i = 0; i < rows.Length; i++)
        {
            rows[i] = solver.MakeConstraint(program.RowLower[i], program.RowUpper[i], "");
            for (var e = program.RowStarts[i]; e < program.RowStarts[i + 1]; e++)
                rows[i].SetCoefficient(variables[program.Columns[e]], program.Coefficients[e]);
        }

        return (variables, rows);
    }

    private static string Parameters(string name, SolverLimits limits) => name switch
    {
        "GLOP" => "primal_feasibility_tolerance: 1e-9 dual_feasibility_tolerance: 1e-9"
            + (limits.Pivots < long.MaxValue ? $" max_number_of_iterations: {limits.Pivots}" : ""),
        "SCIP" => string.Create(CultureInfo.InvariantCulture, $"limits/gap = {limits.Gap}")
            + (limits.Nodes < long.MaxValue ? $"\nlimits/nodes = {limits.Nodes}" : ""),
        _ => "",
    };
}
