namespace RobustVerify.Core.Programming;

/// <summary>
/// A basis of a scaled program and all that follows from it: the values of the variables and their reduced costs.
/// </summary>
/// <remarks>
/// The variables are those of the program, then the values of its rows, r = A x, so that all constraints are A x − r = 0 and
/// bounds. The reduced cost of a row's value is the row's dual.
/// </remarks>
internal sealed class SimplexState
{
    /// <summary>How far a scaled variable may be outside its bounds.</summary>
    public const double PrimalTolerance = 1e-9;

    /// <summary>How far a scaled reduced cost may have the wrong sign.</summary>
    public const double DualTolerance = 1e-9;

    private readonly double[] work;
    private readonly int[] slot;

    public SimplexState(SimplexMatrix matrix)
    {
        (Matrix, RowCount, ColumnCount) = (matrix, matrix.RowCount, matrix.ColumnCount);
        var all = RowCount + ColumnCount;
        (Lower, Upper, Cost, ShiftedCost) = (new double[all], new double[all], new double[all], new double[all]);
        (Value, ReducedCost, Row, Place) = (new double[all], new double[all], new double[all], new VariablePlace[all]);
        (Head, Weight, Violation, work) = (new int[RowCount], new double[RowCount], new double[RowCount], new double[RowCount]);
        (Multipliers, Column) = (new double[RowCount], new double[RowCount]);
        (Nonbasic, slot) = (new int[ColumnCount], new int[all]);
        Factorization = new BasisFactorization(matrix);
        var places = new VariablePlace[ColumnCount];
        Array.Fill(places, VariablePlace.Lower);
        SetBasis(places, new VariablePlace[RowCount]);
    }

    public SimplexMatrix Matrix { get; }

    public int RowCount { get; }

    public int ColumnCount { get; }

    public double[] Lower { get; }

    public double[] Upper { get; }

    /// <summary>The program's costs.</summary>
    public double[] Cost { get; }

    /// <summary>The costs that are solved for, which may be off the program's for a while, so that reduced costs have the right signs.</summary>
    public double[] ShiftedCost { get; }

    public double[] Value { get; }

    public double[] ReducedCost { get; }

    public VariablePlace[] Place { get; }

    /// <summary>The basic variable of every row.</summary>
    public int[] Head { get; }

    /// <summary>The variables that are not basic.</summary>
    public int[] Nonbasic { get; }

    /// <summary>For every row, ‖B⁻ᵀe‖², or near it: the weights of dual steepest edge.</summary>
    public double[] Weight { get; }

    /// <summary>For every row, how far its basic variable is above (positive) or below (negative) its bounds, or zero within tolerance.</summary>
    public double[] Violation { get; }

    /// <summary>B⁻ᵀe of the row that <see cref="ComputeRow"/> was last called for.</summary>
    public double[] Multipliers { get; }

    /// <summary>That row of B⁻¹N, for the variables that are not basic.</summary>
    public double[] Row { get; }

    /// <summary>B⁻¹a of the variable that <see cref="ComputeColumn"/> was last called for.</summary>
    public double[] Column { get; }

    public BasisFactorization Factorization { get; }

    /// <summary>Whether costs are off the program's.</summary>
    public bool IsShifted { get; set; }

    /// <summary>Whether values and reduced costs come from the basis itself, and not from the last ones by pivots.</summary>
    public bool IsCurrent { get; private set; }

    /// <summary>Pivots so far.</summary>
    public long Pivots { get; private set; }

    public bool IsFixed(int j) => Lower[j] == Upper[j];

    /// <summary>Makes others basic. There need not be as many as rows, nor need they be independent.</summary>
    public void SetBasis(ReadOnlySpan<VariablePlace> columns, ReadOnlySpan<VariablePlace> rows)
    {
        columns.CopyTo(Place);
        rows.CopyTo(Place.AsSpan(ColumnCount));
        var basic = new List<int>(RowCount);
        for (var j = 0; j < Place.Length; j++)
        {
            if (Place[j] != VariablePlace.Basic) continue;
            if (basic.Count < RowCount) basic.Add(j);
            else Place[j] = VariablePlace.Lower;
        }

        // What is missing are rows' own values.
        for (var i = 0; basic.Count < RowCount; i++)
        {
            if (Place[ColumnCount + i] == VariablePlace.Basic) continue;
            Place[ColumnCount + i] = VariablePlace.Basic;
            basic.Add(ColumnCount + i);
        }

        basic.CopyTo(Head);
        Array.Fill(Weight, 1);
        ListNonbasic();
    }

    /// <summary>What it takes to come back to this basis.</summary>
    public SimplexSnapshot Take()
    {
        for (var i = 0; i < RowCount; i++) work[i] = Weight[i];
        var weights = new float[RowCount];
        var order = (int[])Head.Clone();
        Array.Sort(order, work);
        for (var i = 0; i < RowCount; i++) weights[i] = (float)work[i];
        return new((VariablePlace[])Place.Clone(), weights);
    }

    /// <summary>Comes back to a basis. It has to be factored then.</summary>
    public void Restore(SimplexSnapshot snapshot)
    {
        SetBasis(snapshot.Places.AsSpan(0, ColumnCount), snapshot.Places.AsSpan(ColumnCount));
        for (var i = 0; i < RowCount; i++) Weight[i] = snapshot.Weights[i];
    }

    /// <summary>Puts a variable that is not basic at the nearest of its bounds to where it is, and gives it its value.</summary>
    public void Settle(int j)
    {
        if (Place[j] == VariablePlace.Basic) return;
        var wantsUpper = Place[j] == VariablePlace.Upper;
        Place[j] = (double.IsFinite(Lower[j]), double.IsFinite(Upper[j])) switch
        {
            (true, true) => wantsUpper ? VariablePlace.Upper : VariablePlace.Lower,
            (true, false) => VariablePlace.Lower,
            (false, true) => VariablePlace.Upper,
            _ => VariablePlace.Free,
        };
        Value[j] = At(j);
    }

    /// <summary>Factors the basis, and computes everything from it.</summary>
    public void Refactor()
    {
        // Weights belong to variables while these change their rows.
        for (var i = 0; i < RowCount; i++) Value[Head[i]] = Weight[i];
        var before = (int[])Head.Clone();
        var replaced = Factorization.Factor(Head);
        if (replaced.Count > 0)
        {
            foreach (var j in before) Place[j] = VariablePlace.Lower;
            foreach (var j in Head) Place[j] = VariablePlace.Basic;
            foreach (var row in replaced) Value[Head[row]] = 1;
            foreach (var j in before) Settle(j);
            ListNonbasic();
        }

        for (var i = 0; i < RowCount; i++) Weight[i] = Value[Head[i]];
        Compute();
    }

    /// <summary>Computes everything from the basis, as it is factored and updated.</summary>
    public void Compute()
    {
        ComputeValues();
        ComputeReducedCosts();
        IsCurrent = true;
    }

    /// <summary>The values of the basic variables from those of the others.</summary>
    public void ComputeValues()
    {
        Array.Clear(work);
        foreach (var j in Nonbasic)
        {
            if (Value[j] != 0) Matrix.AddColumn(j, -Value[j], work);
        }

        Factorization.Solve(work);
        for (var i = 0; i < RowCount; i++)
        {
            Value[Head[i]] = work[i];
            Judge(i);
        }
    }

    /// <summary>The reduced costs of all variables that are not basic.</summary>
    public void ComputeReducedCosts()
    {
        for (var i = 0; i < RowCount; i++) work[i] = ShiftedCost[Head[i]];
        Factorization.SolveTransposed(work);
        Array.Clear(Row, 0, ColumnCount);
        for (var i = 0; i < RowCount; i++)
        {
            if (work[i] != 0) Matrix.AddRow(i, work[i], Row.AsSpan(0, ColumnCount));
        }

        for (var j = 0; j < ColumnCount; j++) ReducedCost[j] = ShiftedCost[j] - Row[j];
        for (var i = 0; i < RowCount; i++) ReducedCost[ColumnCount + i] = ShiftedCost[ColumnCount + i] + work[i];
        foreach (var j in Head) ReducedCost[j] = 0;
    }

    /// <summary>Fills <see cref="Multipliers"/> and <see cref="Row"/> for a row of the basis.</summary>
    public void ComputeRow(int row)
    {
        Array.Clear(Multipliers);
        Multipliers[row] = 1;
        Factorization.SolveTransposed(Multipliers);
        Array.Clear(Row);
        var columns = Row.AsSpan(0, ColumnCount);
        for (var i = 0; i < RowCount; i++)
        {
            var factor = Multipliers[i];
            if (Math.Abs(factor) < 1e-14) continue;
            Matrix.AddRow(i, factor, columns);
            Row[ColumnCount + i] = -factor;
        }
    }

    /// <summary>Fills <see cref="Column"/> for a variable.</summary>
    public void ComputeColumn(int j)
    {
        Array.Clear(Column);
        Matrix.AddColumn(j, 1, Column);
        Factorization.Solve(Column);
    }

    /// <summary>Notes how far the basic variable of a row is outside its bounds.</summary>
    public void Judge(int row)
    {
        var j = Head[row];
        var value = Value[j];
        Violation[row] = value < Lower[j] - PrimalTolerance ? value - Lower[j] : value > Upper[j] + PrimalTolerance ? value - Upper[j] : 0;
    }

    /// <summary>How far the reduced cost of a variable that is not basic is on the wrong side of zero.</summary>
    public double DualViolation(int j) => IsFixed(j)
        ? 0
        : Place[j] switch
        {
            VariablePlace.Lower => Math.Max(0, -ReducedCost[j]),
            VariablePlace.Upper => Math.Max(0, ReducedCost[j]),
            _ => Math.Abs(ReducedCost[j]),
        };

    /// <summary>Moves a variable that is not basic to its other bound, and returns by how much it moved.</summary>
    public double Flip(int j)
    {
        var before = Value[j];
        Place[j] = Place[j] == VariablePlace.Lower ? VariablePlace.Upper : VariablePlace.Lower;
        Value[j] = At(j);
        return Value[j] - before;
    }

    /// <summary>Makes a reduced cost zero by a change of the variable's cost.</summary>
    public void Shift(int j)
    {
        ShiftedCost[j] -= ReducedCost[j];
        ReducedCost[j] = 0;
        IsShifted = true;
    }

    /// <summary>Goes back to the program's costs. The reduced costs are out of date then.</summary>
    public void Unshift()
    {
        Cost.CopyTo(ShiftedCost, 0);
        IsShifted = false;
    }

    /// <summary>A variable takes the place of a row's basic one, which goes to a bound. <see cref="Column"/> is that of the variable.</summary>
    public void Pivot(int row, int entering, VariablePlace leavingPlace)
    {
        var leaving = Head[row];
        Factorization.Replace(row, Column);
        Head[row] = entering;
        Place[entering] = VariablePlace.Basic;
        ReducedCost[entering] = 0;
        Place[leaving] = leavingPlace;
        Value[leaving] = At(leaving);
        Nonbasic[slot[entering]] = leaving;
        slot[leaving] = slot[entering];
        IsCurrent = false;
        Pivots++;
    }

    /// <summary>The objective at the present point, for the costs that are solved for.</summary>
    public double ShiftedObjective()
    {
        var sum = 0.0;
        for (var j = 0; j < Value.Length; j++) sum += ShiftedCost[j] * Value[j];
        return sum;
    }

    /// <summary>What a bound on the objective the present duals prove, for the costs that are solved for and but for rounding.</summary>
    public double DualObjective()
    {
        var sum = 0.0;
        foreach (var j in Nonbasic) sum += ReducedCost[j] * Value[j];
        return sum;
    }

    private double At(int j) => Place[j] switch
    {
        VariablePlace.Lower => Lower[j],
        VariablePlace.Upper => Upper[j],
        _ => 0,
    };

    private void ListNonbasic()
    {
        var count = 0;
        for (var j = 0; j < Place.Length; j++)
        {
            if (Place[j] == VariablePlace.Basic) continue;
            Nonbasic[count] = j;
            slot[j] = count++;
        }
    }
}
