namespace RobustVerify.Core.Specifications;

/// <summary>A specification, or a file that it names, is wrong.</summary>
/// <remarks>The message starts with the place, as <c>file(line,column): …</c>, and says what to do.</remarks>
public sealed class SpecificationException : Exception
{
    /// <summary>Creates an exception from where the mistake is and what it is.</summary>
    /// <param name="file">The file that is wrong.</param>
    /// <param name="problem">What is wrong, and what to do.</param>
    /// <param name="line">The line, from 1, where there is one.</param>
    /// <param name="column">The column, from 1, where there is one.</param>
    /// <param name="innerException">What caused it.</param>
    public SpecificationException(string file, string problem, int? line = null, int? column = null, Exception? innerException = null)
        : base($"{Place(file, line, column)}: {problem}", innerException)
    {
        (File, Problem, Line, Column) = (file, problem, line, column);
    }

    /// <summary>The file that is wrong.</summary>
    public string File { get; }

    /// <summary>What is wrong, and what to do, without the place.</summary>
    public string Problem { get; }

    /// <summary>The line, from 1, where there is one.</summary>
    public int? Line { get; }

    /// <summary>The column, from 1, where there is one.</summary>
    public int? Column { get; }

    private static string Place(string file, int? line, int? column) => (line, column) switch
    {
        (null, _) => file,
        (_, null) => $"{file}({line})",
        _ => $"{file}({line},{column})",
    };
}
