using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;

namespace RobustVerify.Xunit;

/// <summary>A test that fails where the CLEVER score of a sample, an estimate of its distance from another class, is too low.</summary>
/// <remarks>
/// <para>
/// Every row of the method's data ([CsvRows], [MemberData], …) is a test: the first argument is the sample, the second, where it is an
/// integer, its label. The method's body runs first and may assert more.
/// </para>
/// <para>
/// A score is an estimate and comes with an interval. The test fails, with <see cref="LowScoreException"/>, only where the whole interval lies below
/// what is asked, and a test that passes proves nothing: use <see cref="RobustWithinAttribute"/> for that.
/// </para>
/// </remarks>
/// <param name="score">The least score, in the units of the network's inputs.</param>
/// <param name="sourceFile">Filled in by the compiler: files are looked for beside this one.</param>
[AttributeUsage(AttributeTargets.Method)]
public sealed class CleverAtLeastAttribute(double score, [CallerFilePath] string sourceFile = "") : ModelTestAttribute(sourceFile)
{
    /// <summary>The least score.</summary>
    public double Score { get; } = score;

    /// <summary>
    /// The radius of the ball that gradients are sampled in, and the largest score. Unless set, the least score that is asked for: what lies
    /// further away does not matter to it.
    /// </summary>
    public double Radius { get; set; } = score;

    internal override bool TakesSamples(MethodInfo method) => true;

    internal override ModelTest TestOf(MethodInfo method, Type testClass, StringBuilder notes) => new CleverTest(method, testClass, this, notes);
}
