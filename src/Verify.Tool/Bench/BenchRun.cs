using System.Diagnostics;
using RobustVerify.Core.Certificates;
using RobustVerify.Core.Runtimes;
using RobustVerify.Core.Specifications;
using RobustVerify.Core.Specifications.VnnLib;
using RobustVerify.Core.Verification;

namespace RobustVerify.Tool.Bench;

/// <summary>The answer to one instance.</summary>
/// <param name="Instance">The instance.</param>
/// <param name="Verdict">One of <see cref="Bench.Verdict"/>.</param>
/// <param name="Seconds">Wall clock, with reading the model and the query.</param>
/// <param name="Counterexample">Where the verdict is sat.</param>
/// <param name="Message">What went wrong, where something did, or why nothing is known.</param>
internal sealed record BenchResult(Instance Instance, string Verdict, double Seconds, Counterexample? Counterexample, string? Message)
{
    /// <summary>True where the question is answered.</summary>
    public bool Decided => Verdict is Bench.Verdict.Sat or Bench.Verdict.Unsat;

    /// <summary>True where the answer contradicts the one that is known.</summary>
    public bool Wrong => Decided && Instance.Expected is Bench.Verdict.Sat or Bench.Verdict.Unsat && Verdict != Instance.Expected;
}

/// <summary>The words of the verification competitions.</summary>
internal static class Verdict
{
    public const string Sat = "sat";
    public const string Unsat = "unsat";
    public const string Unknown = "unknown";
    public const string Timeout = "timeout";
    public const string Error = "error";
}

/// <summary>Answers instances one after another.</summary>
/// <remarks>
/// A query is a list of properties: it is satisfiable if one of them is falsified, and unsatisfiable if all are verified.
/// Successive instances of one model share it.
/// </remarks>
/// <param name="certificates">A folder for the proofs of what is unsatisfiable, if they are to be kept.</param>
internal sealed class BenchRun(string? certificates) : IDisposable
{
    private DeployedModel? model;

    /// <summary>The answer to an instance within its time.</summary>
    /// <param name="instance">The instance.</param>
    /// <param name="seconds">The wall-clock limit.</param>
    /// <param name="cancellation">Cancels the whole run.</param>
    /// <exception cref="OperationCanceledException">The run was cancelled.</exception>
    public BenchResult Answer(Instance instance, double seconds, CancellationToken cancellation)
    {
        var clock = Stopwatch.StartNew();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(TimeSpan.FromSeconds(seconds));
        try
        {
            var (verdict, counterexample, reason) = Answer(instance, limit.Token);
            cancellation.ThrowIfCancellationRequested();
            if (clock.Elapsed.TotalSeconds > seconds) (verdict, counterexample) = (Verdict.Timeout, null); // an answer that comes late is none
            return new BenchResult(instance, verdict, clock.Elapsed.TotalSeconds, counterexample, reason);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return new BenchResult(instance, Verdict.Timeout, clock.Elapsed.TotalSeconds, null, null);
        }
        catch (Exception exception) when (exception is not OperationCanceledException) // one instance must not end the others
        {
            return new BenchResult(instance, Verdict.Error, clock.Elapsed.TotalSeconds, null, Failure.Of(exception).ToString());
        }
    }

    public void Dispose() => model?.Dispose();

    private (string Verdict, Counterexample? Counterexample, string? Reason) Answer(Instance instance, CancellationToken limit)
    {
        var path = Path.GetFullPath(Path.Combine(instance.Folder, instance.Onnx));
        if (model?.Path != path)
        {
            model?.Dispose();
            model = null;
            model = DeployedModel.Load(path);
        }

        var query = VnnLibReader.Read(Path.Combine(instance.Folder, instance.VnnLib), model.Network.Input.Size, model.Network.Output.Size);
        var verifier = new Verifier(model) { KeepsProofs = certificates is not null };
        Counterexample? counterexample = null;
        var report = verifier.Verify(
            instance.Name,
            query.TakeWhile(_ => counterexample is null),
            Budget.Default with { Subproblems = int.MaxValue },
            new Each<Certificate>(certificate => counterexample = certificate.Counterexample),
            limit);
        if (counterexample is not null) return (Verdict.Sat, counterexample, null);
        if (!report.Complete) throw new OperationCanceledException(limit);
        var undecided = report.Certificates.FirstOrDefault(certificate => certificate.Verdict == Core.Certificates.Verdict.Unknown);
        if (undecided is null && certificates is not null)
        {
            Directory.CreateDirectory(certificates);
            var file = Path.Combine(certificates, $"{instance.Name}.certificate");
            CertificateFile.Of(report, path, file).Write(file);
        }

        if (undecided is null) return (Verdict.Unsat, null, null);
        return (Verdict.Unknown, null, undecided.Reason);
    }
}
