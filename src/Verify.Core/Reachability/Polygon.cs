using System.Collections.Immutable;
using RobustVerify.Core.Numerics;

namespace RobustVerify.Core.Reachability;

/// <summary>All points of the plane with A x + B y ≤ Limit.</summary>
/// <param name="A">The factor of the first coordinate.</param>
/// <param name="B">The factor of the second.</param>
/// <param name="Limit">The limit.</param>
public readonly record struct HalfPlane(double A, double B, double Limit);

/// <summary>A convex polygon that half-planes cut out of a rectangle, in fractions: without rounding.</summary>
public sealed class Polygon
{
    private Polygon(ImmutableArray<(double X, double Y)> corners, double area) => (Corners, Area) = (corners, area);

    /// <summary>Its corners, counterclockwise, rounded to double; none where the half-planes leave nothing.</summary>
    public ImmutableArray<(double X, double Y)> Corners { get; }

    /// <summary>Its area, rounded up.</summary>
    public double Area { get; }

    /// <summary>What half-planes leave of a rectangle.</summary>
    public static Polygon Of(((double Lower, double Upper) X, (double Lower, double Upper) Y) rectangle, IEnumerable<HalfPlane> sides)
    {
        var ((left, right), (bottom, top)) = rectangle;
        List<Point> corners = [new(left, bottom), new(right, bottom), new(right, top), new(left, top)];
        List<Line> edges = [new(0, -1, -bottom), new(1, 0, right), new(0, 1, top), new(-1, 0, -left)]; // each from its corner to the next
        foreach (var (a, b, limit) in sides)
        {
            var side = new Line(a, b, limit);
            var (kept, borders) = (new List<Point>(), new List<Line>());
            for (var i = 0; i < corners.Count; i++)
            {
                var (here, next) = (side.Beyond(corners[i]), side.Beyond(corners[(i + 1) % corners.Count]));
                if (here <= 0) Add(corners[i], edges[i]);
                if (here < 0 && next > 0) Add(edges[i].Meets(side), side);
                else if (here == 0 && next > 0) borders[^1] = side;
                else if (here > 0 && next < 0) Add(edges[i].Meets(side), edges[i]);
            }

            (corners, edges) = (kept, borders);

            void Add(Point corner, Line edge)
            {
                kept.Add(corner);
                borders.Add(edge);
            }
        }

        Rational twice = 0;
        for (var i = 0; i < corners.Count; i++)
        {
            var (p, q) = (corners[i], corners[(i + 1) % corners.Count]);
            twice += p.X * q.Y - p.Y * q.X;
        }

        return new Polygon([.. corners.Select(corner => (corner.X.Approximation, corner.Y.Approximation))], (twice * 0.5).RoundedUp);
    }

    private readonly record struct Point(Rational X, Rational Y);

    private sealed record Line(Rational A, Rational B, Rational Limit)
    {
        /// <summary>−1 inside, 0 on the line, 1 beyond.</summary>
        public int Beyond(Point p) => (A * p.X + B * p.Y - Limit).Sign;

        /// <summary>Where another line, not parallel, meets this one.</summary>
        public Point Meets(Line other)
        {
            var determinant = A * other.B - B * other.A;
            return new((Limit * other.B - B * other.Limit) / determinant, (A * other.Limit - Limit * other.A) / determinant);
        }
    }
}
