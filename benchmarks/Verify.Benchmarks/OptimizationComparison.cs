using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using RobustVerify.Core.Bounds;
using RobustVerify.Core.Lipschitz;
using RobustVerify.Core.Lipschitz.Regions;
using RobustVerify.Core.Networks;
using RobustVerify.Core.Optimization;
using RobustVerify.Core.Programming;
using RobustVerify.Core.Runtimes;
using RobustVerify.Core.Specifications;
using RobustVerify.Core.Specifications.Samples;

namespace RobustVerify.Benchmarks;

/// <summary>Ways to look for the largest value of outputs beside one another, and what its knowledge saves the proof that none is larger.</summary>
internal static class OptimizationComparison
{
    private const int Seeds = 200;
    private const int Programs = 20;

    // Relative to the value, or to how far values at random inputs spread.
    private const double Near = 1e-3;

    private static readonly (string Name, OptimizationMethod Method, int Steps)[] Ways =
    [
        ("algorithm 1", OptimizationMethod.Pieces, 0), ("algorithm 2", OptimizationMethod.Neighbourhoods, 0),
        ("gradient", OptimizationMethod.Gradient, 50), ("gradient, algorithm 2", OptimizationMethod.Neighbourhoods, 50),
    ];

    /// <summary>Prints how often single starts reach the largest value, network by network.</summary>
    /// <param name="folder">The folder of models/ and reference/.</param>
    /// <param name="text">A part of the names of the cases that are wanted.</param>
    public static int Starts(string folder, string text)
    {
        Console.WriteLine($"| case | objectives | {string.Join(" | ", Ways.Select(way => way.Name))} |");
        Console.WriteLine($"|---|---|{string.Concat(Ways.Select(_ => "---|"))}");
        foreach (var group in Cases(folder).Where(item => item.Name.Contains(text, StringComparison.Ordinal)).GroupBy(item => item.Name))
        {
            var shares = new double[Ways.Length, 4];
            foreach (var item in group)
            {
                var optimization = new OutputOptimization(item.Network, item.Region);
                var best = optimization.Maximize(item.Objective, new() { Seconds = 60 });
                for (var way = 0; way < Ways.Length; way++)
                {
                    var ends = Enumerable.Range(0, Seeds).Select(seed => optimization.Maximize(
                        item.Objective, new() { Starts = 1, Steps = Ways[way].Steps, Method = Ways[way].Method, Seed = (ulong)seed, Parts = 0, SlopeIterations = 0 })).ToArray();
                    var spread = ends.Max(end => end.Value) - ends.Min(end => end.Value);
                    var room = Math.Max(Math.Abs(best.Value), spread);
                    var programs = ends.Average(end => (double)end.Programs);
                    var reached = ends.Average(end => best.Value - end.Value <= best.Tolerance ? 1.0 : 0);
                    shares[way, 0] += reached / group.Count();
                    shares[way, 1] += ends.Average(end => best.Value - end.Value <= Near * room ? 1.0 : 0) / group.Count();
                    shares[way, 2] += programs / group.Count();
                    shares[way, 3] += (1 - Math.Pow(1 - reached, Programs / Math.Max(1, programs))) / group.Count();
                }
            }

            var cells = Enumerable.Range(0, Ways.Length).Select(way =>
                $"{Share(shares[way, 0])} ({Share(shares[way, 1])}), {shares[way, 2].ToString("F1", CultureInfo.InvariantCulture)}, {Share(shares[way, 3])}");
            Console.WriteLine($"| {group.Key} | {group.Count()} | {string.Join(" | ", cells)} |");
        }

        return 0;
    }

    /// <summary>Prints what is known of the largest value after so many seconds of processor time, by everything and by the mixed-integer program, with the value that was found and without.</summary>
    /// <param name="folder">The folder of models/ and reference/.</param>
    /// <param name="text">A part of the names of the cases that are wanted.</param>
    /// <param name="limit">The seconds.</param>
    public static int Proofs(string folder, string text, double limit)
    {
        Console.WriteLine("| case | open neurons | optimize: value, gap, seconds | search: value, seconds | program: gap, nodes, seconds | within 1 % after | program from the value: gap, nodes, seconds |");
        Console.WriteLine("|---|---|---|---|---|---|---|");
        var wrong = 0;
        foreach (var item in Cases(folder).Where(item => item.Name.Contains(text, StringComparison.Ordinal)).DistinctBy(item => item.Name))
        {
            using var clock = new ProcessorClock(limit);
            var all = new OutputOptimization(item.Network, item.Region).Maximize(item.Objective, null, clock.Token);
            var seconds = clock.Seconds;
            using var shortClock = new ProcessorClock(limit);
            var found = new OutputOptimization(item.Network, item.Region).Maximize(item.Objective, new() { Parts = 0, SlopeIterations = 0 }, shortClock.Token);
            var searching = shortClock.Seconds;
            var plain = LinearBoundPropagation.Propagate(item.Network, [item.Region]);
            var bounds = LinearBoundPropagation.Propagate(item.Network, [item.Region], 20, wider: plain).Bounds;
            var open = NetworkProgram.Encode(bounds).ReLUs.Length;
            var cold = Minimized(item, bounds, null, limit, Math.Max(all.Value, found.Value));
            var warm = Minimized(item, bounds, [.. found.Input], limit, Math.Max(all.Value, found.Value));
            Console.WriteLine(
                $"| {item.Name} | {open} | {Number(all.Value)}, {(all.IsOptimal ? "optimal" : Number(all.Limit - all.Value))}, {Seconds(seconds)} | {Number(found.Value)}, {Seconds(searching)} "
                + $"| {cold.Told} | {(cold.Near is { } near ? Seconds(near) : "never")} | {warm.Told} |");
            var most = Math.Min(all.Limit, Math.Min(cold.Limit, warm.Limit));
            if (Math.Max(all.Value, found.Value) > most) wrong++;
        }

        if (wrong > 0) Console.WriteLine($"{wrong} cases have a value above a limit.");
        return wrong == 0 ? 0 : 1;
    }

    /// <summary>Prints what a steep input saves the searches for exact Lipschitz constants: parts of the one, nodes of the program that checks it.</summary>
    /// <param name="folder">The folder of models/.</param>
    public static int Constants(string folder)
    {
        Console.WriteLine("| network, norm | constant | steep input | parts of the search, with few samples | with many | nodes of the program, seconds | from the steep input |");
        Console.WriteLine("|---|---|---|---|---|---|---|");
        foreach (var name in (string[])["dy1", "dy2"])
        {
            var network = Network(Path.Combine(folder, "models", "dyadic", name + ".onnx"));
            foreach (var norm in (Norm[])[Norm.L1, Norm.Linf])
            {
                var question = new LipschitzQuestion(network, norm, InputRegion.Box([.. Enumerable.Repeat(-1.0, network.Input.Size)], [.. Enumerable.Repeat(1.0, network.Input.Size)]));
                var few = LipschitzEstimation.Bound(question, LipschitzBudget.Exact with { Samples = 0, Steps = 0 });
                var many = LipschitzEstimation.Bound(question, LipschitzBudget.Exact);
                var steep = LipschitzEstimation.Bound(question, LipschitzBudget.Default with { Parts = 0 }).Lower;
                var (cold, warm) = (new CountingSolver(), new CountingSolver());
                var (_, coldSeconds) = Timed(() => RegionProgram.Solve(question, cold));
                var (_, warmSeconds) = Timed(() => RegionProgram.Solve(question, warm, known: steep));
                Console.WriteLine($"| {name}, {norm} | {Number(many.Upper)} | {Number(steep)} | {few.Parts} | {many.Parts} | {cold.Nodes}, {Seconds(coldSeconds)} | {warm.Nodes}, {Seconds(warmSeconds)} |");
            }
        }

        return 0;
    }

    private static (string Told, double Limit, double? Near) Minimized(Case item, NodeBounds bounds, double[]? start, double limit, double best)
    {
        using var clock = new ProcessorClock(limit);
        var encoded = NetworkProgram.Encode(bounds);
        var cost = Array.ConvertAll(item.Objective, c => -c);
        var program = encoded.Minimizing(cost);
        double? near = null;
        double[] Complete(double[] values)
        {
            var input = encoded.Input(values);
            if (near is null && item.Objective.Zip(item.Network.Evaluate<double>(input), (c, y) => c * y).Sum() >= best - 0.01 * Math.Abs(best)) near = clock.Seconds;
            return encoded.At(input);
        }

        var solution = MixedIntegerSearch.Minimize(program, null, encoded.Start(program), Complete, null, start is null ? null : encoded.At(start), clock.Token);
        var gap = solution.Status == SolutionStatus.Optimal ? "optimal" : Number(solution.Objective - solution.Bound);
        return ($"{gap}, {solution.Nodes}, {Seconds(clock.Seconds)}", -solution.Bound, near);
    }

    private static IEnumerable<Case> Cases(string folder)
    {
        InputRegion Cube(int size, double low, double high) => InputRegion.Box([.. Enumerable.Repeat(low, size)], [.. Enumerable.Repeat(high, size)]);
        foreach (var name in (string[])["dy1", "dy2", "dy3"])
        {
            var network = Network(Path.Combine(folder, "models", "dyadic", name + ".onnx"));
            for (var k = 0; k < 2 * network.Output.Size; k++)
            {
                var unit = new double[network.Output.Size];
                unit[k / 2] = k % 2 == 0 ? 1 : -1;
                yield return new(name, network, Cube(network.Input.Size, -1, 1), unit);
            }
        }

        foreach (var (model, ignored, parts) in ((string, string, double[])[])[("iris", "label,split", [0.2]), ("diabetes", "progression", [0.02, 0.2]), ("tumour", "label", [0.2])])
        {
            var network = Network(Path.Combine(folder, "models", model + ".onnx"));
            var sample = Sample(Path.Combine(folder, "models", model + ".csv"), ignored.Split(','), network.Input.Size);
            foreach (var part in parts)
            {
                var radii = Array.ConvertAll(sample, x => part * Math.Abs(x));
                yield return new($"{model} {Percent(part)}", network, InputRegion.Ball(sample, radii, Norm.Linf), Margin(network, sample));
            }
        }

        var digit = Sample(Path.Combine(folder, "models", "digits.csv"), ["label"], 64);
        foreach (var (model, radii) in ((string, double[])[])[("digits-plain", [1, 4]), ("digits-robust", [2, 4]), ("digits-cnn", [0.5])])
        {
            var network = Network(Path.Combine(folder, "models", model + ".onnx"));
            foreach (var radius in radii) yield return new($"{model} {radius.ToString(CultureInfo.InvariantCulture)}", network, InputRegion.Ball(digit, radius, Norm.Linf, Cube(64, 0, 16)), Margin(network, digit));
        }

        using var inputs = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "reference", "clever.json")));
        var image = inputs.RootElement.GetProperty("inputs").EnumerateObject().First().Value.EnumerateArray().Select(value => value.GetDouble()).ToArray();
        var mnist = Network(Path.Combine(folder, "reference", "networks", "mnist_relu_3x100.onnx"));
        foreach (var radius in (double[])[0.02, 0.05])
            yield return new($"mnist_relu_3x100 {radius.ToString(CultureInfo.InvariantCulture)}", mnist, InputRegion.Ball(image, radius, Norm.Linf, Cube(784, 0, 1)), Margin(mnist, image));
    }

    private static Network Network(string path)
    {
        using var model = DeployedModel.Load(path);
        return model.Scores;
    }

    private static double[] Sample(string path, string[] ignored, int size)
    {
        var header = File.ReadLines(path).First().Split(',');
        var table = CsvSamples.Read(path, new CsvSelection { Ignore = [.. ignored.Intersect(header)], Count = 1 });
        return [.. table.Samples[0].Values.Take(size)];
    }

    /// <summary>The score of the class that comes second over that of the first; of one output, itself.</summary>
    private static double[] Margin(Network network, double[] input)
    {
        var order = network.Evaluate<double>(input).Select((score, i) => (Score: score, Class: i)).OrderByDescending(pair => pair.Score).Select(pair => pair.Class).ToArray();
        var row = new double[order.Length];
        row[order[0]] = 1;
        if (row.Length > 1) (row[order[0]], row[order[1]]) = (-1, 1);
        return row;
    }

    private static (T Value, double Seconds) Timed<T>(Func<T> work)
    {
        var watch = Stopwatch.StartNew();
        return (work(), watch.Elapsed.TotalSeconds);
    }

    private static string Number(double value) => value.ToString("G6", CultureInfo.InvariantCulture);

    private static string Seconds(double value) => value.ToString("F1", CultureInfo.InvariantCulture) + " s";

    private static string Share(double value) => value.ToString("F2", CultureInfo.InvariantCulture);

    private static string Percent(double part) => (100 * part).ToString(CultureInfo.InvariantCulture) + " %";

    /// <summary>Cancels after so many seconds of processor time, all threads together: other work on the machine does not count.</summary>
    private sealed class ProcessorClock : IDisposable
    {
        private readonly CancellationTokenSource source = new();
        private readonly TimeSpan start = Now;
        private readonly Timer timer;

        public ProcessorClock(double limit) => timer = new Timer(_ =>
        {
            if (Seconds >= limit) source.Cancel();
        }, null, 100, 100);

        public CancellationToken Token => source.Token;

        public double Seconds => (Now - start).TotalSeconds;

        private static TimeSpan Now => Environment.CpuUsage.TotalTime;

        public void Dispose()
        {
            using var ended = new ManualResetEvent(false);
            if (timer.Dispose(ended)) ended.WaitOne();
            source.Dispose();
        }
    }

    private sealed class CountingSolver : ILinearSolver
    {
        public string Name => "managed";

        public long Nodes { get; private set; }

        public LinearSolution Solve(LinearProgram program, SolverLimits? limits = null, CancellationToken cancellation = default)
        {
            var solution = MixedIntegerSearch.Minimize(program, limits, cancellation: cancellation);
            Nodes += solution.Nodes;
            return solution;
        }
    }

    private sealed record Case(string Name, Network Network, InputRegion Region, double[] Objective);
}
