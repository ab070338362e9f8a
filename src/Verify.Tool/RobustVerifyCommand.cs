using System.CommandLine;
using System.CommandLine.Invocation;

namespace RobustVerify.Tool;

/// <summary>The command line: <c>dotnet robustverify</c>.</summary>
internal static class RobustVerifyCommand
{
    /// <summary>Parses a command line and runs its command.</summary>
    /// <returns>One of <see cref="ExitCode"/>.</returns>
    public static async Task<int> RunAsync(IReadOnlyList<string> arguments, Terminal terminal, CancellationToken cancellation)
    {
        var root = new RootCommand(
            """
            Proves how far a neural network's input may move before its answer changes.

            Exit codes: 0 everything holds, 1 usage or internal error, 2 falsified or worse than the baseline,
            3 inconclusive or cancelled, 4 the model is not supported.
            """)
        {
            InspectCommand.Create(terminal),
            QuestionCommand.Verify(terminal),
            QuestionCommand.Radius(terminal),
            CheckCommand.Create(terminal),
            LipschitzCommand.Create(terminal),
            OptimizeCommand.Create(terminal),
            SensitivityCommand.Create(terminal),
            CleverCommand.Create(terminal),
            ReportCardCommand.Create(terminal),
            TrainCommand.Create(terminal),
            LandscapeCommand.Create(terminal),
            BenchCommand.Create(terminal),
            BaselineCommand.Create(terminal),
            GateCommand.Create(terminal),
        };
        var parsed = root.Parse(arguments);
        var mistake = parsed.Action as ParseErrorAction;
        if (mistake is not null) mistake.ShowHelp = arguments.Count == 0; // otherwise the mistake scrolls out of sight
        var configuration = new InvocationConfiguration
        {
            Output = mistake is null ? terminal.Output : terminal.Error, // what was probably meant is no result
            Error = terminal.Error,
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = null, // Program listens to signals, so that a cancelled run may finish its report
        };
        try
        {
            return await parsed.InvokeAsync(configuration, cancellation);
        }
        catch (Exception exception) // the last line of defence: one line instead of a stack trace
        {
            var failure = Failure.Of(exception);
            await terminal.Error.WriteLineAsync(failure.ToString());
            return failure.ExitCode;
        }
    }
}
