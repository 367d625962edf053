internal import CSimilarity

/// Rows of single-precision numbers, each padded with zeros to a multiple of 16.
///
/// Unchecked: pieces that share a matrix write different rows, or only read.
final class FloatMatrix: @unchecked Sendable {
    let rows: Int
    let columns: Int
    let stride: Int
    let base: UnsafeMutablePointer<Float>

    init(rows: Int, columns: Int) {
        self.rows = rows
        self.columns = columns
        stride = (columns + 15) / 16 * 16
        let count = max(16, rows * stride)
        // 64 bytes: rows are read as whole vectors.
        let bytes = UnsafeMutableRawPointer.allocate(byteCount: count * 4, alignment: 64)
        base = bytes.initializeMemory(as: Float.self, repeating: 0, count: count)
    }

    deinit { base.deallocate() }

    subscript(row: Int) -> UnsafeMutablePointer<Float> { base + row * stride }

    var transposed: FloatMatrix {
        let result = FloatMatrix(rows: columns, columns: rows)
        for row in 0..<rows {
            for column in 0..<columns { result[column][row] = self[row][column] }
        }
        return result
    }

    /// Writes the products of each row of `left` and each of rows `range` of this matrix to the same rows of `out`.
    func multiply(_ range: Range<Int>, by left: FloatMatrix, path: KernelPath, into out: FloatMatrix) {
        precondition(left.columns == columns && out.columns == left.rows && out.rows == rows)
        similarity_matmul(
            path.rawValue,
            left.base,
            left.rows,
            self[range.lowerBound],
            range.count,
            stride,
            left.stride,
            stride,
            out[range.lowerBound],
            out.stride
        )
    }
}
