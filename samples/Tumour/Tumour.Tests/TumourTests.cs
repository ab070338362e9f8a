using RobustVerify.Core.Specifications;
using RobustVerify.Xunit;

namespace Tumour.Tests;

public class TumourTests
{
    /// <summary>The same specification that gates the build: every measurement has an error of its own.</summary>
    [RobustWithin]
    public Specification The_diagnosis_does_not_depend_on_errors_of_measurement() =>
        Specification.Load(Path.Combine(AppContext.BaseDirectory, "tumour.robust.json"));
}
