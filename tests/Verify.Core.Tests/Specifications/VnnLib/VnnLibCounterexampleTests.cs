using System.Globalization;
using RobustVerify.Core.Specifications.VnnLib;

namespace RobustVerify.Core.Tests.Specifications.VnnLib;

public class VnnLibCounterexampleTests
{
    [Fact]
    public void Every_number_reads_back_exactly_even_as_double()
    {
        using var writer = new StringWriter();

        VnnLibCounterexample.Write(writer, [0.1f, -2], [1e-7f]);

        Assert.Equal("((X_0 0.10000000149011612)\n(X_1 -2)\n(Y_0 1.0000000116860974E-07))\n", writer.ToString());
        Assert.Equal((double)1e-7f, double.Parse("1.0000000116860974E-07", CultureInfo.InvariantCulture));
    }
}
