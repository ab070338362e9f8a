using System.Collections.Immutable;
using System.Runtime.CompilerServices;

namespace RobustVerify.Core.Certificates;

internal sealed partial class CertificateWriter
{
    private void Write(LipschitzCertificate constant)
    {
        Write(constant.Name);
        Write(constant.Model);
        Write((int)constant.Norm);
        Write(constant.Region is not null);
        if (constant.Region is { } region) Write(region);
        Write(constant.OnScores);
        Write(constant.Outputs.Length);
        foreach (var output in constant.Outputs) Write(output);
        Write(constant.Lower);
        Write(constant.Upper);
        Write(constant.Witness.AsSpan());
        Write(constant.Method);
        Write(constant.Engine);
        Write(constant.Proof is not null);
        if (constant.Proof is not { } proof) return;
        Write(proof.Neurons);
        Write(proof.Whole);
    }

    private void Write(LipschitzPart part)
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        switch (part)
        {
            case NormProductPart: Write(0); break;
            case JacobianPart: Write(1); break;
            case GradientPart gradient:
                Write(2);
                Write(gradient.Outputs.Length);
                foreach (var (neurons, entries, sum) in gradient.Outputs)
                {
                    Write(neurons);
                    Write(entries.Length);
                    foreach (var lines in entries) Write(lines);
                    Write(sum);
                }

                break;
            case MultiplierPart multipliers:
                Write(3);
                Write(multipliers.Constant);
                WriteShort(multipliers.Multipliers.AsSpan());
                break;
            case SlopeCut cut:
                Write(4);
                Write(cut.Neuron);
                Write(cut.AtLower);
                Write(cut.AtUpper);
                break;
            case BoxHalves cut:
                Write(5);
                Write(cut.Input);
                Write(cut.At);
                Write(cut.Below);
                Write(cut.Above);
                break;
            case SignCut cut:
                Write(6);
                Write(cut.Neuron);
                Write(cut.Negative);
                Write(cut.Positive);
                break;
            case SignedPart signed:
                Write(7);
                Write(signed.Signs.Length);
                foreach (var sign in signed.Signs)
                {
                    Write(sign.Neuron);
                    Write(sign.IsPositive);
                    WriteShort(sign.Multipliers.AsSpan());
                }

                Write(signed.Part);
                break;
            case FlatPart flat:
                Write(8);
                WriteAscending(flat.Meeting.AsSpan());
                Write(flat.Ends.Length);
                foreach (var end in flat.Ends) Write(end + 1);
                break;
            default: throw new InvalidOperationException($"{part} is no part of a proof that a file can hold.");
        }
    }

    /// <summary>Numbers in four bytes each where nothing of them is lost.</summary>
    private void WriteShort(ReadOnlySpan<double> values)
    {
        var isShort = true;
        foreach (var value in values) isShort &= (float)value == value;
        Write(isShort);
        if (isShort) Write(ImmutableArray.Create(Array.ConvertAll(values.ToArray(), value => (float)value)));
        else Write(values);
    }
}
