using RobustVerify.Core.Baselines;

// The environment variables of build servers and the current folder belong to the whole process.
[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace RobustVerify.Tool.Tests;

/// <summary>A folder with a model and its data, and commands run in it as from a shell on a developer's machine.</summary>
public abstract class Session : IDisposable
{
    private static readonly string[] Variables = ["CI", "TF_BUILD"];
    private readonly string home = Directory.GetCurrentDirectory();
    private readonly string?[] environment = [.. Variables.Select(Environment.GetEnvironmentVariable)];

    protected Session()
    {
        Folder = Directory.CreateTempSubdirectory("robustverify").FullName;
        Directory.SetCurrentDirectory(Folder);
        foreach (var variable in Variables) Environment.SetEnvironmentVariable(variable, null);
        File.Copy(Path.Combine(AppContext.BaseDirectory, "iris.onnx"), "iris.onnx");
        File.WriteAllText("iris.csv", "sepal_length,sepal_width,petal_length,petal_width,label\n6.7,3.3,5.7,2.5,2\n5.1,3.5,1.4,0.2,0\n5,3.4,1.5,0.2,0\n");
        File.WriteAllText("property.vnnlib", Query(radius: 0.01));
    }

    /// <summary>The current folder.</summary>
    protected string Folder { get; }

    public void Dispose()
    {
        Directory.SetCurrentDirectory(home);
        Directory.Delete(Folder, recursive: true);
        foreach (var (variable, value) in Variables.Zip(environment)) Environment.SetEnvironmentVariable(variable, value);
        GC.SuppressFinalize(this);
    }

    /// <summary>Runs a command line, with arguments separated by spaces.</summary>
    internal static Task<Ending> Run(string commandLine, CancellationToken cancellation = default) =>
        Run(commandLine, new StringWriter(), cancellation);

    /// <summary>Runs a command line that writes its results to a given writer.</summary>
    internal static async Task<Ending> Run(string commandLine, StringWriter output, CancellationToken cancellation)
    {
        using var error = new StringWriter();
        var arguments = commandLine.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var code = await RobustVerifyCommand.RunAsync(arguments, new Terminal(output, error, Interactive: false), cancellation);
        return new Ending(code, output.ToString(), error.ToString());
    }

    /// <summary>Lets commands believe that they run on a build server.</summary>
    protected static void EnterBuildServer()
    {
        Environment.SetEnvironmentVariable("CI", "true");
        Assert.True(BuildServer.Detected);
    }

    /// <summary>Writes a specification of the model and its data.</summary>
    protected static void WriteSpecification(double radius, string budget = "", string measures = "") => File.WriteAllText(
        "iris.robust.json",
        $$"""
        {
          "model": "iris.onnx",
          "samples": { "file": "iris.csv", "label": "label" },
          "region": { "radius": {{radius}} },
          "property": { "kind": "same-label" },
          "budget": { {{budget}} }{{(measures.Length > 0 ? $",\n  \"measures\": [{measures}]" : "")}}
        }
        """);

    /// <summary>A query: can another class than 2 be the largest near the first row of the data?</summary>
    protected static string Query(double radius)
    {
        double[] center = [6.7, 3.3, 5.7, 2.5];
        var inputs = center.Select((value, i) => $"(declare-const X_{i} Real)\n(assert (>= X_{i} {value - radius}))\n(assert (<= X_{i} {value + radius}))\n");
        return string.Concat(inputs) + """
            (declare-const Y_0 Real)
            (declare-const Y_1 Real)
            (declare-const Y_2 Real)
            (assert (or (and (<= Y_2 Y_0)) (and (<= Y_2 Y_1))))
            """;
    }
}

/// <summary>How a command ended.</summary>
internal sealed record Ending(int Code, string Output, string Error)
{
    /// <summary>The last line of the output.</summary>
    public string LastLine => Output.TrimEnd().Split('\n')[^1].TrimEnd();

    /// <summary>Asserts the exit code, and shows everything that was written where it is another.</summary>
    public Ending With(int code)
    {
        Assert.True(code == Code, $"The exit code is {Code} instead of {code}.\n{Output}\n{Error}");
        return this;
    }
}
