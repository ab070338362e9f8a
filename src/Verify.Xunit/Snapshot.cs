using System.Collections.Concurrent;
using System.Collections.Immutable;
using DiffEngine;
using RobustVerify.Core.Baselines;
using RobustVerify.Core.Certificates;
using RobustVerify.Core.Runtimes;

namespace RobustVerify.Xunit;

/// <summary>The committed certificates of one test method: <c>Class.Method.robust.verified.json</c> beside its source file.</summary>
/// <remarks>
/// The rows of a method run as tests of their own, and not always all of them, so each compares its own entry. On a
/// developer's machine a proof without an entry is added to the file, and what differs goes to
/// <c>*.robust.received.json</c>; on a build server nothing is written.
/// </remarks>
internal sealed class Snapshot
{
    private static readonly ConcurrentDictionary<string, Snapshot> Snapshots = new();

    private readonly Lock gate = new();
    private readonly string test;
    private readonly BaselineFile verified;
    private readonly string received;
    private readonly bool writable;
    private readonly Dictionary<string, Certificate> different = [];
    private bool shown;

    internal Snapshot(string folder, string test, bool writable)
    {
        (this.test, this.writable) = (test, writable);
        verified = new BaselineFile(Path.Combine(folder, $"{test}.robust.verified.json"));
        received = BaselineFile.ReceivedPath(verified.Path);
        if (writable) File.Delete(received);
    }

    /// <summary>What a comparison found.</summary>
    /// <param name="Failure">Why the test fails, if it does.</param>
    /// <param name="Note">What its output should mention, if anything.</param>
    /// <param name="Before">Where the snapshot stands that is better, if one is.</param>
    public sealed record Comparison(string? Failure, string? Note, string? Before);

    /// <summary>The snapshot of a test method.</summary>
    public static Snapshot For(string folder, string test) =>
        Snapshots.GetOrAdd(Path.Combine(folder, test), _ => new Snapshot(folder, test, writable: !BuildServer.Detected));

    /// <summary>Compares certificates with the entries of the same properties.</summary>
    public Comparison Compare(DeployedModel model, ImmutableArray<Certificate> certificates)
    {
        lock (gate)
        {
            var baseline = File.Exists(verified.Path) ? verified.Read() : new Baseline(verified.Path, ReportOf(model, []), []);
            var current = certificates.ToDictionary(certificate => certificate.Property);
            var entries = baseline.Report.Certificates.Zip(baseline.Lines).Where(entry => current.ContainsKey(entry.First.Property)).ToList();
            var findings = BaselineComparer.Compare(
                new Baseline(verified.Path, ReportOf(model, [.. entries.Select(entry => entry.First)]), [.. entries.Select(entry => entry.Second)]),
                ReportOf(model, certificates),
                "move the .received.json file over the .verified.json file and commit it");

            var absent = findings.Where(finding => finding.Kind == FindingKind.New).Select(finding => current[finding.Property!]).ToList();
            var proved = absent.Where(certificate => certificate.Verdict == Verdict.Verified).ToList();
            if (writable && proved.Count > 0) File.WriteAllText(verified.Path, ReportJson.Write(ReportOf(model, Overlay(baseline, proved))));

            var changed = findings.Where(finding => finding.Kind is FindingKind.Worse or FindingKind.Better).ToList();
            foreach (var finding in changed) different[finding.Property!] = current[finding.Property!];
            if (writable && changed.Count > 0) File.WriteAllText(received, ReportJson.Write(ReportOf(model, Overlay(baseline, different.Values))));

            var failures = changed.Where(finding => finding.IsError).Select(Text).ToList();
            if (writable && failures.Count > 0 && !shown) DiffRunner.Launch(received, verified.Path);
            shown |= failures.Count > 0;
            if (!writable && absent.Count > 0)
            {
                failures.Add(
                    $"{verified.Path} has no entry for {string.Join(", ", absent.Select(certificate => certificate.Property))}, and nothing is written on a build "
                    + "server. Run the test on your own machine, which adds it, and commit the file.");
            }

            var before = changed.Where(finding => finding.IsError).Select(Place).FirstOrDefault();
            return new Comparison(Join(failures), Join(changed.Where(finding => !finding.IsError).Select(Text)), before);
        }
    }

    private static string Text(Finding finding) => $"{Place(finding)}: {finding.Code}: {finding.Message}";

    private static string Place(Finding finding) => $"{finding.Path}({finding.Line})";

    private static string? Join(IEnumerable<string> lines) => string.Join('\n', lines) is { Length: > 0 } text ? text : null;

    /// <summary>The entries of the snapshot with some replaced and some added, in an order that does not depend on which test ran first.</summary>
    private static ImmutableArray<Certificate> Overlay(Baseline baseline, IEnumerable<Certificate> certificates)
    {
        var all = baseline.Report.Certificates.ToDictionary(certificate => certificate.Property);
        foreach (var certificate in certificates) all[certificate.Property] = certificate;
        return [.. all.Values.OrderBy(certificate => certificate.Property.Length).ThenBy(certificate => certificate.Property, StringComparer.Ordinal)];
    }

    private Report ReportOf(DeployedModel model, ImmutableArray<Certificate> certificates) => new()
    {
        Specification = test,
        Model = Path.GetFileName(model.Path),
        ModelSha256 = model.Sha256,
        Runtime = model.Runtime.Name,
        Certificates = certificates,
    };
}
