using System.Runtime.InteropServices;

namespace RobustVerify.Core.Programming;

/// <summary>Collects variables and rows of a linear program.</summary>
public sealed class LinearProgramBuilder
{
    private readonly List<double> cost = [], lower = [], upper = [], rowLower = [], rowUpper = [], coefficients = [];
    private readonly List<bool> isInteger = [];
    private readonly List<int> rowStarts = [0], columns = [];
    private readonly List<Term> sorted = [];

    /// <summary>The number of variables so far.</summary>
    public int ColumnCount => cost.Count;

    /// <summary>The number of rows so far.</summary>
    public int RowCount => rowLower.Count;

    /// <summary>What is added to the costs.</summary>
    public double Constant { get; set; }

    /// <summary>Adds a variable and returns its column.</summary>
    /// <exception cref="ArgumentException">A bound or the cost is not a number, or says that nothing is allowed.</exception>
    public int Variable(
        double atLeast = double.NegativeInfinity, double atMost = double.PositiveInfinity, double cost = 0, bool isInteger = false)
    {
        CheckBounds(atLeast, atMost, "A variable");
        CheckFinite(cost, "A cost");
        lower.Add(atLeast);
        upper.Add(atMost);
        this.cost.Add(cost);
        this.isInteger.Add(isInteger);
        return ColumnCount - 1;
    }

    /// <summary>Adds a variable that is 0 or 1 and returns its column.</summary>
    public int Binary(double cost = 0) => Variable(0, 1, cost, isInteger: true);

    /// <summary>Sets what a variable costs.</summary>
    /// <exception cref="ArgumentException">The cost is not finite.</exception>
    public void Cost(int column, double value)
    {
        CheckFinite(value, "A cost");
        cost[column] = value;
    }

    /// <summary>Adds the constraint atLeast ≤ Σ terms ≤ atMost and returns its row. A variable may occur several times.</summary>
    /// <exception cref="ArgumentException">A number is not finite where it must be, or a variable does not exist.</exception>
    public int Row(double atLeast, ReadOnlySpan<Term> terms, double atMost)
    {
        CheckBounds(atLeast, atMost, "A row");
        sorted.Clear();
        var isSorted = true;
        foreach (var term in terms)
        {
            CheckFinite(term.Coefficient, "A coefficient");
            if ((uint)term.Column >= (uint)ColumnCount) throw new ArgumentException($"There is no variable {term.Column} among {ColumnCount}.", nameof(terms));
            isSorted &= sorted.Count == 0 || sorted[^1].Column < term.Column;
            sorted.Add(term);
        }

        if (!isSorted) sorted.Sort((a, b) => a.Column.CompareTo(b.Column));
        var span = CollectionsMarshal.AsSpan(sorted);
        for (var i = 0; i < span.Length;)
        {
            var (column, sum) = (span[i].Column, 0.0);
            for (; i < span.Length && span[i].Column == column; i++) sum += span[i].Coefficient;
            if (sum == 0) continue;
            columns.Add(column);
            coefficients.Add(sum);
        }

        rowLower.Add(atLeast);
        rowUpper.Add(atMost);
        rowStarts.Add(columns.Count);
        return RowCount - 1;
    }

    /// <summary>Adds the constraint Σ terms = value and returns its row.</summary>
    public int Equal(ReadOnlySpan<Term> terms, double value) => Row(value, terms, value);

    /// <summary>Adds the constraint Σ terms ≤ value and returns its row.</summary>
    public int AtMost(ReadOnlySpan<Term> terms, double value) => Row(double.NegativeInfinity, terms, value);

    /// <summary>Adds the constraint Σ terms ≥ value and returns its row.</summary>
    public int AtLeast(ReadOnlySpan<Term> terms, double value) => Row(value, terms, double.PositiveInfinity);

    /// <summary>The program of all that was added.</summary>
    public LinearProgram Build()
    {
        CheckFinite(Constant, "The constant");
        return new(
            [.. cost], Constant, [.. lower], [.. upper], [.. isInteger],
            [.. rowLower], [.. rowUpper], [.. rowStarts], [.. columns], [.. coefficients]);
    }

    internal static void CheckFinite(double value, string what)
    {
        if (!double.IsFinite(value)) throw new ArgumentException($"{what} is {value}; it must be finite.");
    }

    internal static void CheckBounds(double atLeast, double atMost, string what)
    {
        if (double.IsNaN(atLeast) || double.IsNaN(atMost) || atLeast == double.PositiveInfinity || atMost == double.NegativeInfinity)
            throw new ArgumentException($"{what} has the bounds [{atLeast}, {atMost}]; they must be numbers, and leave room for some.");
    }
}
