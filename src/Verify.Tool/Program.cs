using System.Runtime.InteropServices;
using RobustVerify.Core.Baselines;
using RobustVerify.Tool;

using var cancellation = new CancellationTokenSource();
using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
var interactive = !Console.IsOutputRedirected && !Console.IsErrorRedirected && !BuildServer.Detected;
return await RobustVerifyCommand.RunAsync(args, new Terminal(Console.Out, Console.Error, interactive), cancellation.Token);

// The first signal ends the run with what is known; a second one ends the process.
void Stop(PosixSignalContext signal)
{
    signal.Cancel = !cancellation.IsCancellationRequested;
    cancellation.Cancel();
}
