namespace RobustVerify.Core.Specifications;

/// <summary>Which number says how far outputs spread over a region.</summary>
public enum SensitivityQuantity
{
    /// <summary>The geometric mean of the widths of all outputs: the K-th root of the volume of the smallest box around what K outputs reach.</summary>
    MeanWidth,

    /// <summary>The largest width of an output.</summary>
    Width,

    /// <summary>The geometric mean of the widths of all margins, each as a part of the margin at the sample: no matter of the outputs' scale.</summary>
    MeanMarginWidth,

    /// <summary>The largest of these.</summary>
    MarginWidth,
}
