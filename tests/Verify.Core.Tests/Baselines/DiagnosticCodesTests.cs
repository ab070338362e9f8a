using RobustVerify.Core.Baselines;

namespace RobustVerify.Core.Tests.Baselines;

public class DiagnosticCodesTests
{
    [Fact]
    public void Every_code_has_a_row_and_a_section_in_the_documentation()
    {
        var documentation = File.ReadAllLines(Path.Combine(Repository.Root, "docs", "diagnostics.md"));
        foreach (var field in typeof(DiagnosticCodes).GetFields())
        {
            var code = (string)field.GetValue(null)!;
            Assert.Contains($"## {code}", documentation);
            Assert.Contains(documentation, line => line.StartsWith($"| [{code}](#{code.ToLowerInvariant()}) |", StringComparison.Ordinal));
        }
    }
}
