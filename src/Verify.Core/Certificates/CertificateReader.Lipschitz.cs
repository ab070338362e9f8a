using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using RobustVerify.Core.Specifications;

namespace RobustVerify.Core.Certificates;

internal sealed partial class CertificateReader
{
    private LipschitzCertificate Constant()
    {
        var name = Text();
        try
        {
            return new LipschitzCertificate
            {
                Name = name,
                Model = Text(),
                Norm = Choice<Norm>(),
                Region = Flag() ? Region() : null,
                OnScores = Flag(),
                Outputs = [.. Many(Integer)],
                Lower = Double(),
                Upper = Double(),
                Witness = [.. Doubles()],
                Method = Text(),
                Engine = Text(),
                Proof = Flag() ? new LipschitzProof { Neurons = Neurons(), Whole = LipschitzPart() } : null,
            };
        }
        catch (ArgumentException e)
        {
            throw new CertificateFormatException(path, $"The region of the constant '{name}' is none: {e.Message}", e);
        }
    }

    private LipschitzPart LipschitzPart()
    {
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack()) throw new CertificateFormatException(path, "A proof has too many cuts one below the other.");
        return Integer() switch
        {
            0 => new NormProductPart(),
            1 => new JacobianPart(),
            2 => new GradientPart([.. Many(() => new GradientLines(Neurons(), [.. Many(Lines)], Lines()))]),
            3 => new MultiplierPart(Double(), Short()),
            4 => new SlopeCut(Integer(), LipschitzPart(), LipschitzPart()),
            5 => new BoxHalves(Integer(), Double(), LipschitzPart(), LipschitzPart()),
            6 => new SignCut(Integer(), LipschitzPart(), LipschitzPart()),
            7 => new SignedPart([.. Many(() => new ShownSign(Integer(), Flag(), Short()))], LipschitzPart()),
            8 => new FlatPart(ImmutableCollectionsMarshal.AsImmutableArray(Ascending()), [.. Many(() => Integer() - 1)]),
            _ => throw Damaged(),
        };
    }

    private List<T> Many<T>(Func<T> read)
    {
        var all = new List<T>();
        for (var count = Length(); count > 0; count--) all.Add(read());
        return all;
    }

    private ImmutableArray<double> Short() => Flag() ? [.. Floats().Select(value => (double)value)] : [.. Doubles()];
}
