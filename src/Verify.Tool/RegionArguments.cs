using System.CommandLine;
using RobustVerify.Core.Networks;
using RobustVerify.Core.Specifications;
using RobustVerify.Core.Specifications.Samples;

namespace RobustVerify.Tool;

/// <summary>Where the inputs lie: <c>--lower a --upper b</c>, <c>--at FILE.csv --radius r</c>, or <c>--global</c>, where that makes sense.</summary>
internal sealed class RegionArguments
{
    private readonly Option<double?> lower = NumberOption.Of("--lower", "The least value of every input.");
    private readonly Option<double?> upper = NumberOption.Of("--upper", "The largest value of every input.");
    private readonly Option<string?> at = new("--at") { Description = "A CSV file with a header; around each of its rows every input moves by --radius at most, and the largest result counts." };

    private readonly Option<FeatureRadius?> radius = new("--radius")
    {
        CustomParser = FeatureRadius.Parse,
        Description = "How far every input moves: '0.1', in the units of the data; '0.1sd', in standard deviations of its column; '2%', of its value in each row; or 'height=0.3,width=2%', where the others stay.",
    };

    private readonly Option<string[]> ignore = new("--ignore") { AllowMultipleArgumentsPerToken = true, Description = "Columns of the CSV file that are no inputs." };
    private readonly Option<bool>? global;

    /// <param name="command">The command, to which the options are added.</param>
    /// <param name="allowsGlobal">Whether inputs may lie anywhere.</param>
    public RegionArguments(Command command, bool allowsGlobal)
    {
        foreach (var option in (Option[])[lower, upper, at, radius, ignore]) command.Options.Add(option);
        if (allowsGlobal) command.Options.Add(global = new Option<bool>("--global") { Description = "Over all inputs there are." });
    }

    /// <summary>Refuses options that do not go together.</summary>
    /// <exception cref="UsageException">They do not say where the inputs lie, or say it twice.</exception>
    public void Check(ParseResult parsed)
    {
        bool Given(Option option) => parsed.GetResult(option) is not null;
        var ways = (Given(lower) || Given(upper) ? 1 : 0) + (Given(at) || Given(radius) ? 1 : 0) + (global is not null && parsed.GetValue(global) ? 1 : 0);
        if (ways != 1) throw new UsageException($"Where do the inputs lie? Give either --lower a --upper b, or --at FILE.csv --radius r{(global is null ? "" : ", or --global")}.");
        if (Given(lower) != Given(upper)) throw new UsageException("--lower and --upper belong together.");
        if (Given(at) != Given(radius)) throw new UsageException("--at and --radius belong together.");
        if (parsed.GetValue(lower) > parsed.GetValue(upper)) throw new UsageException("--lower is above --upper.");
    }

    /// <summary>The regions, named where they are around samples; null for all inputs there are.</summary>
    public IEnumerable<(string? Name, InputRegion? Region)> Regions(ParseResult parsed, Network network)
    {
        var size = network.Input.Size;
        if (parsed.GetValue(at) is { } file)
        {
            var table = CsvSamples.Read(file, new CsvSelection { Ignore = [.. parsed.GetValue(ignore) ?? []] });
            if (table.FeatureNames.Length != size)
                throw new SpecificationException(file, $"there are {table.FeatureNames.Length} columns of inputs, the model has {size} inputs; name those that are none with --ignore");
            var around = parsed.GetValue(radius)!.Of(table);
            foreach (var sample in table.Samples) yield return (sample.Name, InputRegion.Ball([.. sample.Values], around(sample), Norm.Linf));
        }
        else if (parsed.GetValue(lower) is { } least)
        {
            var (from, to) = (new double[size], new double[size]);
            Array.Fill(from, least);
            Array.Fill(to, parsed.GetValue(upper)!.Value);
            yield return (null, InputRegion.Box(from, to));
        }
        else
        {
            yield return (null, null);
        }
    }
}
