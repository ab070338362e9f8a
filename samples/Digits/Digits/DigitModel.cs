namespace Digits;

/// <summary>The network that reads handwritten digits: 64 pixels from 0 to 16 in, one score a digit out.</summary>
public static class DigitModel
{
    /// <summary>The ONNX file, to be opened by whatever runs the network.</summary>
    public static string Path => System.IO.Path.Combine(AppContext.BaseDirectory, "digits-robust.onnx");
}
