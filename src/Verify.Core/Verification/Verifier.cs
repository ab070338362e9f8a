using System.Collections.Immutable;
using System.Reflection;
using System.Text;
using RobustVerify.Core.Attacks;
using RobustVerify.Core.Bounds;
using RobustVerify.Core.Certificates;
using RobustVerify.Core.Checking;
using RobustVerify.Core.Networks;
using RobustVerify.Core.Numerics;
using RobustVerify.Core.Optimization;
using RobustVerify.Core.Runtimes;
using RobustVerify.Core.Search;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Core.Verification;

/// <summary>Decides properties of a model: an attack, then bounds, then a search that divides what bounds leave open.</summary>
/// <remarks>
/// Requires a model of the three kinds of node. <see cref="Verdict.Verified"/> holds for every real input of the region and
/// for the network in the arithmetic that <see cref="Property.Semantics"/> names; <see cref="Verdict.Falsified"/> holds for
/// what the deployed runtime computes. Sound; complete as far as the budget reaches where few inputs vary or take part (boxes are
/// halved), or where every activation is a ReLU (their arguments are divided, as those of others are). What is not decided is
/// <see cref="Verdict.Unknown"/>.
/// </remarks>
public sealed class Verifier(DeployedModel model)
{
    private const string Division = "branch and bound";

    private readonly Dictionary<Network, ProjectedGradient> attacks = [];

    /// <summary>The model.</summary>
    public DeployedModel Model => model;

    /// <summary>Whether what is verified comes with its proof (<see cref="Certificate.Proof"/>), which takes memory.</summary>
    public bool KeepsProofs { get; init; }

    /// <summary>
    /// What was found before, of this model or one like it. What was proved of the same property of the same model is proved by replaying it; of
    /// another model, or another property of this name, a search begins with what is left of the proof to prove.
    /// </summary>
    public CertificateFile? Earlier { get; init; }

    /// <summary>What decides a property that bounds leave open. For experiments: the default is what suits its network.</summary>
    public SearchMethod Method { get; init; }

    /// <summary>Told how far the search for a property is.</summary>
    public IProgress<SearchProgress>? Progress { get; init; }

    /// <summary>The version of the engine, as certificates name it.</summary>
    public static string Engine { get; } =
        typeof(Verifier).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    /// <summary>Decides one property.</summary>
    /// <param name="property">The property.</param>
    /// <param name="budget">How much work it may cost.</param>
    /// <param name="cancellation">Ends the work with an <see cref="OperationCanceledException"/>.</param>
    public Certificate Verify(Property property, Budget budget, CancellationToken cancellation = default)
    {
        using var clock = budget.Seconds is { } seconds ? new CancellationTokenSource(TimeSpan.FromSeconds(seconds)) : new();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation, clock.Token);
        var reached = Certify(property, Verdict.Unknown, "none");
        var earlier = Earlier?.Find(property);
        try
        {
            if (earlier is (var certificate, true) && IsRepeated(certificate, property, limit.Token)) return certificate;
            return Attack(property, budget, limit.Token) is { } counterexample
                ? Certify(property, Verdict.Falsified, "attack") with { Counterexample = counterexample }
                : Decide(property, budget, earlier?.Certificate.Proof, ref reached, limit.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return reached with { Reason = $"The limit of {budget.Seconds} seconds ended the run." };
        }
    }

    /// <summary>Decides every property of a specification of this model, or measures its radius where that is asked for.</summary>
    /// <param name="specification">The specification.</param>
    /// <param name="progress">Told every certificate as it is reached.</param>
    /// <param name="cancellation">Ends the work; what was decided until then is returned as an incomplete report.</param>
    public Report Verify(
        Specification specification, IProgress<Certificate>? progress = null, CancellationToken cancellation = default)
    {
        var samples = Enumerable.Range(0, specification.Samples.Length);
        return specification.MeasureRadius
            ? MeasureRadii(specification.Name, samples.Select<int, Func<double, Property>>(sample => scale => specification.PropertyAt(model, sample, scale)), specification.Budget, progress, cancellation)
            : Verify(specification.Name, samples.Select(sample => specification.PropertyAt(model, sample)), specification.Budget, progress, cancellation);
    }

    /// <summary>Decides properties that are given one by one.</summary>
    /// <param name="name">What the properties are of, for the report.</param>
    /// <param name="properties">The properties, with names that differ.</param>
    /// <param name="budget">How much work each may cost.</param>
    /// <param name="progress">Told every certificate as it is reached.</param>
    /// <param name="cancellation">Ends the work; what was decided until then is returned as an incomplete report.</param>
    public Report Verify(
        string name,
        IEnumerable<Property> properties,
        Budget budget,
        IProgress<Certificate>? progress = null,
        CancellationToken cancellation = default) =>
        Collect(name, properties, property => property, property => Verify(property, budget, cancellation), progress, cancellation);

    /// <summary>Measures the radii of properties that are given one by one: see <see cref="RadiusSearch"/>.</summary>
    /// <param name="name">What the properties are of, for the report.</param>
    /// <param name="properties">The properties, each with its radii multiplied by a scale.</param>
    /// <param name="budget">How much work each verdict may cost.</param>
    /// <param name="progress">Told every certificate as it is reached.</param>
    /// <param name="cancellation">Ends the work; what was measured until then is returned as an incomplete report.</param>
    public Report MeasureRadii(
        string name,
        IEnumerable<Func<double, Property>> properties,
        Budget budget,
        IProgress<Certificate>? progress = null,
        CancellationToken cancellation = default) =>
        Collect(name, properties, property => property(1), property => RadiusSearch.Search(this, property, budget, cancellation), progress, cancellation);

    private Report Collect<T>(
        string name,
        IEnumerable<T> questions,
        Func<T, Property> propertyOf,
        Func<T, Certificate> answer,
        IProgress<Certificate>? progress,
        CancellationToken cancellation)
    {
        var (properties, certificates) = (ImmutableArray.CreateBuilder<Property>(), ImmutableArray.CreateBuilder<Certificate>());
        var isComplete = false;
        try
        {
            foreach (var question in questions)
            {
                cancellation.ThrowIfCancellationRequested();
                var certificate = answer(question);
                properties.Add(propertyOf(question));
                certificates.Add(certificate);
                progress?.Report(certificate);
            }

            isComplete = true;
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // What was decided so far is kept.
        }

        return new Report
        {
            Specification = name,
            Model = Path.GetFileName(model.Path),
            ModelSha256 = model.Sha256,
            Runtime = model.Runtime.Name,
            Properties = properties.ToImmutable(),
            Certificates = certificates.ToImmutable(),
            Complete = isComplete,
        };
    }

    /// <summary>The point of the region that the deployed network answers wrongly, where the attack finds one.</summary>
    internal Counterexample? Attack(Property property, Budget budget, CancellationToken cancellation)
    {
        var network = NetworkOf(property);
        if (!attacks.TryGetValue(network, out var attack)) attacks[network] = attack = new ProjectedGradient(network);
        foreach (var candidate in attack.Candidates(property, budget, RandomStream.From(property.Name, Encoding.ASCII.GetBytes(model.Sha256)), cancellation))
        {
            if (CounterexampleAt(candidate, property) is { } counterexample) return counterexample;
        }

        return null;
    }

    /// <summary>The same by descents along the linear pieces of a network that has some: each costs as much as hundreds of gradient steps, and finds what these miss.</summary>
    private Counterexample? AlongPieces(LinearBoundPropagation known, Property property, Budget budget, double effort, CancellationToken cancellation)
    {
        if (budget.AttackRestarts == 0) return null;
        var attack = new PieceAttack(known, property);
        return attack.Candidates((int)(effort * attack.Affordable), RandomStream.From(property.Name, Encoding.ASCII.GetBytes(model.Sha256)), cancellation)
            .Select(candidate => CounterexampleAt(candidate, property)).FirstOrDefault(found => found is not null);
    }

    /// <summary>Derives a verdict again from its certificate, without searching.</summary>
    /// <param name="property">The property that the certificate answers.</param>
    /// <param name="certificate">The certificate.</param>
    /// <param name="cancellation">Ends the work with an <see cref="OperationCanceledException"/>.</param>
    /// <returns>
    /// Accepted where the verdict is proved again, or its counterexample violates the property again; an unknown verdict claims nothing and is
    /// accepted.
    /// </returns>
    public CheckResult Check(Property property, Certificate certificate, CancellationToken cancellation = default)
    {
        if (certificate.Model != model.Sha256) return CheckResult.Rejected($"It is a certificate of another model: {model.Path} has the SHA-256 {model.Sha256}, it names {certificate.Model}.");
        if (certificate.Verdict == Verdict.Unknown) return CheckResult.Accepted;
        if (property.Region.Size != model.Network.Input.Size) return CheckResult.Rejected($"The property speaks of {property.Region.Size} inputs, the model has {model.Network.Input.Size}.");
        if (certificate.Verdict == Verdict.Falsified)
        {
            return certificate.Counterexample is { } counterexample && counterexample.Input.Length == property.Region.Size && CounterexampleAt([.. counterexample.Input], property) is not null
                ? CheckResult.Accepted
                : CheckResult.Rejected($"{model.Runtime.Name} does not answer the counterexample wrongly.");
        }

        var question = BoundsOf(property).Question;
        if (question.Network is not { } network) return CheckResult.Rejected(question.Refusal!);
        return certificate.Proof is { } proof
            ? CertificateChecker.Check(network, property, question.LeastMargin, proof, cancellation)
            : CheckResult.Rejected("It has no proof.");
    }

    /// <summary>Derives the bounds of a Lipschitz constant of this model again, without searching.</summary>
    /// <param name="constant">What was found of it.</param>
    /// <param name="cancellation">Ends the work with an <see cref="OperationCanceledException"/>.</param>
    public LipschitzCheck Check(LipschitzCertificate constant, CancellationToken cancellation = default) => constant.Model == model.Sha256
        ? LipschitzChecker.Check(constant.OnScores ? model.Scores : model.Network, constant, cancellation)
        : LipschitzCheck.Rejected($"It is a certificate of another model: {model.Path} has the SHA-256 {model.Sha256}, it names {constant.Model}.");

    /// <summary>Whether what was found before of the same property was found by the same engine of the same model, and still shows what it showed.</summary>
    private bool IsRepeated(Certificate earlier, Property property, CancellationToken cancellation) =>
        // What was unknown may be decided with the budget that is given now.
        earlier.Engine == Engine && earlier.Verdict != Verdict.Unknown && Check(property, earlier, cancellation).IsAccepted;

    /// <summary>The verdict of bounds, and where they do not decide, of a search that divides the property.</summary>
    /// <param name="property">The property.</param>
    /// <param name="budget">How much work it may cost.</param>
    /// <param name="earlier">A proof of this property or one like it, or nothing.</param>
    /// <param name="reached">What stands where the work is ended.</param>
    /// <param name="cancellation">Ends the work with an <see cref="OperationCanceledException"/>.</param>
    private Certificate Decide(Property property, Budget budget, ProofPart? earlier, ref Certificate reached, CancellationToken cancellation)
    {
        var bounds = BoundsOf(property);
        var certificate = reached = Bound(bounds, property, budget, cancellation);
        if (certificate.Proof is { } byBounds)
        {
            var check = CertificateChecker.Check(bounds.Question.Network!, property, bounds.Question.LeastMargin, byBounds, cancellation);
            if (check.IsAccepted) return certificate with { Margin = Math.Min(certificate.Margin!.Value, check.Margin) };
        }
        else if (certificate.Verdict != Verdict.Unknown)
        {
            return certificate;
        }

        if (bounds.Known is not { } known || budget.Subproblems == 0 || Method == SearchMethod.None) return certificate with { Proof = null };
        Counterexample? counterexample = null;
        var search = new PropertySearch(bounds.Question, known, property, budget) { Tells = KeepsProofs, Progress = Progress };
        var result = search.Run(
            Method,
            certificate.Proof ?? earlier,
            candidate => (counterexample = CounterexampleAt(candidate, property)) is not null,
            effort => (counterexample = Attack(property, search.Thorough(effort), cancellation) ?? AlongPieces(known, property, budget, effort, cancellation))?.Input.ToArray(),
            cancellation);
        if (result is null) return certificate with { Proof = null };
        if (counterexample is not null)
            return Certify(property, Verdict.Falsified, Division) with { Counterexample = counterexample, Subproblems = result.Parts };

        // A part is only bounded until it is proved: the margin of all says nothing of the property's.
        return result.IsProved
            ? Certify(property, Verdict.Verified, Division) with { Proof = result.Proofs.FirstOrDefault(), Subproblems = result.Parts }
            : certificate.Verdict == Verdict.Verified ? certificate with { Proof = null } : certificate with
            {
                Method = Division,
                Subproblems = result.Parts,
                Reason = $"{certificate.Reason} Dividing it into {result.Parts} parts did not decide it either.",
            };
    }

    /// <summary>What the deployed network answers to an input, where that violates a property.</summary>
    internal Counterexample? CounterexampleAt(float[] input, Property property)
    {
        var outputs = model.Runtime.RunExactly(input);
        return property.Region.Contains(input) && property.Output.IsViolatedBy(outputs)
            ? new Counterexample([.. input], [.. outputs.Select(value => (float)value)], model.Runtime.Name)
            : null;
    }

    /// <summary>The verdict of bounds alone.</summary>
    /// <param name="bounds">Those of this property over another region, or new ones (<see cref="BoundsOf"/>).</param>
    /// <param name="property">The property.</param>
    /// <param name="budget">How much work it may cost.</param>
    /// <param name="cancellation">Ends the work with an <see cref="OperationCanceledException"/>.</param>
    internal Certificate Bound(PropertyBounds bounds, Property property, Budget budget, CancellationToken cancellation)
    {
        if (bounds.Question.Network is null) return Certify(property, Verdict.Unknown, "none") with { Reason = bounds.Question.Refusal };
        var (margin, method) = bounds.Margin(property, budget.SlopeIterations, cancellation);
        return bounds.Unbounded is not { } node ? Certify(property, margin, method) with { Proof = bounds.Proof } : Certify(property, Verdict.Unknown, method) with
        {
            Reason = $"Of float32 nothing can be said: {node.Name} may overflow, or how exactly it is computed is not known.",
        };
    }

    /// <summary>Bounds of the network that the property speaks of, for it and for what is asked of narrower regions afterwards.</summary>
    internal PropertyBounds BoundsOf(Property property)
    {
        // It refuses what cannot be asked of the model at all.
        var network = NetworkOf(property);
        return new(property.Semantics == Semantics.Float32 ? Question.Float32(model.Model, property.Output) : new Question(network, 0, null), KeepsProofs);
    }

    private Certificate Certify(Property property, double margin, string method) => margin > 0
        ? Certify(property, Verdict.Verified, method) with { Margin = margin }
        : Certify(property, Verdict.Unknown, method) with
        {
            Margin = double.IsFinite(margin) ? margin : null,
            Reason = "The bounds are too loose to prove the property, and the attack found no counterexample.",
        };

    /// <summary>The scores for a property that only compares outputs; the complete function for any other.</summary>
    private Network NetworkOf(Property property)
    {
        if (property.Output.Size != model.Network.Output.Size)
            throw new ArgumentException($"'{property.Name}' speaks of {property.Output.Size} outputs, but '{model.Path}' has {model.Network.Output.Size}.", nameof(property));
        if (property.Output.OnScores) return model.Scores;
        if (!model.Model.EndsInArgMax) return model.Network;
        throw new NotSupportedException(
            $"'{model.Path}' answers with the number of its largest output (ArgMax). '{property.Output.Description}' is not a property of that number; ask that the label stays the same.");
    }

    private Certificate Certify(Property property, Verdict verdict, string method) => new()
    {
        Property = property.Name,
        Model = model.Sha256,
        Verdict = verdict,
        Semantics = property.Semantics,
        Method = method,
        Engine = Engine,
    };
}
