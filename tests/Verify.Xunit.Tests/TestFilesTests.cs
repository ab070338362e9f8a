using System.Reflection;
using System.Runtime.CompilerServices;

namespace RobustVerify.Xunit.Tests;

public class TestFilesTests
{
    [Fact]
    public void A_source_file_that_exists_is_in_its_own_folder() =>
        Assert.Equal(Path.GetDirectoryName(ThisFile()), TestFiles.FolderOf(ThisFile(), Assembly.GetExecutingAssembly()));

    [Fact]
    public void A_mapped_source_file_is_found_below_the_project() =>
        Assert.Equal(
            Path.GetDirectoryName(ThisFile()),
            TestFiles.FolderOf("/_/tests/Verify.Xunit.Tests/TestFilesTests.cs", Assembly.GetExecutingAssembly()));

    private static string ThisFile([CallerFilePath] string path = "") => path;
}
