using System.Collections.Immutable;
using System.IO.Compression;
using System.Runtime.InteropServices;

namespace RobustVerify.Core.Specifications.VnnLib;

/// <summary>Reads VNN-LIB 1.0, the format of the verification competitions.</summary>
/// <remarks>
/// A file asserts what a counterexample satisfies. It is brought to a disjunction of an input box with a conjunction of
/// output constraints each; the disjuncts that share a box make one <see cref="Property"/>. So the query is satisfiable
/// where any of the properties is falsified, and unsatisfiable where all are verified. Time and memory are linear in the
/// size of the file and of its disjunctive normal form. A strict comparison is read as the comparison that is not strict:
/// a proof holds for both, and only a counterexample on the very border differs. Bounds are rounded to the nearest double.
/// </remarks>
public static class VnnLibReader
{
    private const double MostDisjuncts = 1_000_000;

    /// <summary>Reads a file, compressed by gzip or not.</summary>
    /// <param name="path">The file.</param>
    /// <param name="inputs">The number of inputs of the network, where it is known.</param>
    /// <param name="outputs">The number of outputs of the network, where it is known.</param>
    /// <returns>One property for each distinct input box, in the order of the file.</returns>
    /// <exception cref="SpecificationException">
    /// The file cannot be read, is malformed or not linear, leaves an input without a bound, asserts nothing of an output, or
    /// declares other numbers of inputs or outputs than the network has.
    /// </exception>
    public static ImmutableArray<Property> Read(string path, int? inputs = null, int? outputs = null)
    {
        try
        {
            using var file = File.OpenRead(path);
            using var stream = IsCompressed(file) ? new GZipStream(file, CompressionMode.Decompress) : (Stream)file;
            using var reader = new StreamReader(stream);
            var name = Path.GetFileName(path);
            if (name.EndsWith(".gz", StringComparison.OrdinalIgnoreCase)) name = name[..^3];
            return Read(reader, path, Path.GetFileNameWithoutExtension(name), inputs, outputs);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            throw new SpecificationException(path, $"the file cannot be read: {exception.Message}", innerException: exception);
        }
    }

    private static ImmutableArray<Property> Read(TextReader reader, string path, string name, int? inputs, int? outputs)
    {
        var parser = new VnnLibParser(new VnnLibTokenizer(reader), path);
        var assertions = parser.Parse();
        CheckCount("inputs", "X", parser.Inputs, inputs);
        CheckCount("outputs", "Y", parser.Outputs, outputs);
        if (assertions.Disjuncts > MostDisjuncts)
            throw new SpecificationException(path, $"the assertions have {assertions.Disjuncts:E1} disjuncts in normal form, more than the {MostDisjuncts:N0} that are supported");
        return new NormalForm(path, parser.Inputs, parser.Outputs).Properties(assertions, name);

        void CheckCount(string what, string variable, int declared, int? expected)
        {
            if (expected is { } count && count != declared)
                throw new SpecificationException(path, $"the file declares {declared} {what} {variable}_i, but the network has {count}; is this the property of another network?");
        }
    }

    private static bool IsCompressed(FileStream file)
    {
        var compressed = file.ReadByte() == 0x1f && file.ReadByte() == 0x8b;
        file.Position = 0;
        return compressed;
    }

    /// <summary>Walks all ways to choose one alternative everywhere, with the box of the choices so far.</summary>
    private sealed class NormalForm(string path, int inputs, int outputs)
    {
        private readonly double[] lower = Filled(inputs, double.NegativeInfinity);
        private readonly double[] upper = Filled(inputs, double.PositiveInfinity);
        private readonly List<OutputBound> constraints = [];
        private readonly Dictionary<Box, ImmutableArray<Conjunction>.Builder> violations = [];
        private readonly List<Box> boxes = [];
        private SpecificationException? emptyBox;

        public ImmutableArray<Property> Properties(VnnLibFormula assertions, string name)
        {
            Visit(assertions, ImmutableStack<VnnLibFormula[]>.Empty);
            if (boxes.Count == 0) throw emptyBox ?? new SpecificationException(path, "an 'or' without alternatives makes the assertions unsatisfiable");
            return
            [
                .. boxes.Select((box, i) => new Property(
                    boxes.Count == 1 ? name : $"{name} box {i + 1}",
                    InputRegion.Box(box.Lower, box.Upper),
                    Output(violations[box].DrainToImmutable()))),
            ];
        }

        private void Visit(VnnLibFormula formula, ImmutableStack<VnnLibFormula[]> choices)
        {
            var outer = new (double Lower, double Upper)[formula.Inputs.Count];
            for (var i = 0; i < outer.Length; i++)
            {
                var bound = formula.Inputs[i];
                outer[i] = (lower[bound.Input], upper[bound.Input]);
                if (bound.IsUpper) upper[bound.Input] = Math.Min(upper[bound.Input], bound.Value);
                else lower[bound.Input] = Math.Max(lower[bound.Input], bound.Value);
            }

            constraints.AddRange(formula.Outputs);
            foreach (var choice in formula.Choices) choices = choices.Push(choice);
            if (choices.IsEmpty)
            {
                Emit(formula.Line);
            }
            else
            {
                var others = choices.Pop(out var alternatives);
                foreach (var alternative in alternatives) Visit(alternative, others);
            }

            constraints.RemoveRange(constraints.Count - formula.Outputs.Count, formula.Outputs.Count);
            for (var i = outer.Length - 1; i >= 0; i--) (lower[formula.Inputs[i].Input], upper[formula.Inputs[i].Input]) = outer[i];
        }

        private void Emit(int line)
        {
            if (constraints.Count == 0)
                throw new SpecificationException(path, "nothing is asserted of an output, so that every input would be a counterexample", line);
            for (var i = 0; i < inputs; i++)
            {
                if (double.IsInfinity(lower[i]) || double.IsInfinity(upper[i]))
                {
                    var missing = double.IsInfinity(upper[i]) ? "upper" : "lower";
                    throw new SpecificationException(path, $"the input X_{i} has no {missing} bound; assert one", line);
                }
            }

            for (var i = 0; i < inputs; i++)
            {
                if (lower[i] <= upper[i]) continue;
                // Nothing satisfies this disjunct; that is a mistake only where it is so of all.
                emptyBox ??= new SpecificationException(path, $"the input region is empty: X_{i} has the bounds [{lower[i]:R}, {upper[i]:R}]", line);
                return;
            }

            var box = new Box(lower, upper);
            if (!violations.TryGetValue(box, out var conjunctions))
            {
                boxes.Add(box = new Box([.. lower], [.. upper]));
                violations.Add(box, conjunctions = ImmutableArray.CreateBuilder<Conjunction>());
            }

            conjunctions.Add(new Conjunction([.. constraints.Select(Dense)]));
        }

        private LinearConstraint Dense(OutputBound constraint)
        {
            var coefficients = new double[outputs];
            foreach (var (output, coefficient) in constraint.Terms) coefficients[output] = coefficient;
            return new LinearConstraint(ImmutableCollectionsMarshal.AsImmutableArray(coefficients), constraint.Bound);
        }

        private static OutputProperty Output(ImmutableArray<Conjunction> violations)
        {
            var count = violations.Length;
            return new OutputProperty(
                violations,
                count == 1 ? "the outputs avoid what the file asserts" : $"the outputs avoid all {count} sets that the file asserts",
                onScores: violations.All(conjunction => conjunction.Constraints.All(ComparesTwoOutputs)));
        }

        private static bool ComparesTwoOutputs(LinearConstraint constraint)
        {
            var terms = constraint.Coefficients.Where(coefficient => coefficient != 0).ToArray();
            return constraint.Bound == 0 && terms is [var first, var second] && first == -second;
        }

        private static double[] Filled(int count, double value)
        {
            var values = new double[count];
            Array.Fill(values, value);
            return values;
        }
    }

    /// <summary>A box that is equal to another with the same bounds.</summary>
    private readonly struct Box : IEquatable<Box>
    {
        private readonly int hash;

        public Box(double[] lower, double[] upper)
        {
            var code = new HashCode();
            code.AddBytes(MemoryMarshal.AsBytes(lower.AsSpan()));
            code.AddBytes(MemoryMarshal.AsBytes(upper.AsSpan()));
            (Lower, Upper, hash) = (lower, upper, code.ToHashCode());
        }

        public double[] Lower { get; }

        public double[] Upper { get; }

        public bool Equals(Box other) =>
            hash == other.hash && Lower.AsSpan().SequenceEqual(other.Lower) && Upper.AsSpan().SequenceEqual(other.Upper);

        public override bool Equals(object? obj) => obj is Box other && Equals(other);

        public override int GetHashCode() => hash;
    }
}
