using System.Globalization;
using System.Xml.Linq;

namespace RobustVerify.Training.Landscape;

/// <summary>Draws a disconnectivity graph: every line that ends below is a minimum, lines meet where a path joins them.</summary>
/// <remarks>Minima are coloured by their sensitivity, blue where it is least and red where it is largest.</remarks>
internal static class GraphPicture
{
    private const double Width = 960, Height = 600, Left = 90, Right = 30, Top = 60, Bottom = 70;
    private const int Ticks = 6;
    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    /// <summary>The picture, as SVG.</summary>
    /// <param name="basins">The trees.</param>
    /// <param name="values">The objective at every minimum.</param>
    /// <param name="sensitivities">The sensitivity at every minimum.</param>
    public static XDocument Draw(IReadOnlyList<Basin> basins, IReadOnlyList<double> values, IReadOnlyList<double> sensitivities)
    {
        var (lowest, highest) = (values.Min(), Math.Max(basins.Max(basin => basin.Level), values.Max()));
        var room = highest > lowest ? highest - lowest : 1;
        double Y(double level) => Top + (Height - Top - Bottom) * (highest - level) / room;
        var places = new Dictionary<Basin, double>(ReferenceEqualityComparer.Instance);
        var leaves = basins.SelectMany(Leaves).ToList();
        for (var i = 0; i < leaves.Count; i++) places[leaves[i]] = Left + (Width - Left - Right) * (i + 0.5) / leaves.Count;
        double X(Basin basin) => places.TryGetValue(basin, out var x) ? x : places[basin] = basin.Children.Average(X);

        var (least, most) = (sensitivities.Min(), sensitivities.Max());
        var drawing = new XElement(
            Svg + "svg",
            new XAttribute("viewBox", $"0 0 {Text(Width)} {Text(Height)}"),
            new XAttribute("font-family", "sans-serif"),
            new XAttribute("font-size", "13"),
            new XAttribute("role", "img"),
            new XElement(Svg + "title", "Disconnectivity graph"),
            new XElement(Svg + "desc", $"{values.Count} minima of the training objective, and the levels at which paths join them."),
            new XElement(Svg + "rect", new XAttribute("width", "100%"), new XAttribute("height", "100%"), new XAttribute("fill", "white")),
            Label(Left, 24, $"{values.Count} minima of the training objective; lines meet at the level below which a path joins them", "start"),
            Label(Left, 44, $"colour: sensitivity, from {Short(least)} (blue) to {Short(most)} (red)", "start"));
        for (var tick = 0; tick < Ticks; tick++)
        {
            var level = lowest + room * tick / (Ticks - 1);
            drawing.Add(Line(Left - 8, Y(level), Width - Right, Y(level), "#dddddd"), Label(Left - 12, Y(level) + 4, Short(level), "end"));
        }

        foreach (var basin in basins) Branch(basin, basin.Level);
        foreach (var leaf in leaves)
        {
            drawing.Add(new XElement(
                Svg + "circle",
                new XAttribute("cx", Text(X(leaf))), new XAttribute("cy", Text(Y(leaf.Level))), new XAttribute("r", "4"),
                new XAttribute("fill", Colour(most > least ? (sensitivities[leaf.Minimum] - least) / (most - least) : 0)),
                new XElement(Svg + "title", $"minimum {leaf.Minimum}: objective {Short(leaf.Level)}, sensitivity {Short(sensitivities[leaf.Minimum])}")));
        }

        drawing.Add(Label(Left, Height - 24, "training objective (upwards), minima in the order of the tree", "start"));
        return new XDocument(drawing);

        void Branch(Basin basin, double joinedAt)
        {
            drawing.Add(Line(X(basin), Y(basin.Level), X(basin), Y(joinedAt), "#333333"));
            foreach (var child in basin.Children)
            {
                drawing.Add(Line(X(child), Y(basin.Level), X(basin), Y(basin.Level), "#333333"));
                Branch(child, basin.Level);
            }
        }
    }

    private static IEnumerable<Basin> Leaves(Basin basin) => basin.Children.IsEmpty ? [basin] : basin.Children.SelectMany(Leaves);

    private static XElement Line(double x1, double y1, double x2, double y2, string colour) => new(
        Svg + "line",
        new XAttribute("x1", Text(x1)), new XAttribute("y1", Text(y1)), new XAttribute("x2", Text(x2)), new XAttribute("y2", Text(y2)),
        new XAttribute("stroke", colour));

    private static XElement Label(double x, double y, string text, string anchor) => new(
        Svg + "text", new XAttribute("x", Text(x)), new XAttribute("y", Text(y)), new XAttribute("text-anchor", anchor), text);

    private static string Colour(double share)
    {
        var red = (int)Math.Round(40 + 190 * share);
        return $"#{red:x2}50{270 - red:x2}";
    }

    private static string Text(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);

    private static string Short(double value) => value.ToString("G4", CultureInfo.InvariantCulture);
}
