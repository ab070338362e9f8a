using System.Numerics;

namespace RobustVerify.Core.Networks.Activations;

/// <summary>A function of one number, applied to every element of a vector.</summary>
public abstract class Activation
{
    /// <summary>The name of the function, as papers and ONNX write it.</summary>
    public abstract string Name { get; }

    /// <summary>The derivative, itself such a function. At a kink, one of the one-sided derivatives.</summary>
    public abstract Activation Derivative { get; }

    /// <summary>The value at a point.</summary>
    public abstract double Value(double z);

    /// <summary>The values at many points.</summary>
    public virtual void Evaluate<T>(ReadOnlySpan<T> z, Span<T> y)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        for (var i = 0; i < z.Length; i++) y[i] = T.CreateTruncating(Value(double.CreateTruncating(z[i])));
    }

    /// <inheritdoc/>
    public override string ToString() => Name;
}
