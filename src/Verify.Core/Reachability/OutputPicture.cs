using System.Globalization;
using System.Xml.Linq;

namespace RobustVerify.Core.Reachability;

/// <summary>A drawing (SVG) of two outputs over a region: the sets that hold them, and outputs at random inputs as dots.</summary>
/// <remarks>
/// Requires two outputs. The picture shows all of the sets but the box of intervals, which may reach beyond its frame. It is a picture: what it
/// shows is rounded to a hundredth of a pixel. The same outputs give the same bytes.
/// </remarks>
public static class OutputPicture
{
    private const double Width = 820, Height = 520, Left = 76, Right = 570, Top = 44, Bottom = 460;
    private const int Dots = 1500, Directions = 32, Ticks = 6;

    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    /// <summary>Draws the sets of two outputs.</summary>
    /// <param name="outputs">The two outputs.</param>
    /// <param name="across">What the horizontal axis is called.</param>
    /// <param name="up">What the vertical axis is called.</param>
    /// <param name="title">What the picture is of.</param>
    /// <param name="exact">The smallest box, where it is to be drawn, too.</param>
    /// <exception cref="ArgumentException">There are not two outputs, or nothing bounds them.</exception>
    public static XDocument Draw(ReachableOutputs outputs, string across, string up, string title, OutputBox? exact = null)
    {
        if (outputs.Network.Output.Size != 2) throw new ArgumentException($"A picture is one of two outputs, not of {outputs.Network.Output.Size}.", nameof(outputs));
        var (interval, linear, zonotope) = (outputs.IntervalBox(), outputs.LinearBox(), outputs.Zonotope());
        var polytope = outputs.Polytope(Reachability.Directions.Around(Directions));
        var dots = Pairs(outputs.Sample(Dots));
        var shapes = new List<Shape>
        {
            new("intervals", Area(interval), Corners(interval), "#999999", "2 3"),
            new("linear bounds", Area(linear), Corners(linear), "#0072b2", "7 4"),
            new(zonotope.IsExact ? "zonotope (exact)" : "zonotope", Area(zonotope), zonotope.Corners(0, 1), "#d55e00", "none"),
            new($"polygon of {Directions} directions", Area(polytope), polytope.Polygon(0, 1).Corners, "#009e73", "none"),
        };
        if (exact is not null) shapes.Add(new(exact.IsTight ? "smallest box" : "smallest box known", Area(exact), Corners(exact), "#cc79a7", "10 3 2 3"));
        var frame = new Frame(
            Padded(shapes.Skip(1).SelectMany(shape => shape.Corners).Concat(dots).Select(point => point.X)),
            Padded(shapes.Skip(1).SelectMany(shape => shape.Corners).Concat(dots).Select(point => point.Y)));
        return new XDocument(new XElement(
            Svg + "svg",
            new XAttribute("viewBox", $"0 0 {Text(Width)} {Text(Height)}"), new XAttribute("width", Text(Width)), new XAttribute("height", Text(Height)),
            new XAttribute("role", "img"), new XAttribute("aria-labelledby", "title description"), new XAttribute("font-family", "sans-serif"), new XAttribute("font-size", "12"),
            new XElement(Svg + "title", new XAttribute("id", "title"), title),
            new XElement(Svg + "desc", new XAttribute("id", "description"), Description(shapes, across, up)),
            new XElement(Svg + "defs", new XElement(Svg + "clipPath", new XAttribute("id", "frame"), Rectangle(Left, Top, Right - Left, Bottom - Top))),
            Styled(Rectangle(0, 0, Width, Height), "#ffffff", "none"),
            Label(Left, Top - 18, title, "start", ("font-size", "14"), ("font-weight", "bold")),
            Axes(frame, across, up),
            new XElement(
                Svg + "g",
                new XAttribute("clip-path", "url(#frame)"),
                dots.Select(dot => new XElement(Svg + "circle", new XAttribute("cx", Text(frame.X(dot.X))), new XAttribute("cy", Text(frame.Y(dot.Y))), new XAttribute("r", "1.3"), new XAttribute("fill", "#444444"), new XAttribute("fill-opacity", "0.45"))),
                shapes.Select(shape => Outline(shape, frame))),
            Legend(shapes, frame)));
    }

    private static string Description(List<Shape> shapes, string across, string up) =>
        $"Outputs {across} (horizontal) and {up} (vertical) over the input region: {Dots} outputs at random inputs, every other one a corner of a box, as dots, inside {string.Join(", ", shapes.Select(shape => $"{shape.Name} of area {Number(shape.Area)}"))}.";

    private static XElement Outline(Shape shape, Frame frame) => new(
        Svg + "polygon",
        new XAttribute("points", string.Join(' ', shape.Corners.Select(corner => $"{Text(frame.X(corner.X))},{Text(frame.Y(corner.Y))}"))),
        new XAttribute("fill", shape.Color), new XAttribute("fill-opacity", "0.05"),
        new XAttribute("stroke", shape.Color), new XAttribute("stroke-width", "1.8"), new XAttribute("stroke-dasharray", shape.Dashes));

    private static IEnumerable<XElement> Axes(Frame frame, string across, string up)
    {
        yield return Styled(Rectangle(Left, Top, Right - Left, Bottom - Top), "none", "#333333");
        foreach (var (value, text) in TicksOf(frame.Across))
        {
            yield return Line(frame.X(value), Bottom, frame.X(value), Bottom + 5, "#333333");
            yield return Label(frame.X(value), Bottom + 20, text, "middle");
        }

        foreach (var (value, text) in TicksOf(frame.Up))
        {
            yield return Line(Left - 5, frame.Y(value), Left, frame.Y(value), "#333333");
            yield return Label(Left - 9, frame.Y(value) + 4, text, "end");
        }

        yield return Label((Left + Right) / 2, Bottom + 42, across, "middle", ("font-size", "13"));
        yield return Label(0, 0, up, "middle", ("font-size", "13"), ("transform", $"translate(20 {Text((Top + Bottom) / 2)}) rotate(-90)"));
    }

    private static IEnumerable<XElement> Legend(List<Shape> shapes, Frame frame)
    {
        var y = Top + 14;
        foreach (var shape in shapes)
        {
            var line = Line(Right + 20, y - 4, Right + 52, y - 4, shape.Color);
            line.Add(new XAttribute("stroke-width", "2.4"), new XAttribute("stroke-dasharray", shape.Dashes));
            yield return line;
            yield return Label(Right + 60, y, shape.Name, "start");
            yield return Label(Right + 60, y + 16, $"area {Number(shape.Area)}{(frame.Holds(shape.Corners) ? "" : ", beyond the frame")}", "start", ("fill", "#555555"));
            y += 44;
        }

        yield return new XElement(Svg + "circle", new XAttribute("cx", Text(Right + 36)), new XAttribute("cy", Text(y - 4)), new XAttribute("r", "2.5"), new XAttribute("fill", "#444444"));
        yield return Label(Right + 60, y, $"{Dots} outputs", "start");
    }

    /// <summary>Round numbers within a range, and their texts.</summary>
    private static IEnumerable<(double Value, string Text)> TicksOf((double From, double To) range)
    {
        var step = Math.Pow(10, Math.Floor(Math.Log10((range.To - range.From) / Ticks)));
        foreach (var factor in (ReadOnlySpan<double>)[5, 2])
        {
            if ((range.To - range.From) / (step * factor) >= Ticks - 2)
            {
                step *= factor;
                break;
            }
        }

        return Enumerable.Range(0, 4 * Ticks).Select(i => (Math.Ceiling(range.From / step) + i) * step).Where(value => value <= range.To)
            .Select(value => (value, (Math.Abs(value) < step / 2 ? 0 : value).ToString("G6", CultureInfo.InvariantCulture)));
    }

    private static (double From, double To) Padded(IEnumerable<double> values)
    {
        var all = values.ToArray();
        var (low, high) = (all.Min(), all.Max());
        var padding = Math.Max(0.06 * (high - low), 1e-9 * Math.Max(Math.Abs(low), Math.Abs(high)));
        if (padding == 0) padding = 1;
        return (low - padding, high + padding);
    }

    private static (double X, double Y)[] Pairs(double[] values) => [.. values.Chunk(2).Select(pair => (pair[0], pair[1]))];

    private static (double X, double Y)[] Corners(OutputBox box) =>
        [(box.Lower[0], box.Lower[1]), (box.Upper[0], box.Lower[1]), (box.Upper[0], box.Upper[1]), (box.Lower[0], box.Upper[1])];

    private static double Area(OutputSet set) => Math.Exp(set.LogVolume);

    private static XElement Label(double x, double y, string text, string anchor, params (string Name, string Value)[] attributes)
    {
        var label = new XElement(Svg + "text", new XAttribute("x", Text(x)), new XAttribute("y", Text(y)), new XAttribute("text-anchor", anchor), text);
        foreach (var (name, value) in attributes) label.SetAttributeValue(name, value);
        return label;
    }

    private static XElement Line(double x1, double y1, double x2, double y2, string color) => new(
        Svg + "line", new XAttribute("x1", Text(x1)), new XAttribute("y1", Text(y1)), new XAttribute("x2", Text(x2)), new XAttribute("y2", Text(y2)), new XAttribute("stroke", color));

    private static XElement Rectangle(double x, double y, double width, double height) =>
        new(Svg + "rect", new XAttribute("x", Text(x)), new XAttribute("y", Text(y)), new XAttribute("width", Text(width)), new XAttribute("height", Text(height)));

    private static XElement Styled(XElement element, string fill, string stroke)
    {
        element.Add(new XAttribute("fill", fill), new XAttribute("stroke", stroke));
        return element;
    }

    private static string Text(double value) => Math.Round(value, 2).ToString(CultureInfo.InvariantCulture);

    private static string Number(double value) => value.ToString("G3", CultureInfo.InvariantCulture);

    private sealed record Shape(string Name, double Area, IReadOnlyList<(double X, double Y)> Corners, string Color, string Dashes);

    /// <summary>Where a point of the plane is drawn.</summary>
    private sealed record Frame((double From, double To) Across, (double From, double To) Up)
    {
        // What lies far beyond is drawn where it is not seen either.
        private const double Far = 1e5;

        public double X(double x) => Math.Clamp(Left + (x - Across.From) / (Across.To - Across.From) * (Right - Left), -Far, Far);

        public double Y(double y) => Math.Clamp(Bottom - (y - Up.From) / (Up.To - Up.From) * (Bottom - Top), -Far, Far);

        public bool Holds(IEnumerable<(double X, double Y)> corners) => corners.All(p => p.X >= Across.From && p.X <= Across.To && p.Y >= Up.From && p.Y <= Up.To);
    }
}
