using BenchmarkDotNet.Running;
using RobustVerify.Benchmarks;

// `gemm [size] [rounds]` compares with OpenBLAS, `reference FILE.jsonl [part of a case's name]` with bounds of another tool,
// `lipschitz FILE.jsonl [part of a case's name]` Lipschitz constants (`lipschitz methods FOLDER [part of a name]` its methods, network by network) and `clever FILE.json [part of a case's name]` CLEVER scores
// with those of other tools, `curves` ways to bound activations with one another, `training FILE.csv` terms of the training loss,
// `optimize starts FOLDER [part of a name]` ways to look for the largest output, `optimize proofs FOLDER [seconds] [part of a name]` what proves it and
// `optimize constants FOLDER` what a steep input saves; everything else goes to BenchmarkDotNet.
if (args is ["curves", .. var activations]) return CurveComparison.Run(activations.FirstOrDefault(""));
if (args is ["training", var samples]) return TrainingComparison.Run(samples);
if (args is ["optimize", "starts", var models, .. var begun]) return OptimizationComparison.Starts(models, begun.FirstOrDefault(""));
if (args is ["optimize", "proofs", var networks, .. var proved]) return OptimizationComparison.Proofs(networks, proved.ElementAtOrDefault(1) ?? "", Number(proved, 0, 60));
if (args is ["optimize", "constants", var dyadic]) return OptimizationComparison.Constants(dyadic);
if (args is ["lipschitz", "methods", var shared, .. var parts]) return LipschitzMethods.Run(shared, parts.FirstOrDefault(""));
if (args is ["lipschitz", var constants, .. var names]) return LipschitzComparison.Run(constants, names.FirstOrDefault(""));
if (args is ["clever", var scores, .. var named])
{
    CleverComparison.Run(scores, named.FirstOrDefault(""));
    return 0;
}

if (args is ["reference", var file, .. var cases])
{
    ReferenceComparison.Run(file, cases.FirstOrDefault(""));
    return 0;
}

return args is ["gemm", .. var rest]
    ? MatrixProductComparison.Run(Number(rest, 0, 1000), Number(rest, 1, 41))
    : BenchmarkSwitcher.FromAssembly(typeof(MatrixProductComparison).Assembly).Run(args).Any() ? 0 : 1;

static int Number(string[] arguments, int index, int otherwise) =>
    index < arguments.Length ? int.Parse(arguments[index]) : otherwise;
