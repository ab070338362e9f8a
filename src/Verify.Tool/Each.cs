namespace RobustVerify.Tool;

/// <summary>Reports at once, on the thread that runs: <see cref="Progress{T}"/> would come late and out of order.</summary>
internal sealed class Each<T>(Action<T> action) : IProgress<T>
{
    public void Report(T value) => action(value);
}
