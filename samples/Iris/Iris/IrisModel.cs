namespace Iris;

/// <summary>The network that names an iris: length and width of sepal and petal in centimetres in, one score a species out.</summary>
public static class IrisModel
{
    /// <summary>The ONNX file, to be opened by whatever runs the network.</summary>
    public static string Path => System.IO.Path.Combine(AppContext.BaseDirectory, "iris.onnx");
}
