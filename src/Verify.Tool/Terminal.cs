using Spectre.Console;

namespace RobustVerify.Tool;

/// <summary>Where a command writes.</summary>
/// <param name="Output">Results.</param>
/// <param name="Error">Progress, messages and logs.</param>
/// <param name="Interactive">True where a person looks on: tables and a progress bar. False for plain lines.</param>
internal sealed record Terminal(TextWriter Output, TextWriter Error, bool Interactive)
{
    /// <summary>The same with only messages, for commands whose output is read by a program.</summary>
    public Terminal ForLogs() => new(Error, Error, Interactive: false);

    /// <summary>Writes a table.</summary>
    public void Write(Table table) => Console(Output).Write(table);

    /// <summary>Writes a sentence, broken between words where a person's terminal is narrower.</summary>
    public void WriteSentence(string text)
    {
        if (Interactive) Console(Output).WriteLine(text);
        else Output.WriteLine(text);
    }

    /// <summary>Runs work that reports how many steps it has done, under a progress bar.</summary>
    /// <param name="title">What is done.</param>
    /// <param name="steps">How many steps there are, where it is known.</param>
    /// <param name="work">The work; it calls its first argument after each step, and its second to say how far the present one is.</param>
    public T WithProgress<T>(string title, int? steps, Func<Action, Action<string>, T> work)
    {
        if (!Interactive) return work(() => { }, _ => { });
        return Console(Error).Progress().AutoClear(true).Start(context =>
        {
            var task = context.AddTask(Markup.Escape(title), maxValue: steps ?? 1);
            task.IsIndeterminate = steps is null;
            return work(
                () =>
                {
                    task.Increment(1);
                    task.Description = Markup.Escape(title);
                },
                detail => task.Description = Markup.Escape($"{title}: {detail}"));
        });
    }

    private IAnsiConsole Console(TextWriter writer) => AnsiConsole.Create(new AnsiConsoleSettings
    {
        Ansi = Interactive ? AnsiSupport.Detect : AnsiSupport.No,
        Interactive = Interactive ? InteractionSupport.Detect : InteractionSupport.No,
        Out = new AnsiConsoleOutput(writer),
    });
}
