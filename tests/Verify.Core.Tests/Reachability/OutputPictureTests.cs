using System.Globalization;
using System.Xml.Linq;
using RobustVerify.Core.Networks;
using RobustVerify.Core.Networks.Activations;
using RobustVerify.Core.Networks.LinearMaps;
using RobustVerify.Core.Reachability;
using RobustVerify.Core.Specifications;
using RobustVerify.Core.Tests.Networks;

namespace RobustVerify.Core.Tests.Reachability;

/// <summary>Pictures: what they draw and that it is within their frame, also of sets that are flat, tiny or huge.</summary>
public sealed class OutputPictureTests
{
    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    [Theory]
    [InlineData(1, 0.1)]
    [InlineData(1e-9, 0.1)]
    [InlineData(1e9, 2)]
    [InlineData(0, 1)]
    public void Everything_but_intervals_lies_within_the_frame(double scale, double radius)
    {
        var network = RandomNetworks.Dense(new Random(3), ReLU.Instance, 3, 8, 8, 2);
        var scaled = new Network(network.Input, new AffineNode(network.Output, new DenseMap([scale, 0, 0, 1], 2, 2)));
        var outputs = new ReachableOutputs(scaled, InputRegion.Ball([0.1, 0.2, 0.3], radius, Norm.Linf));
        var picture = OutputPicture.Draw(outputs, "a < b", "c", "some \"title\"");
        Assert.Equal(picture.ToString(), OutputPicture.Draw(outputs, "a < b", "c", "some \"title\"").ToString());
        var svg = XDocument.Parse(picture.ToString()).Root!;
        Assert.Equal("some \"title\"", svg.Element(Svg + "title")!.Value);
        Assert.Contains(svg.Elements(Svg + "text"), text => text.Value == "a < b");

        var frame = svg.Descendants(Svg + "clipPath").Single().Element(Svg + "rect")!;
        var (left, top) = (Number(frame, "x"), Number(frame, "y"));
        var (right, bottom) = (left + Number(frame, "width"), top + Number(frame, "height"));
        var corners = svg.Descendants(Svg + "polygon").Skip(1).SelectMany(polygon => polygon.Attribute("points")!.Value.Split(' ')).Select(text => text.Split(','));
        Assert.All(corners, corner =>
        {
            Assert.InRange(Parse(corner[0]), left, right);
            Assert.InRange(Parse(corner[1]), top, bottom);
        });
        Assert.All(svg.Element(Svg + "g")!.Elements(Svg + "circle"), dot => Assert.InRange(Number(dot, "cx"), left, right));

        // Two numbers or more on either axis, all different.
        var numbers = svg.Elements(Svg + "text").Where(text => double.TryParse(text.Value, NumberStyles.Float, CultureInfo.InvariantCulture, out _)).ToLookup(text => text.Attribute("text-anchor")!.Value, text => text.Value);
        foreach (var anchor in (string[])["middle", "end"]) Assert.True(numbers[anchor].Count() is > 1 and < 16 && numbers[anchor].Distinct().Count() == numbers[anchor].Count(), string.Join(' ', numbers[anchor]));
    }

    [Fact]
    public void A_zonotope_is_drawn_by_its_corners()
    {
        var corners = new OutputZonotope([1, 2, 9], [1, 0, 3, 0, 1, 3, 1, 1, 3]).Corners(0, 1);
        Assert.Equal([(-1, 0), (1, 0), (3, 2), (3, 4), (1, 4), (-1, 2)], corners.Select(corner => (Math.Round(corner.X, 9), Math.Round(corner.Y, 9))));
        Assert.Equal([(1, 2)], new OutputZonotope([1, 2], []).Corners(0, 1));
    }

    [Fact]
    public void A_picture_is_one_of_two_outputs()
    {
        var outputs = new ReachableOutputs(RandomNetworks.Dense(new Random(3), ReLU.Instance, 3, 8, 3), InputRegion.Ball([0, 0, 0], 1, Norm.Linf));
        Assert.Contains("two outputs, not of 3", Assert.Throws<ArgumentException>(() => OutputPicture.Draw(outputs, "a", "b", "c")).Message, StringComparison.Ordinal);
    }

    private static double Number(XElement element, string attribute) => Parse(element.Attribute(attribute)!.Value);

    private static double Parse(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}
