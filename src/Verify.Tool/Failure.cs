using RobustVerify.Core.Baselines;
using RobustVerify.Core.Certificates;
using RobustVerify.Core.Onnx;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Tool;

/// <summary>Why a command could not do what it was asked, in one line.</summary>
/// <param name="Code">The code of <see cref="DiagnosticCodes"/>; null where only the command line is wrong.</param>
/// <param name="Message">What is wrong, and what to do.</param>
/// <param name="ExitCode">The process's exit code.</param>
internal sealed record Failure(string? Code, string Message, int ExitCode)
{
    /// <summary>What an exception says to the user of a command. What nobody expected is a fault of the tool.</summary>
    public static Failure Of(Exception exception) => exception switch
    {
        UsageException => new Failure(null, exception.Message, Tool.ExitCode.Error),
        UnsupportedModelException => new Failure(DiagnosticCodes.ModelUnsupported, exception.Message, Tool.ExitCode.UnsupportedModel),
        InvalidModelException => new Failure(DiagnosticCodes.ModelInvalid, exception.Message, Tool.ExitCode.Error),
        SpecificationException => new Failure(DiagnosticCodes.SpecificationInvalid, exception.Message, Tool.ExitCode.Error),
        ReportFormatException => new Failure(DiagnosticCodes.BaselineUnreadable, exception.Message, Tool.ExitCode.Error),
        CertificateFormatException => new Failure(DiagnosticCodes.CertificateUnreadable, exception.Message, Tool.ExitCode.Error),
        IOException or UnauthorizedAccessException => new Failure(DiagnosticCodes.FileUnreadable, exception.Message, Tool.ExitCode.Error),
        OperationCanceledException => new Failure(DiagnosticCodes.RunIncomplete, "The run was cancelled before anything was found out.", Tool.ExitCode.Inconclusive),
        _ => new Failure(DiagnosticCodes.EngineFailed, $"This is a fault of RobustVerify, please report it: {exception.GetType().Name}: {exception.Message}", Tool.ExitCode.Error),
    };

    /// <summary>The line, in the form that editors and build logs recognise.</summary>
    public override string ToString() => $"robustverify : error{(Code is null ? "" : " " + Code)}: {Message.ReplaceLineEndings(" ")}";
}
