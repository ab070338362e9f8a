using System.Runtime.InteropServices;

namespace RobustVerify.Benchmarks;

/// <summary>The matrix product of OpenBLAS, where its library is installed.</summary>
internal static unsafe partial class OpenBlas
{
    private const string Library = "libopenblas.so.0";
    private const int RowMajor = 101;
    private const int NoTranspose = 111;

    public static bool IsPresent => NativeLibrary.TryLoad(Library, typeof(OpenBlas).Assembly, null, out _);

    /// <summary>How OpenBLAS was built, and for which processor it chose its kernels.</summary>
    public static string Configuration => Marshal.PtrToStringAnsi(GetConfiguration())!;

    /// <summary>Computes on the calling thread alone.</summary>
    public static void UseOneThread() => SetThreads(1);

    /// <summary>c += a · b.</summary>
    public static void Accumulate(double[] a, double[] b, double[] c, int rows, int inner, int columns)
    {
        fixed (double* pa = a, pb = b, pc = c)
        {
            Gemm(RowMajor, NoTranspose, NoTranspose, rows, columns, inner, 1, pa, inner, pb, columns, 1, pc, columns);
        }
    }

    [LibraryImport(Library, EntryPoint = "openblas_get_config")]
    private static partial nint GetConfiguration();

    [LibraryImport(Library, EntryPoint = "openblas_set_num_threads")]
    private static partial void SetThreads(int threads);

    [LibraryImport(Library, EntryPoint = "cblas_dgemm")]
    private static partial void Gemm(
        int order, int transposeA, int transposeB, int m, int n, int k,
        double alpha, double* a, int lda, double* b, int ldb, double beta, double* c, int ldc);
}
