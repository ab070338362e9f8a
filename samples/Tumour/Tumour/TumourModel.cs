namespace Tumour;

/// <summary>The network that tells malignant from benign by 30 measurements in their own units; scaling is its first layer.</summary>
public static class TumourModel
{
    /// <summary>The ONNX file, to be opened by whatever runs the network.</summary>
    public static string Path => System.IO.Path.Combine(AppContext.BaseDirectory, "tumour.onnx");
}
