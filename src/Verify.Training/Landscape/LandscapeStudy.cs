using System.Collections.Immutable;
using System.Xml.Linq;
using RobustVerify.Core.Networks.Activations;
using RobustVerify.Training.Layers;
using RobustVerify.Training.Objectives;

namespace RobustVerify.Training.Landscape;

/// <summary>The minima of a training objective, how they are joined, and whether lower ones are less sensitive.</summary>
/// <param name="Minima">The distinct minima that were found, lowest first.</param>
/// <param name="Figures">What the network is worth at each.</param>
/// <param name="Paths">The paths that were found between some.</param>
public sealed record LandscapeStudy(ImmutableArray<DistinctMinimum> Minima, ImmutableArray<MinimumFigures> Figures, ImmutableArray<JoiningPath> Paths)
{
    /// <summary>What is counted first (<see cref="LandscapeProgress.Of"/>): local minimisations.</summary>
    public const string Minimisations = "minimisations";

    private const int Levels = 24;

    /// <summary>Whether the sensitivity of outputs rises with the objective.</summary>
    public RankCorrelation OutputCorrelation => RankCorrelation.Of(Values, [.. Figures.Select(figures => figures.Sensitivity)]);

    /// <summary>Whether the sensitivity of margins rises with the objective; null where there are no margins.</summary>
    public RankCorrelation? MarginCorrelation =>
        Figures.All(figures => figures.MarginSensitivity is not null) ? RankCorrelation.Of(Values, [.. Figures.Select(figures => figures.MarginSensitivity!.Value)]) : null;

    /// <summary>The trees of minima.</summary>
    public ImmutableArray<Basin> Graph => DisconnectivityGraph.Of(Values, Paths, Levels);

    private double[] Values => [.. Minima.Select(minimum => minimum.Value)];

    /// <summary>Searches for minima, measures them and joins them.</summary>
    /// <param name="architecture">What is trained, with smooth activations.</param>
    /// <param name="training">The examples of the objective.</param>
    /// <param name="loss">The objective; its perturbation says over which regions sensitivity and certificates are.</param>
    /// <param name="measured">The examples that networks are measured on.</param>
    /// <param name="settings">How long minima are searched for.</param>
    /// <param name="progress">Told what is done of what.</param>
    /// <param name="cancellation">Ends the work early, with what was found by then.</param>
    /// <exception cref="ArgumentException">The loss has no perturbation, an activation is not smooth, or the examples do not fit the architecture.</exception>
    public static LandscapeStudy Run(
        Architecture architecture, Examples training, TrainingLoss loss, Examples measured, HoppingSettings settings,
        Action<LandscapeProgress>? progress = null, CancellationToken cancellation = default)
    {
        if (loss.Perturbation is not { } perturbation) throw new ArgumentException("sensitivity needs to know how far inputs move; give a 'region' with a radius");
        if (architecture.Layers.OfType<ActivationLayer>().Any(layer => layer.Activation is ReLU))
            throw new ArgumentException("a ReLU network has no minima with a small gradient to search for; take a smooth activation, such as tanh");
        IObjective Objective() => new TrainingObjective(architecture, training, loss);
        Objective();
        var minima = new BasinHopping(architecture, Objective, settings)
            .Search(done => progress?.Invoke(new(Minimisations, done, settings.Chains * settings.Steps)), cancellation);
        var (figures, count) = (new MinimumFigures[minima.Count], 0);
        Parallel.For(0, minima.Count, i =>
        {
            // Even of a search that was ended early every minimum has its figures: they take little time.
            figures[i] = MinimumFigures.Of(architecture, minima[i].Parameters.AsSpan(), measured, loss.Task, perturbation);
            progress?.Invoke(new("minima measured", Interlocked.Increment(ref count), minima.Count));
        });
        var paths = Landscape.Paths.Between(architecture, Objective, minima, (done, of) => progress?.Invoke(new("paths", done, of)), cancellation);
        return new([.. minima], [.. figures], [.. paths]);
    }

    /// <summary>The disconnectivity graph, coloured by the sensitivity of margins where there is one, of outputs elsewhere; as SVG.</summary>
    /// <exception cref="InvalidOperationException">There is no minimum.</exception>
    public XDocument Picture() => Minima.IsEmpty
        ? throw new InvalidOperationException("There is no minimum to draw.")
        : GraphPicture.Draw(Graph, Values, [.. Figures.Select(figures => figures.MarginSensitivity ?? figures.Sensitivity)]);
}

/// <summary>How far a study is.</summary>
/// <param name="Of">What is counted.</param>
/// <param name="Done">How many are done.</param>
/// <param name="Count">Of how many.</param>
public sealed record LandscapeProgress(string Of, int Done, int Count);
