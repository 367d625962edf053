internal import CBLAS

/// Single-precision matrix products by OpenBLAS (BLAS level 3, `cblas_sgemm`), row-major.
enum BLAS {
    /// OpenBLAS's own threads would make sums depend on how many there are; shards of a batch use the processors instead.
    static let useOneThread: Void = openblas_set_num_threads(1)

    /// The kernels that OpenBLAS chose for this processor, such as `Haswell`; results may differ in the last bit between them.
    static var kernels: String { String(cString: openblas_get_corename()) }

    /// A matrix in memory and whether its transpose is meant.
    struct Operand {
        let values: UnsafePointer<Float>
        let isTransposed: Bool

        init(_ values: UnsafePointer<Float>, transposed: Bool = false) {
            self.values = values
            isTransposed = transposed
        }
    }

    /// `c = a b`, or `c += a b`.
    ///
    /// - Parameters:
    ///   - a: `rows` × `inner` after the transposition.
    ///   - b: `inner` × `columns` after the transposition.
    ///   - c: `rows` × `columns`.
    ///   - rows: of `c`.
    ///   - columns: of `c`.
    ///   - inner: what is summed over.
    ///   - adding: whether the product is added to what `c` holds.
    static func multiply(
        _ a: Operand,
        _ b: Operand,
        into c: UnsafeMutablePointer<Float>,
        rows: Int,
        columns: Int,
        inner: Int,
        adding: Bool = false
    ) {
        _ = useOneThread
        cblas_sgemm(
            CblasRowMajor,
            a.isTransposed ? CblasTrans : CblasNoTrans,
            b.isTransposed ? CblasTrans : CblasNoTrans,
            blasint(rows),
            blasint(columns),
            blasint(inner),
            1,
            a.values,
            blasint(a.isTransposed ? rows : inner),
            b.values,
            blasint(b.isTransposed ? inner : columns),
            adding ? 1 : 0,
            c,
            blasint(columns)
        )
    }
}

/// The kernels that matrix products use on this processor.
///
/// The same seed gives the same bytes on processors with the same kernels.
package var matrixKernels: String { BLAS.kernels }
