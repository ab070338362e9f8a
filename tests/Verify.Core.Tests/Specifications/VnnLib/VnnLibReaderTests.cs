using System.Collections.Immutable;
using System.Globalization;
using System.IO.Compression;
using RobustVerify.Core.Specifications;
using RobustVerify.Core.Specifications.VnnLib;

namespace RobustVerify.Core.Tests.Specifications.VnnLib;

public sealed class VnnLibReaderTests : IDisposable
{
    private const string TwoInputsTwoOutputs = """
        (declare-const X_0 Real)
        (declare-fun X_1 () Real)
        (declare-const Y_0 Real)
        (declare-const Y_1 Real)

        """;

    private const string UnitBox = "(assert (and (>= X_0 0) (<= X_0 1) (>= X_1 0) (<= X_1 1)))\n";

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    private ImmutableArray<Property> Read(string text, int? inputs = null, int? outputs = null) =>
        VnnLibReader.Read(folder.Write("prop.vnnlib", text), inputs, outputs);

    private SpecificationException Refused(string text) => Assert.Throws<SpecificationException>(() => Read(text));

    [Fact]
    public void Bounds_make_a_box_and_output_comparisons_a_conjunction()
    {
        var property = Assert.Single(Read(TwoInputsTwoOutputs + """
            ; a comment (with a parenthesis
            (assert (<= X_0 5e-1)) (assert (>= X_0 -.25))
            (assert (>= 2 X_1))
            (assert (<= -1.5E+0 X_1)); after an assertion
            (assert (>= Y_0 Y_1))
            (assert (<= Y_1 0.75))
            """));

        Assert.Equal("prop", property.Name);
        Assert.Equal([-0.25, -1.5], property.Region.Lower.ToArray());
        Assert.Equal([0.5, 2], property.Region.Upper.ToArray());
        var violation = Assert.Single(property.Output.Violations);
        Assert.Equal(2, violation.Constraints.Length);
        Assert.Equal([-1.0, 1.0], violation.Constraints[0].Coefficients.ToArray());
        Assert.Equal(0.0, violation.Constraints[0].Bound);
        Assert.Equal([0.0, 1.0], violation.Constraints[1].Coefficients.ToArray());
        Assert.Equal(0.75, violation.Constraints[1].Bound);
    }

    [Theory]
    [InlineData("(<= (+ Y_0 (* 2 Y_1) 1) 3)", 1, 2, 2)]
    [InlineData("(<= (- Y_0 Y_1 1) (- 3))", 1, -1, -2)]
    [InlineData("(>= (* 2 (+ Y_0 1) 3) (- Y_1))", -6, -1, 6)]
    [InlineData("(< (- (- Y_0)) (* (+ 1 2) Y_1))", 1, -3, 0)]
    [InlineData("(> (+ Y_0 Y_0 Y_1) Y_1)", -2, 0, 0)]
    [InlineData("(<= (- (+ Y_0 4)) 0)", -1, 0, 4)]
    public void Linear_arithmetic_is_brought_to_one_constraint(string comparison, double first, double second, double bound)
    {
        var property = Assert.Single(Read($"{TwoInputsTwoOutputs}{UnitBox}(assert {comparison})"));

        var constraint = Assert.Single(Assert.Single(property.Output.Violations).Constraints);
        Assert.Equal([first, second], constraint.Coefficients.ToArray());
        Assert.Equal(bound, constraint.Bound);
    }

    [Fact]
    public void An_equality_is_two_constraints()
    {
        var property = Assert.Single(Read(TwoInputsTwoOutputs + "(assert (= X_0 0.5))(assert (= X_1 (* 0.5 3)))(assert (= Y_0 2))"));

        Assert.Equal([0.5, 1.5], property.Region.Lower.ToArray());
        Assert.Equal([0.5, 1.5], property.Region.Upper.ToArray());
        var constraints = Assert.Single(property.Output.Violations).Constraints;
        Assert.Equal([2.0, -2.0], constraints.Select(constraint => constraint.Bound));
        Assert.Equal([1.0, -1.0], constraints.Select(constraint => constraint.Coefficients[0]));
    }

    [Fact]
    public void A_negative_factor_of_an_input_turns_the_comparison_around()
    {
        var property = Assert.Single(Read(
            TwoInputsTwoOutputs + "(assert (and (<= (* -2 X_0) 4) (<= (- 1 X_0) 5) (<= (* 4 X_0) 1) (= X_1 0)))(assert (<= Y_0 0))"));

        Assert.Equal(-2, property.Region.Lower[0]);
        Assert.Equal(0.25, property.Region.Upper[0]);
    }

    [Fact]
    public void Disjuncts_with_the_same_box_make_one_property_and_other_boxes_another()
    {
        var properties = Read(TwoInputsTwoOutputs + """
            (assert (or
                (and (>= X_0 0) (<= X_0 1) (<= Y_0 0))
                (and (>= X_0 2) (<= X_0 3) (<= Y_0 1))
                (and (<= X_0 1) (>= X_0 0) (<= Y_0 2))))
            (assert (and (>= X_1 0) (<= X_1 1)))
            """);

        Assert.Equal(["prop box 1", "prop box 2"], properties.Select(property => property.Name));
        Assert.Equal([0.0, 2.0], properties[0].Output.Violations.Select(violation => violation.Constraints[0].Bound));
        Assert.Equal([1.0], properties[1].Output.Violations.Select(violation => violation.Constraints[0].Bound));
        Assert.Equal(3, properties[1].Region.Upper[0]);
    }

    [Fact]
    public void Nested_choices_are_multiplied_out()
    {
        var property = Assert.Single(Read(TwoInputsTwoOutputs + UnitBox + """
            (assert (or (<= Y_0 1) (and (<= Y_0 2) (or (<= Y_1 3) (<= Y_1 4)))))
            (assert (or (<= Y_1 5) (<= Y_1 6)))
            """));

        var disjuncts = property.Output.Violations
            .Select(violation => string.Join(' ', violation.Constraints.Select(constraint => constraint.Bound).Order()))
            .Order(StringComparer.Ordinal);
        Assert.Equal(["1 5", "1 6", "2 3 5", "2 3 6", "2 4 5", "2 4 6"], disjuncts);
    }

    [Fact]
    public void A_disjunct_whose_box_is_empty_is_left_out()
    {
        var property = Assert.Single(Read(TwoInputsTwoOutputs + UnitBox + "(assert (or (and (>= X_0 2) (<= Y_0 1)) (<= Y_0 2)))"));

        Assert.Equal(2, Assert.Single(property.Output.Violations).Constraints[0].Bound);
    }

    [Theory]
    [InlineData("(<= Y_0 Y_1)", true)]
    [InlineData("(<= (* 2 Y_0) (* 2 Y_1))", true)]
    [InlineData("(<= Y_0 (+ Y_1 1))", false)]
    [InlineData("(<= Y_0 (* 2 Y_1))", false)]
    [InlineData("(<= Y_0 0)", false)]
    public void Only_comparisons_of_two_outputs_may_be_posed_on_scores(string comparison, bool onScores)
    {
        Assert.Equal(onScores, Assert.Single(Read($"{TwoInputsTwoOutputs}{UnitBox}(assert {comparison})")).Output.OnScores);
    }

    [Fact]
    public void A_compressed_file_reads_like_the_plain_one()
    {
        var text = TwoInputsTwoOutputs + UnitBox + "(assert (<= Y_0 1))";
        var path = folder.PathOf("prop.vnnlib.gz");
        using (var writer = new StreamWriter(new GZipStream(File.Create(path), CompressionLevel.Fastest))) writer.Write(text.ReplaceLineEndings("\r\n"));

        var property = Assert.Single(VnnLibReader.Read(path));

        Assert.Equal("prop", property.Name);
        Assert.Equal([1.0, 1.0], property.Region.Upper.ToArray());
    }

    [Fact]
    public void A_large_file_of_many_boxes_is_read_in_a_stream()
    {
        const int Disjuncts = 4000;
        const int Inputs = 40;
        var path = folder.PathOf("large.vnnlib");
        using (var writer = new StreamWriter(path))
        {
            for (var i = 0; i < Inputs; i++) writer.WriteLine($"(declare-const X_{i} Real)");
            writer.WriteLine("(declare-const Y_0 Real)\n(assert (or");
            for (var disjunct = 0; disjunct < Disjuncts; disjunct++)
            {
                writer.Write("(and ");
                for (var i = 0; i < Inputs; i++) writer.Write(string.Create(CultureInfo.InvariantCulture, $"(>= X_{i} {disjunct}.{i:00}00) (<= X_{i} {disjunct}.{i:00}50) "));
                writer.WriteLine($"(<= Y_0 {disjunct}))");
            }

            writer.WriteLine("))");
        }

        var properties = VnnLibReader.Read(path, Inputs, 1);

        Assert.True(new FileInfo(path).Length > 5_000_000);
        Assert.Equal(Disjuncts, properties.Length);
        Assert.Equal(3999.395, properties[^1].Region.Upper[^1]);
        Assert.Equal(3999, properties[^1].Output.Violations[0].Constraints[0].Bound);
    }

    [Theory]
    [InlineData("(assert (<= X_0 0.1.2))", 1, 17, "'0.1.2' is neither a number nor a variable")]
    [InlineData("\n  (assert (<= X_7 0))", 2, 15, "X_7 is not declared")]
    [InlineData("(assert (<= X_0 1)", 1, 19, "the file ends too early")]
    [InlineData("(assert (<= X_0 1)))", 1, 20, "expected '('")]
    [InlineData("(assert (<= X_0 1 2))", 1, 19, "expected ')'")]
    [InlineData("(assert (=> X_0 1))", 1, 10, "'=>' is not supported in a formula")]
    [InlineData("(assert (not (<= X_0 1)))", 1, 10, "'not' is not supported in a formula")]
    [InlineData("(assert (<= X_0 X_1))", 1, 9, "a comparison of X_0 with X_1 is not supported")]
    [InlineData("(assert (<= Y_0 X_1))", 1, 9, "a comparison of Y_0 with X_1 is not supported")]
    [InlineData("(assert (<= (* Y_0 Y_1) 1))", 1, 14, "a product of variables is not linear")]
    [InlineData("(assert (<= (/ Y_0 2) 1))", 1, 14, "'/' is not supported in arithmetic")]
    [InlineData("(assert (<= (+) Y_0))", 1, 14, "arithmetic without an operand")]
    [InlineData("(assert (<= (- Y_0 Y_0) 1))", 1, 9, "a comparison without a variable")]
    [InlineData("(assert (<= (* 0 X_0) 1))", 1, 9, "a comparison without a variable")]
    [InlineData("(assert (<= Y_0 1e999))", 1, 17, "the number 1e999 is too large")]
    [InlineData("(assert (<= (* 1e308 10 Y_0) 1))", 1, 9, "exceeds the range of double")]
    [InlineData("(check-sat)", 1, 2, "'check-sat' is no command")]
    [InlineData("(declare-const Z_0 Real)", 1, 16, "'Z_0' is no variable")]
    [InlineData("(declare-const X_0 Real)", 1, 16, "X_0 is declared twice")]
    [InlineData("(declare-const X_9 Int)", 1, 20, "'Int' is no type")]
    [InlineData("(vnnlib-version <2.0>)", 1, 2, "VNN-LIB 2.0, which is not supported")]
    public void A_mistake_is_refused_with_its_line_and_column(string text, int line, int column, string problem)
    {
        var declarations = TwoInputsTwoOutputs.ReplaceLineEndings(" ").TrimEnd() + "\n";

        var exception = Refused(declarations + text);

        Assert.Contains(problem, exception.Message, StringComparison.Ordinal);
        Assert.Equal((line + 1, column), (exception.Line, exception.Column));
        Assert.StartsWith($"{folder.PathOf("prop.vnnlib")}({line + 1},{column}): ", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Columns_are_right_behind_the_first_buffer()
    {
        var padding = "; " + new string('-', 70_000) + "\n" + new string(' ', 70_000);

        var exception = Refused(TwoInputsTwoOutputs + padding + "(oops)");

        Assert.Equal((6, 70_002), (exception.Line, exception.Column));
    }

    [Fact]
    public void Endless_nesting_is_refused_and_does_not_exhaust_the_stack()
    {
        var exception = Refused(TwoInputsTwoOutputs + "(assert " + string.Concat(Enumerable.Repeat("(and ", 200_000)));

        Assert.Contains("nested more than 1000 deep", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_normal_form_that_explodes_is_refused()
    {
        var choices = string.Concat(Enumerable.Repeat("(assert (or (<= Y_0 0) (<= Y_1 0)))\n", 40));

        Assert.Contains("1.1E+012 disjuncts", Refused(TwoInputsTwoOutputs + UnitBox + choices).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("(assert (and (<= X_0 1) (>= X_0 0) (<= X_1 1)))", "the input X_1 has no lower bound")]
    [InlineData("(assert (and (<= X_0 1) (>= X_0 0) (>= X_1 1)))", "the input X_1 has no upper bound")]
    [InlineData("(assert (and (<= X_0 1) (>= X_0 2) (= X_1 1)))", "the input region is empty: X_0 has the bounds [2, 1]")]
    public void An_input_needs_both_bounds_in_order(string assertion, string problem)
    {
        Assert.Contains(problem, Refused(TwoInputsTwoOutputs + assertion + "(assert (<= Y_0 0))").Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_disjunct_that_asserts_nothing_of_an_output_is_refused()
    {
        Assert.Contains("nothing is asserted of an output", Refused(TwoInputsTwoOutputs + UnitBox + "(assert (or (<= Y_0 0) (<= X_0 0.5)))").Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Variables_are_numbered_without_gaps()
    {
        Assert.Contains("X_1 is not declared, but X_2 is", Refused("(declare-const X_0 Real)(declare-const X_2 Real)(declare-const Y_0 Real)").Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_numbers_of_variables_must_be_those_of_the_network()
    {
        var text = TwoInputsTwoOutputs + UnitBox + "(assert (<= Y_0 0))";

        Assert.Single(Read(text, 2, 2));
        Assert.Contains("declares 2 inputs X_i, but the network has 5", Assert.Throws<SpecificationException>(() => Read(text, 5, 2)).Message, StringComparison.Ordinal);
        Assert.Contains("declares 2 outputs Y_i, but the network has 1", Assert.Throws<SpecificationException>(() => Read(text, 2, 1)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_absent_or_truncated_is_named()
    {
        var absent = folder.PathOf("absent.vnnlib");
        Assert.StartsWith($"{absent}: the file cannot be read", Assert.Throws<SpecificationException>(() => VnnLibReader.Read(absent)).Message, StringComparison.Ordinal);

        var broken = folder.PathOf("broken.vnnlib.gz");
        File.WriteAllBytes(broken, [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 7, 7, 7]);
        Assert.StartsWith($"{broken}: the file cannot be read", Assert.Throws<SpecificationException>(() => VnnLibReader.Read(broken)).Message, StringComparison.Ordinal);
    }

    [BenchmarkTheory]
    [MemberData(nameof(BenchmarkTheoryAttribute.Families), MemberType = typeof(BenchmarkTheoryAttribute))]
    public void Every_property_of_the_benchmarks_is_read(string family)
    {
        var files = Directory.GetFiles(Path.Combine(BenchmarkTheoryAttribute.Folder!, family), "*.vnnlib*", SearchOption.AllDirectories);

        Assert.NotEmpty(files);
        foreach (var file in files)
        {
            var properties = VnnLibReader.Read(file);
            Assert.NotEmpty(properties);
            Assert.All(properties, property => Assert.All(property.Output.Violations, violation => Assert.NotEmpty(violation.Constraints)));
        }
    }
}
