using System.Runtime.InteropServices;

namespace RobustVerify.Core.Networks.LinearMaps;

/// <summary>Constant weights in double precision, with a float32 copy made when it is first asked for.</summary>
internal sealed class Weights(double[] values)
{
    private float[]? single;

    public double[] Values { get; } = values;

    public ReadOnlySpan<T> As<T>() where T : unmanaged
    {
        if (typeof(T) == typeof(double)) return MemoryMarshal.Cast<double, T>(Values);
        if (typeof(T) == typeof(float)) return MemoryMarshal.Cast<float, T>(single ??= Array.ConvertAll(Values, v => (float)v));
        throw new NotSupportedException($"Networks are evaluated in double or float32, not in {typeof(T).Name}.");
    }

    public Weights Abs() => new(Array.ConvertAll(Values, Math.Abs));
}
