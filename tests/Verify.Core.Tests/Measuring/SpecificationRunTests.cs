using RobustVerify.Core.Certificates;
using RobustVerify.Core.Measuring;
using RobustVerify.Core.Runtimes;
using RobustVerify.Core.Specifications;
using RobustVerify.Core.Tests.Onnx;
using RobustVerify.Core.Tests.Specifications;
using RobustVerify.Core.Verification;

namespace RobustVerify.Core.Tests.Measuring;

public sealed class SpecificationRunTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    private static SampleRegions Anywhere => new() { Samples = [], Radius = 0 };

    private static SampleRegions Samples => new()
    {
        Samples = [new Sample("a", [1, 0], Label: 0), new Sample("b", [0, 5], Label: 1)],
        Radius = 4,
        Norm = Norm.L2,
    };

    [Theory]
    [InlineData(Norm.Linf, new int[0], 4)]
    [InlineData(Norm.L1, new int[0], 3)]
    [InlineData(Norm.Linf, new[] { 1 }, 1)]
    [InlineData(Norm.Linf, new[] { 0, 1 }, 5)]
    [InlineData(Norm.L2, new[] { 0 }, 3.1622776601683795)]
    public void The_constant_of_a_linear_model_is_exact(Norm norm, int[] outputs, double constant)
    {
        var measured = Assert.IsType<LipschitzMeasurement>(Assert.Single(Run(Lipschitz(norm, outputs, Anywhere)).Measurements));

        Assert.True(measured.Exact);
        Assert.InRange(constant, measured.Lower, measured.Upper!.Value);
        Assert.Equal(constant, measured.Lower, 1e-8 * constant);
        Assert.Equal(("steepness", null, null, null), (measured.Name, measured.Sample, measured.Limit, measured.Witness));
        Assert.Equal(Verifier.Engine, measured.Engine);
    }

    [Theory]
    [InlineData(3.9, LimitStatus.Broken)]
    [InlineData(4.1, LimitStatus.Kept)]
    public void A_limit_is_broken_with_a_witness_or_kept(double limit, LimitStatus status)
    {
        var measured = Assert.IsType<LipschitzMeasurement>(Run(Lipschitz(Norm.Linf, [], Anywhere) with { AtMost = limit }).Measurements[0]);

        Assert.Equal(status, measured.Limit);
        Assert.Equal(status == LimitStatus.Broken ? 2 : null, measured.Witness?.Length);
    }

    [Fact]
    public void A_limit_between_the_bounds_is_undecided()
    {
        using var model = DeployedModel.Load(Path.Combine(Repository.Root, "tests", "Verify.Core.Tests", "Models", "iris.onnx"));
        var open = Assert.IsType<LipschitzMeasurement>(Run(model, Lipschitz(Norm.L2, [], Anywhere)).Measurements[0]);
        Assert.True(open.Lower < open.Upper);

        var measured = Run(model, Lipschitz(Norm.L2, [], Anywhere) with { AtMost = (open.Lower + open.Upper) / 2 }).Measurements[0];
        Assert.Equal(LimitStatus.Undecided, measured.Limit);
        Assert.Equal((open.Lower, open.Upper), (measured.Lower, measured.Upper));
    }

    [Fact]
    public void The_region_is_each_samples_or_the_domain()
    {
        // |x₀| for x₀ around zero only: the slope of the ReLU is 1 on one side.
        var builder = new ModelBuilder();
        builder.Node("Relu", [builder.Input([1, 1])]);
        using var model = DeployedModel.Load(builder.Save(folder));
        var around = new SampleRegions { Samples = [new Sample("off", [-3]), new Sample("on", [3])], Radius = 1 };

        var measured = Run(model, Lipschitz(Norm.Linf, [], around), Lipschitz(Norm.Linf, [], Anywhere with { DomainLower = -2, DomainUpper = -1 }) with { Name = "box" }).Measurements;

        Assert.Equal([("steepness: off", 0.0), ("steepness: on", 1.0), ("box", 0.0)], measured.Select(one => (one.Name, Math.Round(one.Lower, 9))));
        Assert.Equal([0, 1, 0], measured.Select(one => Math.Round(one.Upper!.Value, 9)));
    }

    [Fact]
    public void The_score_of_a_linear_model_is_its_distance()
    {
        // The margin is 3x₀ − 2x₁, of slope √13: 3/√13 at (1, 0), and of the other class 10/√13 at (0, 5).
        var measured = Run(new CleverMeasure { Name = "distance", Regions = Samples, Batches = 10, BatchSize = 8, Seed = 3, AtLeast = 1 }).Measurements.Cast<CleverMeasurement>().ToArray();

        Assert.Equal(["distance: a", "distance: b"], measured.Select(one => one.Name));
        Assert.Equal(3 / Math.Sqrt(13), measured[0].Score, 1e-6);
        Assert.Equal(10 / Math.Sqrt(13), measured[1].Score, 1e-6);
        Assert.Equal([LimitStatus.Broken, LimitStatus.Kept], measured.Select(one => one.Limit!.Value));
        Assert.Equal((Norm.L2, 4, 1, "untargeted", 10, 8, 3ul), (measured[0].Norm, measured[0].Radius, measured[0].Order, measured[0].Target, measured[0].Batches, measured[0].BatchSize, measured[0].Seed));
    }

    [Theory]
    [InlineData(SensitivityQuantity.Width, 16)]
    [InlineData(SensitivityQuantity.MeanWidth, 8)]
    [InlineData(SensitivityQuantity.MarginWidth, 20 / 3.0)]
    [InlineData(SensitivityQuantity.MeanMarginWidth, 20 / 3.0)]
    public void The_spread_of_a_linear_model_is_known(SensitivityQuantity quantity, double expected)
    {
        // y₀ = 3x₀ − x₁ and y₁ = x₁ over (1, 0) ± 2: widths 16 and 4; the margin 3x₀ − 2x₁ has the width 20, and is 3 at the sample.
        var around = new SampleRegions { Samples = [new Sample("a", [1, 0], Label: 0)], Radius = 2 };
        foreach (var set in (ReachabilityMethod[])[ReachabilityMethod.Linear, ReachabilityMethod.Zonotope, ReachabilityMethod.Polytope, ReachabilityMethod.Exact])
        {
            var measured = Assert.IsType<SensitivityMeasurement>(Assert.Single(Run(Sensitivity(quantity, around) with { Set = set, AtMost = 1.001 * expected }).Measurements));
            Assert.Equal(LimitStatus.Kept, measured.Limit);
            Assert.InRange(expected, measured.Lower, measured.Upper!.Value);
            Assert.Equal(expected, measured.Lower, 1e-6 * expected);
            Assert.Equal(expected, measured.Upper.Value, 1e-5 * expected);
        }
    }

    [Fact]
    public void A_limit_of_the_spread_is_broken_by_what_is_seen_and_by_a_wrong_class()
    {
        var around = new SampleRegions { Samples = [new Sample("a", [1, 0], Label: 0)], Radius = 2 };
        Assert.Equal(LimitStatus.Broken, Run(Sensitivity(SensitivityQuantity.Width, around) with { AtMost = 15.9 }).Measurements[0].Limit);
        Assert.Equal(LimitStatus.Kept, Run(Sensitivity(SensitivityQuantity.Width, around) with { AtMost = 4.1, Outputs = [1] }).Measurements[0].Limit);
        var wrong = Run(Sensitivity(SensitivityQuantity.MarginWidth, around with { Samples = [new Sample("a", [1, 0], Label: 1)] }) with { AtMost = 100 }).Measurements[0];
        Assert.Equal((LimitStatus.Broken, 0, null), (wrong.Limit!.Value, wrong.Lower, wrong.Upper));
        Assert.Equal("without bound: no margin is left at the sample", wrong.Value());
        var box = Run(Sensitivity(SensitivityQuantity.Width, Anywhere with { DomainLower = 0, DomainUpper = 1 })).Measurements[0];
        Assert.Equal((null, 4), (box.Sample, Math.Round(box.Upper!.Value, 9)));
    }

    [Fact]
    public void Between_what_is_seen_and_what_is_bounded_a_limit_of_the_spread_is_undecided()
    {
        using var model = DeployedModel.Load(Path.Combine(Repository.Root, "tests", "Verify.Core.Tests", "Models", "iris.onnx"));
        var measure = Sensitivity(SensitivityQuantity.MeanWidth, Anywhere with { DomainLower = 0, DomainUpper = 5 }) with { Set = ReachabilityMethod.Interval };
        var open = Run(model, measure).Measurements[0];
        Assert.True(open.Lower < open.Upper);
        Assert.Equal(LimitStatus.Undecided, Run(model, measure with { AtMost = (open.Lower + open.Upper) / 2 }).Measurements[0].Limit);
    }

    [Fact]
    public void The_same_specification_gives_the_same_report()
    {
        Measure[] measures = [Lipschitz(Norm.L2, [], Samples), Sensitivity(SensitivityQuantity.MarginWidth, Samples), new CleverMeasure { Name = "distance", Regions = Samples, Batches = 10, BatchSize = 8 }];

        Assert.Equal(ReportJson.Write(Run(measures)), ReportJson.Write(Run(measures)));
    }

    [Fact]
    public void Properties_come_before_measures()
    {
        using var model = Linear();
        var specification = Specification(model, Lipschitz(Norm.Linf, [], Anywhere)) with { Samples = Samples.Samples, Radius = 0.1 };
        var told = new List<string>();

        var report = SpecificationRun.Run(new Verifier(model), specification, new Told<Certificate>(one => told.Add(one.Property)), new Told<Measurement>(one => told.Add(one.Name)));

        Assert.Equal(["a", "b", "steepness"], told);
        Assert.Equal((2, 1, true), (report.Certificates.Length, report.Measurements.Length, report.Complete));
        Assert.Equal(1, SpecificationRun.Count(specification));
    }

    [Fact]
    public void A_cancelled_run_keeps_what_was_measured_before()
    {
        using var model = Linear();
        using var cancellation = new CancellationTokenSource();
        var measures = new[] { Lipschitz(Norm.Linf, [], Anywhere), Lipschitz(Norm.L1, [], Anywhere) with { Name = "other" } };

        var report = SpecificationRun.Run(
            new Verifier(model), Specification(model, measures), null, new Told<Measurement>(_ => cancellation.Cancel()), cancellation.Token);

        Assert.False(report.Complete);
        Assert.Equal(["steepness"], report.Measurements.Select(one => one.Name));
    }

    [Fact]
    public void What_does_not_fit_the_model_is_refused_with_the_measure_and_the_sample()
    {
        Refused("steepness: There is no output 2; the model has the outputs 0 to 1.", Lipschitz(Norm.L2, [2], Anywhere));
        Refused("steepness: a: it has 2 values, but the model reads 1 inputs", Lipschitz(Norm.L2, [], Samples), inputs: 1);
        Refused("spread: There is no output 2; the model has the outputs 0 to 1.", Sensitivity(SensitivityQuantity.Width, Anywhere with { DomainLower = 0, DomainUpper = 1 }) with { Outputs = [2] });
        Refused("spread: the outputs over all inputs there are have no bound", Sensitivity(SensitivityQuantity.Width, Anywhere));
        Refused("spread: margins are those of a sample", Sensitivity(SensitivityQuantity.MarginWidth, Anywhere with { DomainLower = 0, DomainUpper = 1 }));
        Refused("distance: a: There is no target class 7", new CleverMeasure { Name = "distance", Regions = Samples, Target = 7 });
        Refused("distance: a: The input does not lie in the domain.", new CleverMeasure { Name = "distance", Regions = Samples with { DomainLower = 2 } });

        void Refused(string problem, Measure measure, int inputs = 2)
        {
            using var model = Linear(inputs);
            var e = Assert.Throws<SpecificationException>(() => SpecificationRun.Run(new Verifier(model), Specification(model, measure) with { File = "m.robust.json" }));
            Assert.StartsWith($"m.robust.json: {problem}", e.Message, StringComparison.Ordinal);
        }
    }

    private static LipschitzMeasure Lipschitz(Norm norm, int[] outputs, SampleRegions regions) => new() { Name = "steepness", Norm = norm, Outputs = [.. outputs], Regions = regions };

    private static SensitivityMeasure Sensitivity(SensitivityQuantity quantity, SampleRegions regions) => new() { Name = "spread", Quantity = quantity, Regions = regions };

    private Report Run(params Measure[] measures)
    {
        using var model = Linear();
        return Run(model, measures);
    }

    private static Report Run(DeployedModel model, params Measure[] measures) => SpecificationRun.Run(new Verifier(model), Specification(model, measures));

    private static Specification Specification(DeployedModel model, params Measure[] measures) => new()
    {
        Name = "linear",
        ModelPath = model.Path,
        Samples = [],
        Radius = 0,
        Measures = [.. measures],
    };

    /// <summary>y₀ = 3x₀ − x₁, y₁ = x₁; of one input y₀ = 3x₀, y₁ = 0.</summary>
    private DeployedModel Linear(int inputs = 2)
    {
        var builder = new ModelBuilder();
        var weights = inputs == 2 ? builder.Floats([2, 2], 3, 0, -1, 1) : builder.Floats([1, 2], 3, 0);
        builder.Node("MatMul", [builder.Input([1, inputs]), weights]);
        return DeployedModel.Load(builder.Save(folder));
    }

    private sealed class Told<T>(Action<T> action) : IProgress<T>
    {
        public void Report(T value) => action(value);
    }
}
