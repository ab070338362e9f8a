using System.CommandLine;
using System.Globalization;
using RobustVerify.Core.Numerics;
using RobustVerify.Core.Optimization;
using RobustVerify.Core.Runtimes;

namespace RobustVerify.Tool;

/// <summary><c>optimize model.onnx</c>: the input that makes outputs largest or smallest, and what no input exceeds.</summary>
internal static class OptimizeCommand
{
    // Longer inputs are for programs to read.
    private const int MostInputsTold = 16;

    public static Command Create(Terminal terminal)
    {
        var model = new Argument<string>("model.onnx") { Description = "The model." };
        var maximize = new Option<string?>("--maximize") { Description = "What is to be largest: an output, counted from 0, or a sum of outputs: 'Y_0', 'Y_0 - 2*Y_1'." };
        var minimize = new Option<string?>("--minimize") { Description = "What is to be smallest." };
        var ranges = new Option<bool>("--ranges") { Description = "The smallest and the largest value of every output." };
        var scores = new Option<bool>("--scores") { Description = "Of the scores before a final softmax or sigmoid, instead of the model's outputs." };
        var starts = new Option<int>("--starts") { DefaultValueFactory = _ => OptimizationBudget.Default.Starts, Description = "Random inputs that the search starts from." };
        var seconds = NumberOption.Of("--seconds", "A limit for each optimum; without it, work is counted, and the result is the same on every machine.");
        var json = JsonOutput.Option();
        var command = new Command("optimize", "Finds the input of a region that makes a linear function of the outputs largest or smallest, and proves a limit of it.")
        {
            model, maximize, minimize, ranges, scores, starts, seconds, json,
        };
        var region = new RegionArguments(command, allowsGlobal: false);
        command.SetAction((parsed, cancellation) =>
        {
            var goals = new[] { parsed.GetValue(maximize) is not null, parsed.GetValue(minimize) is not null, parsed.GetValue(ranges) };
            if (goals.Count(goal => goal) != 1) throw new UsageException("What is looked for? Give one of --maximize, --minimize and --ranges.");
            if (parsed.GetValue(starts) < 1) throw new UsageException("--starts is a positive number.");
            if (parsed.GetValue(seconds) <= 0) throw new UsageException("--seconds is a positive number.");
            region.Check(parsed);
            using var deployed = DeployedModel.Load(parsed.GetRequiredValue(model));
            if (deployed.Model.EndsInArgMax && !parsed.GetValue(scores))
                throw new UsageException("The model answers with a label (ArgMax), which has no largest value; ask for the --scores before it.");
            var network = parsed.GetValue(scores) ? deployed.Scores : deployed.Network;
            var questions = Questions(parsed.GetValue(maximize), parsed.GetValue(minimize), network.Output.Size);
            var budget = OptimizationBudget.Default with { Starts = parsed.GetValue(starts), Seconds = parsed.GetValue(seconds) };
            var regions = region.Regions(parsed, network).ToArray();
            var answers = questions.ConvertAll(_ => new List<(string? Name, Optimum Found)>());
            foreach (var (name, inputs) in regions)
            {
                var optimization = new OutputOptimization(network, inputs!);
                foreach (var (question, found) in questions.Zip(answers))
                {
                    var optimum = question.Maximizes
                        ? optimization.Maximize(question.Coefficients, budget, cancellation)
                        : optimization.Minimize(question.Coefficients, budget, cancellation);
                    found.Add((name, optimum));
                    if (!parsed.GetValue(json)) terminal.WriteSentence(Line(name, question, optimum));
                }

                if (cancellation.IsCancellationRequested) break;
            }

            var complete = answers[0].Count == regions.Length && !cancellation.IsCancellationRequested;
            var results = questions.Zip(answers, (question, found) => Result.Of(question, found, complete)).ToArray();
            if (parsed.GetValue(json))
            {
                var outputs = results.Chunk(2).Select((ends, i) => new { Output = i, Minimum = ends[0], Maximum = ends[^1] });
                if (goals[2]) JsonOutput.Write(terminal, new { Complete = complete, Outputs = outputs });
                else JsonOutput.Write(terminal, results[0]);
            }
            else if (regions.Length > 1)
            {
                foreach (var (question, result) in questions.Zip(results)) terminal.WriteSentence($"of all samples: {What(question, result.Value, result.Limit, result.Optimal)}");
            }

            return Task.FromResult(complete && results.All(result => result.Optimal) ? ExitCode.Holds : ExitCode.Inconclusive);
        });
        return command;
    }

    private static List<Question> Questions(string? maximize, string? minimize, int outputs)
    {
        if ((maximize ?? minimize) is { } text) return [new(text, OutputObjective.Parse(text, outputs), maximize is not null)];
        var ends = from i in Enumerable.Range(0, outputs)
                   from maximizes in (bool[])[false, true]
                   select new Question($"Y_{i}", OutputObjective.Parse($"Y_{i}", outputs), maximizes);
        return [.. ends];
    }

    private static string Line(string? name, Question question, Optimum optimum)
    {
        var where = name is null ? "" : name + ": ";
        var at = optimum.Input is { Length: > 0 and <= MostInputsTold } ? $" at {string.Join(", ", optimum.Input.Select(x => x.ToString("G6", CultureInfo.InvariantCulture)))}" : "";
        var parts = optimum.Parts > 0 ? $", {optimum.Parts} parts" : "";
        var (reached, count) = (optimum.Starts.Reached, optimum.Starts.Count);
        var probability = optimum.Starts.EstimatedProbability.ToString("F2", CultureInfo.InvariantCulture);
        var chance = optimum.IsOptimal ? "" : $"; {reached} of {count} starts reached it, so by estimate, not by proof, it is the optimum with probability {probability}";
        return $"{where}{What(question, Finite(optimum.Value), Finite(optimum.Limit), optimum.IsOptimal)}{at} ({optimum.Method}{parts}){chance}";
    }

    private static string What(Question question, double? value, double? limit, bool isOptimal)
    {
        var most = question.Maximizes ? "largest" : "smallest";
        if (value is not { } found) return $"no input was found; no {question.Objective} is {Beyond(question)} {Outward(question, limit)}";
        return isOptimal
            ? $"the {most} {question.Objective} is {found.ToString("G10", CultureInfo.InvariantCulture)}, optimal"
            : $"the {most} {question.Objective} that was found is {Inward(question, found)}, and none is {Beyond(question)} {Outward(question, limit)}";
    }

    private static string Beyond(Question question) => question.Maximizes ? "above" : "below";

    private static string Inward(Question question, double value) =>
        (question.Maximizes ? Rounding.RoundDown(value) : Rounding.RoundUp(value)).ToString(CultureInfo.InvariantCulture);

    private static string Outward(Question question, double? value) => value is not { } number
        ? "any number"
        : (question.Maximizes ? Rounding.RoundUp(number) : Rounding.RoundDown(number)).ToString(CultureInfo.InvariantCulture);

    // JSON has no infinity.
    private static double? Finite(double value) => double.IsFinite(value) ? value : null;

    private sealed record Question(string Objective, double[] Coefficients, bool Maximizes);

    /// <summary>The result as programs read it: the best value of all regions, and what is exceeded in none.</summary>
    private sealed record Result(
        string Objective,
        string Goal,
        double? Value,
        double? Limit,
        bool Optimal,
        double Tolerance,
        IReadOnlyList<double> Input,
        double EstimatedProbability,
        string Method,
        long Parts,
        bool Complete,
        IReadOnlyList<Entry>? Samples)
    {
        public static Result Of(Question question, List<(string? Name, Optimum Found)> answers, bool complete)
        {
            var optima = answers.Select(answer => answer.Found);
            var (best, furthest) = question.Maximizes
                ? (optima.MaxBy(optimum => optimum.Value)!, optima.MaxBy(optimum => optimum.Limit)!)
                : (optima.MinBy(optimum => optimum.Value)!, optima.MinBy(optimum => optimum.Limit)!);
            var together = best with { Limit = furthest.Limit };
            return new Result(
                question.Objective,
                question.Maximizes ? "maximize" : "minimize",
                Finite(best.Value),
                Finite(furthest.Limit),
                together.IsOptimal,
                best.Tolerance,
                best.Input,
                best.Starts.EstimatedProbability,
                furthest.Method,
                optima.Sum(optimum => optimum.Parts),
                complete,
                answers is [(null, _)] ? null : [.. answers.Select(answer => Entry.Of(answer.Name!, answer.Found))]);
        }
    }

    private sealed record Entry(string Name, double? Value, double? Limit, bool Optimal, IReadOnlyList<double> Input, double EstimatedProbability)
    {
        public static Entry Of(string name, Optimum optimum) =>
            new(name, Finite(optimum.Value), Finite(optimum.Limit), optimum.IsOptimal, optimum.Input, optimum.Starts.EstimatedProbability);
    }
}
