using System.Collections.Immutable;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Tool;

/// <summary>Asks the same of one sample after another.</summary>
internal static class EachSample
{
    /// <summary>What every sample is answered with; what was answered until the work is cancelled is kept.</summary>
    /// <param name="lines">Where the progress is shown, and, where nobody looks on, a line for every answer.</param>
    /// <param name="doing">What is done, in a word.</param>
    /// <param name="samples">The samples.</param>
    /// <param name="answer">Answers one.</param>
    /// <param name="line">The line of an answer.</param>
    /// <param name="cancellation">Ends the work.</param>
    /// <exception cref="UsageException">A sample cannot be asked that; it names the sample.</exception>
    public static List<T> Answer<T>(
        Terminal lines, string doing, ImmutableArray<Sample> samples, Func<Sample, T> answer, Func<T, string> line, CancellationToken cancellation) =>
        lines.WithProgress(doing, samples.Length, (step, _) =>
        {
            var answers = new List<T>();
            foreach (var sample in samples)
            {
                try
                {
                    answers.Add(answer(sample));
                }
                catch (ArgumentException exception)
                {
                    throw new UsageException($"{sample.Name}: {exception.Message}");
                }
                catch (OperationCanceledException)
                {
                    break;
                }

                if (!lines.Interactive) lines.Output.WriteLine(line(answers[^1]));
                step();
            }

            return answers;
        });
}
