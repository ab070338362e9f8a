using System.Collections.Immutable;
using RobustVerify.Core.Certificates;

namespace RobustVerify.Core.Baselines;

/// <summary>
/// The file of a baseline (<c>*.robust.verified.json</c>, committed) and of a run that differs from it
/// (<c>*.robust.received.json</c> beside it, ignored by version control).
/// </summary>
/// <remarks>On a build server (<see cref="BuildServer"/>) nothing is ever written.</remarks>
public sealed class BaselineFile
{
    private const string Verified = ".robust.verified.json";
    private const string Received = ".robust.received.json";
    private const string Proofs = ".robust.verified.certificate";

    private readonly bool writable;

    /// <summary>The baseline in a file, which need not exist.</summary>
    /// <param name="path">The file; its name ends in <c>.robust.verified.json</c>.</param>
    /// <exception cref="ArgumentException">The name ends otherwise.</exception>
    public BaselineFile(string path)
        : this(path, writable: !BuildServer.Detected)
    {
    }

    internal BaselineFile(string path, bool writable)
    {
        if (!path.EndsWith(Verified, StringComparison.Ordinal))
            throw new ArgumentException($"The name of a baseline ends in '{Verified}'; '{path}' does not.", nameof(path));
        (Path, this.writable) = (System.IO.Path.GetFullPath(path), writable);
    }

    /// <summary>The committed file.</summary>
    public string Path { get; }

    /// <summary>The committed proofs of what the baseline says is verified: <c>digits.robust.verified.certificate</c>.</summary>
    public string CertificatePath => Path[..^Verified.Length] + Proofs;

    /// <summary>The committed proofs, or nothing where there are none.</summary>
    /// <exception cref="CertificateFormatException">The file is none of certificates.</exception>
    public CertificateFile? ReadCertificates() => File.Exists(CertificatePath) ? CertificateFile.Read(CertificatePath) : null;

    /// <summary>The baseline of a specification: <c>digits.robust.json</c> or <c>digits.json</c> has <c>digits.robust.verified.json</c>.</summary>
    public static BaselineFile Of(string specificationPath)
    {
        var stem = System.IO.Path.ChangeExtension(specificationPath, null);
        if (stem.EndsWith(".robust", StringComparison.Ordinal)) stem = stem[..^".robust".Length];
        return new BaselineFile(stem + Verified);
    }

    /// <summary>The file of a differing run that belongs to a baseline's file.</summary>
    public static string ReceivedPath(string path) => path[..^Verified.Length] + Received;

    /// <summary>Reads the baseline.</summary>
    /// <exception cref="ReportFormatException">The file is no report.</exception>
    /// <exception cref="IOException">The file is missing or cannot be read.</exception>
    public Baseline Read()
    {
        var text = File.ReadAllText(Path);
        return new Baseline(Path, ReportJson.Read(text, Path), ReportJson.PropertyLines(text, Path)) { MeasurementLines = ReportJson.MeasurementLines(text, Path) };
    }

    /// <summary>Makes a run the baseline, and removes what was received before.</summary>
    /// <param name="report">The run.</param>
    /// <param name="certificates">Its proofs, if they are to be kept: what is proved is then replayed the next time, and not searched.</param>
    /// <exception cref="UnauthorizedAccessException">The process runs on a build server.</exception>
    /// <exception cref="InvalidOperationException">The run is incomplete, or breaks a limit of its specification.</exception>
    public void Accept(Report report, CertificateFile? certificates = null)
    {
        if (!writable)
            throw new UnauthorizedAccessException($"{Path} is not written on a build server (the environment variable CI is set). Accept on your own machine and commit the file.");
        if (!report.Complete)
            throw new InvalidOperationException($"{Path} is not written: the run ended before every property was looked at.");
        if (BaselineComparer.BrokenLimits(report, Path) is [var broken, ..])
            throw new InvalidOperationException($"{Path} is not written: {broken.Message}");
        File.WriteAllText(Path, ReportJson.Write(report));
        certificates?.Write(CertificatePath);
        File.Delete(ReceivedPath(Path));
    }

    /// <summary>
    /// Compares a run with the baseline. A baseline that is missing is written; a run that differs is kept beside the
    /// baseline, one that does not differ removes what was kept. On a build server only the comparison happens.
    /// </summary>
    /// <param name="current">The run.</param>
    /// <param name="howToAccept">What to do to accept a difference, as the end of a sentence.</param>
    /// <param name="certificates">The run's proofs, which are kept where it becomes the baseline.</param>
    /// <returns>What differs; empty where nothing does.</returns>
    /// <exception cref="ReportFormatException">The baseline is no report.</exception>
    public ImmutableArray<Finding> Compare(Report current, string howToAccept, CertificateFile? certificates = null)
    {
        if (!File.Exists(Path)) return WithoutBaseline(current, certificates);
        var findings = BaselineComparer.Compare(Read(), current, howToAccept);
        if (!writable) return findings;
        if (findings.IsEmpty) File.Delete(ReceivedPath(Path));
        else File.WriteAllText(ReceivedPath(Path), ReportJson.Write(current));
        return findings;
    }

    private ImmutableArray<Finding> WithoutBaseline(Report current, CertificateFile? certificates)
    {
        var broken = BaselineComparer.BrokenLimits(current, Path);
        var write = writable && current.Complete && broken.IsEmpty;
        if (write) Accept(current, certificates);
        var message = write
            ? "There was no baseline, so this run became it. Look at it and commit it; from now on a worse result is an error."
            : writable && !broken.IsEmpty
            ? "There is no baseline, and none is written while a limit is broken."
            : "There is no baseline to compare with. Run this on your own machine, which writes it, and commit the file.";
        return [.. broken, new Finding(FindingKind.NoBaseline, !write, DiagnosticCodes.NoBaseline, null, message, Path, 1)];
    }
}
