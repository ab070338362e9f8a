using RobustVerify.Core.Certificates;
using RobustVerify.Core.Search;

namespace RobustVerify.Tool;

/// <summary>Who is told how far a run is.</summary>
/// <param name="Certificates">Told every certificate.</param>
/// <param name="Measurements">Told every measurement.</param>
/// <param name="Search">Told how far the search for a certificate is.</param>
internal sealed record RunProgress(IProgress<Certificate> Certificates, IProgress<Measurement> Measurements, IProgress<SearchProgress> Search);
