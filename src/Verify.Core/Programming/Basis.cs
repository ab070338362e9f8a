namespace RobustVerify.Core.Programming;

/// <summary>Where a variable is in a basic solution.</summary>
public enum VariablePlace : byte
{
    /// <summary>Determined by the others.</summary>
    Basic,

    /// <summary>At its lower bound.</summary>
    Lower,

    /// <summary>At its upper bound.</summary>
    Upper,

    /// <summary>At zero, having no bounds.</summary>
    Free,
}

/// <summary>A basis of a linear program: where every variable is, and every row's value. As many are basic as there are rows.</summary>
/// <param name="Columns">The variables.</param>
/// <param name="Rows">The rows' values.</param>
public sealed record Basis(VariablePlace[] Columns, VariablePlace[] Rows)
{
    /// <summary>The basis of a program with further rows, each of them basic.</summary>
    public Basis WithRows(int rows)
    {
        var places = new VariablePlace[rows];
        Rows.CopyTo(places, 0);
        return this with { Rows = places };
    }
}
