namespace RobustVerify.Core.Certificates;

/// <summary>A file does not hold certificates, holds them in another version of the format, or is damaged.</summary>
public sealed class CertificateFormatException : FormatException
{
    /// <summary>Says what is wrong with which file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="problem">What is wrong, and what to do about it.</param>
    /// <param name="inner">What noticed it, if that was another method.</param>
    public CertificateFormatException(string path, string problem, Exception? inner = null)
        : base($"{path}: {problem}", inner) => Path = path;

    /// <summary>The file.</summary>
    public string Path { get; }
}
