using System.Collections.Immutable;
using RobustVerify.Core.Runtimes;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Core.Tests.Specifications;

public sealed class SpecificationTests
{
    private static readonly Specification Iris = new()
    {
        Name = "iris",
        ModelPath = Path.Combine(Repository.Root, "tests", "Verify.Core.Tests", "Models", "iris.onnx"),
        FeatureNames = ["sepal_length", "sepal_width", "petal_length", "petal_width"],
        Samples =
        [
            new Sample("row 1", [6.7, 3.3, 5.7, 2.5], 2),
            new Sample("row 58", [4.8, 3.4, 1.6, 0.2], 0),
        ],
        Radius = new FeatureValues([KeyValuePair.Create("petal_length", 0.5), KeyValuePair.Create("sepal_width", 0.25)]),
    };

    private static readonly Specification Diabetes = Iris with
    {
        Name = "diabetes",
        ModelPath = Path.Combine(Repository.Root, "tests", "Verify.Core.Tests", "Models", "diabetes.onnx"),
        FeatureNames = [],
        Samples = [new Sample("row 1", [54, 2, 36.1, 115, 163, 98.4, 43, 4, 4.6821, 101], 321)],
        Radius = 0.5,
        Requirement = new ChangesAtMost(10),
    };

    private static ImmutableArray<Property> PropertiesOf(Specification specification)
    {
        using var model = DeployedModel.Load(specification.ModelPath);
        return [.. specification.Properties(model)];
    }

    private static double[] AnswerAtSample(Specification specification, int sample = 0)
    {
        using var model = DeployedModel.Load(specification.ModelPath);
        return Array.ConvertAll(model.Runtime.Run([.. specification.Samples[sample].Values.Select(value => (float)value)]), value => (double)value);
    }

    private static string Refused(Specification specification) =>
        Assert.Throws<SpecificationException>(() => PropertiesOf(specification)).Message;

    [Fact]
    public void Every_sample_has_a_property_around_the_float32_input_that_the_model_is_given()
    {
        var properties = PropertiesOf(Iris);

        Assert.Equal(["row 1", "row 58"], properties.Select(property => property.Name));
        var (lower, upper) = (properties[0].Region.Lower.ToArray(), properties[0].Region.Upper.ToArray());
        Assert.Equal([(double)6.7f, 3.3f - 0.25, 5.7f - 0.5, 2.5f], lower);
        Assert.Equal([(double)6.7f, 3.3f + 0.25, 5.7f + 0.5, 2.5f], upper);
        Assert.False(properties[0].Output.IsViolatedBy([0, 1, 2]));
        Assert.True(properties[1].Output.IsViolatedBy([0, 1, 2]));
    }

    [Fact]
    public void Radii_are_multiplied_and_the_domain_is_not()
    {
        var specification = Iris with { DomainLower = 0, DomainUpper = new FeatureValues([KeyValuePair.Create("petal_length", 6.0)]) };
        using var model = DeployedModel.Load(specification.ModelPath);

        var region = specification.PropertyAt(model, 0, scale: 2).Region;

        Assert.Equal(5.7f - 1.0, region.Lower[2]);
        Assert.Equal(6, region.Upper[2]);
        Assert.Equal((double)3.3f + 0.5, region.Upper[1]);
    }

    [Fact]
    public void A_ball_in_another_norm_has_the_radii_as_its_units()
    {
        var region = PropertiesOf(Iris with { Norm = Norm.L1 })[0].Region;

        Assert.True(region.Contains([6.7f, 3.4f, 5.9f, 2.5f]));
        Assert.False(region.Contains([6.7f, 3.5f, 6.1f, 2.5f]));
    }

    [Fact]
    public void A_wrong_label_makes_the_sample_a_counterexample_unless_the_predicted_one_is_asked_for()
    {
        var wrong = Iris with { Samples = [Iris.Samples[0] with { Label = 0 }] };
        var answer = AnswerAtSample(wrong);

        Assert.True(PropertiesOf(wrong)[0].Output.IsViolatedBy(answer));
        Assert.False(PropertiesOf(wrong with { Requirement = new SameLabel(Predicted: true) })[0].Output.IsViolatedBy(answer));
    }

    [Fact]
    public void Changes_are_measured_from_the_answer_at_the_sample()
    {
        var output = Assert.Single(PropertiesOf(Diabetes)).Output;
        var answer = Assert.Single(AnswerAtSample(Diabetes));

        Assert.False(output.IsViolatedBy([answer]));
        Assert.False(output.IsViolatedBy([answer + 9.999]));
        Assert.True(output.IsViolatedBy([answer + 10.001]));
        Assert.True(output.IsViolatedBy([answer - 10.001]));
    }

    [Fact]
    public void A_range_is_about_one_output()
    {
        var output = PropertiesOf(Iris with { Requirement = new WithinRange(1, 0.25, double.PositiveInfinity) })[0].Output;

        Assert.True(output.IsViolatedBy([9, 0.2, 9]));
        Assert.False(output.IsViolatedBy([-9, 0.25, -9]));
    }

    [Fact]
    public void What_does_not_fit_the_model_is_refused_by_sample_and_feature()
    {
        var first = Iris.Samples[0];
        Assert.Equal(
            "iris: row 1: it has 5 values, but the model reads 4 inputs; name the columns that are inputs as features, or ignore the others",
            Refused(Iris with { Samples = [first with { Values = [1, 2, 3, 4, 5] }], FeatureNames = [] }));
        Assert.Contains("row 1: it has no label", Refused(Iris with { Samples = [first with { Label = null }] }), StringComparison.Ordinal);
        Assert.Contains("row 1: the label 0.5 is not the number of an output", Refused(Iris with { Samples = [first with { Label = 0.5 }] }), StringComparison.Ordinal);
        Assert.EndsWith("row 1: Label 3 is none of the 3 outputs.", Refused(Iris with { Samples = [first with { Label = 3 }] }), StringComparison.Ordinal);
        Assert.Contains("There is no output 3 among 3", Refused(Iris with { Requirement = new WithinRange(3, 0, 1) }), StringComparison.Ordinal);
        Assert.Contains("the radius of sepal_length is -1; it must not be negative", Refused(Iris with { Radius = -1 }), StringComparison.Ordinal);
        Assert.Contains(
            "there is no feature 'petal_lenght'; did you mean 'petal_length'?",
            Refused(Iris with { Radius = new FeatureValues([KeyValuePair.Create("petal_lenght", 1.0)]) }),
            StringComparison.Ordinal);
        Assert.Contains("the domain [2, 1] of sepal_length is empty", Refused(Iris with { DomainLower = 2, DomainUpper = 1 }), StringComparison.Ordinal);
        Assert.Contains(
            "the region is empty: sepal_length is 6.7, further from its domain [-3.4028234663852886E+38, 5] than the radius 0",
            Refused(Iris with { DomainUpper = 5 }),
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_sample_on_the_border_of_its_domain_is_in_it_though_float32_rounds_it_up()
    {
        Assert.True(0.3f > 0.3);
        var sample = new Sample("border", [0.3, 0.3, 0.3, 0.3], 0);

        var region = Assert.Single(PropertiesOf(Iris with { Samples = [sample], Radius = 0.1, DomainUpper = 0.3 })).Region;

        Assert.True(region.Contains([0.3f, 0.3f, 0.3f, 0.3f]));
    }

    [Fact]
    public void Samples_are_told_apart_by_their_names()
    {
        var exception = Assert.Throws<ArgumentException>(() => Iris with { Samples = [Iris.Samples[0], Iris.Samples[0]] });

        Assert.Contains("Two samples are named 'row 1'", exception.Message, StringComparison.Ordinal);
    }
}
