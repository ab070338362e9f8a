using System.CommandLine;
using System.Globalization;
using RobustVerify.Core.Specifications.VnnLib;
using RobustVerify.Tool.Bench;

namespace RobustVerify.Tool;

/// <summary><c>bench instances.csv</c>: answers the instances of a benchmark and compares with the known answers.</summary>
internal static class BenchCommand
{
    public static Command Create(Terminal terminal)
    {
        var path = new Argument<string>("instances.csv") { Description = "The instances, 'onnx,vnnlib,seconds' a line, or a folder of families with such a file each. Known answers are read from expected.csv beside it." };
        var timeout = new Option<double>("--timeout") { DefaultValueFactory = _ => double.PositiveInfinity, Description = "The most seconds that an instance may take, if its own limit is not less." };
        var family = new Option<string[]>("--family") { AllowMultipleArgumentsPerToken = true, Description = "Only the instances of these families: names of the folders." };
        var output = new Option<string>("--output") { DefaultValueFactory = _ => "results.csv", Description = "The file of results, written after every instance." };
        var counterexamples = new Option<string?>("--counterexamples") { Description = "A folder for the counterexamples." };
        var certificates = new Option<string?>("--certificates") { Description = "A folder for the proofs of what is unsat, which 'check' derives again." };
        var json = JsonOutput.Option();
        var command = new Command("bench", "Answers the instances of a benchmark and compares with the known answers.") { path, timeout, family, output, counterexamples, certificates, json };
        command.SetAction((parsed, cancellation) =>
        {
            var lines = parsed.GetValue(json) ? terminal.ForLogs() : terminal;
            var cap = parsed.GetValue(timeout);
            if (!(cap > 0)) throw new UsageException("--timeout is a positive number of seconds.");
            var all = Instance.ReadAll(parsed.GetRequiredValue(path));
            var families = parsed.GetValue(family) is { Length: > 0 } chosen ? chosen : [.. all.Select(instance => instance.Family).Distinct()];
            if (families.Except(all.Select(instance => instance.Family)).FirstOrDefault() is { } unknown)
                throw new UsageException($"There is no family '{unknown}'; there are {string.Join(", ", all.Select(instance => instance.Family).Distinct())}.");
            var instances = all.Where(instance => families.Contains(instance.Family)).ToArray();
            using var file = new StreamWriter(parsed.GetRequiredValue(output)) { NewLine = "\n", AutoFlush = true };
            var results = Run(result =>
            {
                file.WriteLine(Row(result));
                lines.Output.WriteLine(Line(result));
                if (parsed.GetValue(counterexamples) is { } folder) Keep(result, folder);
            });
            if (parsed.GetValue(json)) JsonOutput.Write(terminal, results.Select(Facts));
            return Task.FromResult(Summarize(results, instances.Length, lines.Output));

            List<BenchResult> Run(Action<BenchResult> report)
            {
                file.WriteLine("family,onnx,vnnlib,verdict,seconds,expected");
                var answered = new List<BenchResult>();
                using var run = new BenchRun(parsed.GetValue(certificates));
                foreach (var instance in instances)
                {
                    try
                    {
                        answered.Add(run.Answer(instance, Math.Min(cap, instance.Seconds), cancellation));
                    }
                    catch (OperationCanceledException)
                    {
                        break;
                    }

                    report(answered[^1]);
                }

                return answered;
            }
        });
        return command;
    }

    private static string Row(BenchResult result) => string.Create(
        CultureInfo.InvariantCulture,
        $"{result.Instance.Family},{result.Instance.Onnx},{result.Instance.VnnLib},{result.Verdict},{result.Seconds:F2},{result.Instance.Expected}");

    private static object Facts(BenchResult result) =>
        new { result.Instance.Family, result.Instance.Onnx, result.Instance.VnnLib, result.Verdict, result.Seconds, result.Instance.Expected, result.Message };

    private static string Line(BenchResult result)
    {
        var wrong = result.Wrong ? $"  WRONG, {result.Instance.Expected} is known" : "";
        var message = result.Message is null ? "" : $"  {result.Message}";
        return string.Create(CultureInfo.InvariantCulture, $"{result.Verdict,-7} {result.Seconds,7:F2} s  {result.Instance.Family} {result.Instance.Onnx} {result.Instance.VnnLib}{wrong}{message}");
    }

    private static void Keep(BenchResult result, string folder)
    {
        if (result.Counterexample is not { } counterexample) return;
        Directory.CreateDirectory(folder);
        using var writer = new StreamWriter(Path.Combine(folder, $"{result.Instance.Name}.counterexample"));
        VnnLibCounterexample.Write(writer, counterexample.Input.AsSpan(), counterexample.Output.AsSpan());
    }

    /// <summary>A table of families, then the line that counts.</summary>
    private static int Summarize(List<BenchResult> results, int instances, TextWriter output)
    {
        output.WriteLine();
        output.WriteLine("| family | instances | unsat | sat | unknown | timeout | error | wrong |");
        output.WriteLine("|---|---|---|---|---|---|---|---|");
        foreach (var family in results.GroupBy(result => result.Instance.Family))
        {
            int Count(string verdict) => family.Count(result => result.Verdict == verdict);
            output.WriteLine($"| {family.Key} | {family.Count()} | {Count(Verdict.Unsat)} | {Count(Verdict.Sat)} | {Count(Verdict.Unknown)} | {Count(Verdict.Timeout)} | {Count(Verdict.Error)} | {family.Count(result => result.Wrong)} |");
        }

        output.WriteLine();
        if (results.Count < instances) output.WriteLine($"Cancelled after {results.Count} of {instances} instances.");
        var wrong = results.Count(result => result.Wrong);
        output.WriteLine($"{results.Count(result => result.Decided)} of {instances} decided, {wrong} wrong");
        return wrong > 0 ? ExitCode.Falsified
            : results.Any(result => result.Verdict == Verdict.Error) ? ExitCode.Error
            : results.Count < instances ? ExitCode.Inconclusive
            : ExitCode.Holds;
    }
}
