using System.Globalization;

namespace RobustVerify.Core.Checking;

/// <summary>A part of a proof as the halves that lead to it, for messages.</summary>
internal sealed record Place(Place? Parent, string Step)
{
    public static Place Root { get; } = new(null, "region");

    /// <summary>How many cuts lead to the part.</summary>
    public int Depth { get; } = Parent is null ? 0 : Parent.Depth + 1;

    /// <summary>The half below a cut, for sign −1, or above it.</summary>
    public Place Half(string name, double at, int sign) =>
        new(this, $"{name} {(sign < 0 ? "≤" : "≥")} {at.ToString("G6", CultureInfo.InvariantCulture)}");

    /// <inheritdoc/>
    public override string ToString()
    {
        var steps = new Stack<string>();
        for (var place = this; place is not null; place = place.Parent) steps.Push(place.Step);
        return string.Join(" / ", steps);
    }
}

/// <summary>What a proof says cannot be meant: it names something that is not there, or a number that is none.</summary>
internal sealed class InvalidProof(Place place, string message) : Exception(message)
{
    public Place Place => place;
}
