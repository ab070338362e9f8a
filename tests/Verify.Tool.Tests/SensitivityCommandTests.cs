using System.Globalization;
using System.Text.Json;
using System.Xml.Linq;

namespace RobustVerify.Tool.Tests;

public sealed class SensitivityCommandTests : Session
{
    private const string Around = "--at iris.csv --ignore label --radius 0.1";

    [Fact]
    public async Task Sets_are_ordered_and_hold_what_is_seen()
    {
        async Task<double> Width(string set)
        {
            var result = JsonDocument.Parse((await Run($"sensitivity iris.onnx {Around} --set {set} --json")).With(0).Output).RootElement;
            Assert.Equal(set, result.GetProperty("set").GetString());
            Assert.Equal(3, result.GetProperty("samples").GetArrayLength());
            foreach (var sample in result.GetProperty("samples").EnumerateArray())
            {
                Assert.True(sample.GetProperty("reachedMeanWidth").GetDouble() <= sample.GetProperty("meanWidth").GetDouble());
                Assert.Equal(3, sample.GetProperty("outputs").GetArrayLength());
            }

            return result.GetProperty("meanWidth").GetDouble();
        }

        var (interval, linear, polytope, exact) = (await Width("interval"), await Width("linear"), await Width("polytope"), await Width("exact"));
        Assert.True(exact <= polytope && polytope <= linear && linear <= interval);
        Assert.True(await Width("zonotope") >= exact);
    }

    [Fact]
    public async Task There_is_a_line_a_sample_and_one_of_their_mean()
    {
        var lines = (await Run($"sensitivity iris.onnx {Around}")).With(0).Output.TrimEnd().Split('\n');
        Assert.Equal(4, lines.Length);
        Assert.StartsWith("row 1: widths up to ", lines[0], StringComparison.Ordinal);
        Assert.StartsWith("mean of 3: widths up to ", lines[3], StringComparison.Ordinal);
        Assert.Contains("margins spread by ", lines[3], StringComparison.Ordinal);
        Assert.StartsWith("widths up to ", (await Run("sensitivity iris.onnx --lower 4 --upper 4.1 --outputs 2")).With(0).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_picture_shows_the_sets_with_outputs_inside_them()
    {
        (await Run("sensitivity iris.onnx --lower 4 --upper 4.5 --outputs 0 2 --set exact --picture out.svg")).With(0);
        var bytes = File.ReadAllBytes("out.svg");
        (await Run("sensitivity iris.onnx --lower 4 --upper 4.5 --outputs 0 2 --set exact --picture out.svg")).With(0);
        Assert.Equal(bytes, File.ReadAllBytes("out.svg"));

        var svg = XDocument.Load("out.svg").Root!;
        var space = svg.Name.Namespace;
        Assert.Equal("iris.onnx: outputs 0 and 2", svg.Element(space + "title")!.Value);
        Assert.Contains("Y_0 (horizontal) and Y_2 (vertical)", svg.Element(space + "desc")!.Value, StringComparison.Ordinal);
        Assert.Equal("img", svg.Attribute("role")!.Value);
        var polygons = svg.Descendants(space + "polygon").Select(polygon => polygon.Attribute("points")!.Value.Split(' ').Select(Point).ToArray()).ToArray();
        Assert.Equal(5, polygons.Length);
        var dots = svg.Descendants(space + "g").Single().Elements(space + "circle").Select(dot => (Number(dot.Attribute("cx")!.Value), Number(dot.Attribute("cy")!.Value))).ToArray();
        Assert.True(dots.Length > 1000);
        foreach (var polygon in polygons) Assert.All(dots, dot => Assert.True(Holds(polygon, dot), $"the dot {dot} lies outside a set"));
        Assert.Contains(svg.Elements(space + "text"), text => text.Value == "Y_2");
    }

    [Theory]
    [InlineData("", "Where do the inputs lie?")]
    [InlineData("--lower 0", "belong together")]
    [InlineData("--lower 0 --upper Infinity", "no finite number")]
    [InlineData("--lower 0 --upper 1 --outputs 3", "There is no output 3; the model has the outputs 0 to 2.")]
    [InlineData("--lower 0 --upper 1 --outputs 1 1", "named twice")]
    [InlineData("--lower 0 --upper 1 --set ball", "ball")]
    [InlineData("--lower 0 --upper 1 --picture out.svg", "A picture is one of two outputs, and the model has 3")]
    [InlineData("--lower 0 --upper 1 --picture out.svg --outputs 0 1 2", "--outputs names 3")]
    [InlineData("--at iris.csv --ignore label --radius 0.1 --picture out.svg --outputs 0 1", "there are 3")]
    public async Task A_wrong_question_is_explained(string options, string said)
    {
        var ending = (await Run($"sensitivity iris.onnx {options}")).With(1);
        Assert.Contains(said, ending.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("RV2006", ending.Error, StringComparison.Ordinal);
        Assert.False(File.Exists("out.svg"));
    }

    private static (double X, double Y) Point(string text) => text.Split(',') is [var x, var y] ? (Number(x), Number(y)) : default;

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);

    /// <summary>Whether a point lies in a convex polygon, but for what drawing rounds.</summary>
    private static bool Holds((double X, double Y)[] corners, (double X, double Y) point)
    {
        var sides = corners.Select((p, i) =>
        {
            var q = corners[(i + 1) % corners.Length];
            var (dx, dy) = (q.X - p.X, q.Y - p.Y);
            return (dx * (point.Y - p.Y) - dy * (point.X - p.X)) / Math.Max(1e-9, Math.Sqrt(dx * dx + dy * dy));
        }).ToArray();
        return sides.All(side => side >= -0.03) || sides.All(side => side <= 0.03);
    }
}
