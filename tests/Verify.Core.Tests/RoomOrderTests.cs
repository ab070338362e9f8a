using System.Text.RegularExpressions;

namespace RobustVerify.Core.Tests;

/// <summary>A room (folder of the core) uses only the rooms above it; <c>docs/architecture.md</c> says why.</summary>
public sealed partial class RoomOrderTests
{
    private static readonly string[] Rooms =
    [
        "Numerics", "Networks", "Onnx", "Runtimes", "Specifications", "Certificates", "Checking", "Relaxations", "Bounds", "Attacks",
        "Programming", "Search", "Optimization", "Verification", "Lipschitz", "Clever", "ReportCards", "Reachability", "Measuring", "Baselines",
    ];

    /// <summary>Rooms that may use fewer rooms than all those above them.</summary>
    private static readonly Dictionary<string, string[]> Fewer = new()
    {
        ["Checking"] = ["Numerics", "Networks", "Specifications", "Certificates"],
    };

    [Fact]
    public void A_room_uses_only_rooms_above_it()
    {
        var violations = new List<string>();
        foreach (var (room, file) in Sources())
        {
            var allowed = Fewer.GetValueOrDefault(room) ?? Rooms[..Array.IndexOf(Rooms, room)];
            foreach (Match use in Uses().Matches(File.ReadAllText(file)))
            {
                var used = use.Groups[1].Value;
                if (used != room && Rooms.Contains(used) && !allowed.Contains(used))
                    violations.Add($"{Path.GetFileName(file)} in {room} uses {used}, which is below it");
            }
        }

        Assert.Empty(violations);
    }

    [Fact]
    public void Every_folder_of_the_core_is_a_room() =>
        Assert.Empty(Sources().Select(source => source.Room).Distinct().Except(Rooms));

    private static IEnumerable<(string Room, string File)> Sources()
    {
        var root = Path.Combine(Repository.Root, "src", "Verify.Core");
        return Directory.EnumerateFiles(root, "*.cs", SearchOption.AllDirectories)
            .Select(file => (Room: Path.GetRelativePath(root, file).Split(Path.DirectorySeparatorChar)[0], File: file))
            .Where(source => source.Room is not "bin" and not "obj" && !source.Room.EndsWith(".cs", StringComparison.Ordinal));
    }

    // By its full name, or by one that begins with the room, as code of a neighbouring room may write it.
    [GeneratedRegex(@"(?:RobustVerify\.Core\.|(?<![\w.""])(?=[A-Z]\w+\.[A-Z]))([A-Z]\w+)")]
    private static partial Regex Uses();
}
