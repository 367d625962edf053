extension Convolution {
    /// Writes every output's patch as a column (im2col): `patch` × `places`, so that a convolution is a matrix product.
    func gather(_ input: UnsafePointer<Float>, into columns: UnsafeMutablePointer<Float>) {
        var row = columns
        for plane in 0..<inputPlanes {
            let source = input + plane * height * width
            for down in -1...1 {
                for right in -1...1 {
                    gatherRow(source, down, right, into: row)
                    row += places
                }
            }
        }
    }

    private func gatherRow(
        _ source: UnsafePointer<Float>,
        _ down: Int,
        _ right: Int,
        into row: UnsafeMutablePointer<Float>
    ) {
        let (valid, outputWidth) = (columnsInside(right), outputWidth)
        for y in 0..<outputHeight {
            let target = row + y * outputWidth
            let line = y * stride + down
            guard line >= 0, line < height, !valid.isEmpty else {
                target.update(repeating: 0, count: outputWidth)
                continue
            }
            for x in 0..<valid.lowerBound { target[x] = 0 }
            for x in valid.upperBound..<outputWidth { target[x] = 0 }
            let start = source + line * width + right
            if stride == 1 {
                (target + valid.lowerBound).update(from: start + valid.lowerBound, count: valid.count)
            } else {
                for x in valid { target[x] = start[x * stride] }
            }
        }
    }

    /// Adds every column back to where its patch came from: the transpose of ``gather(_:into:)``.
    func scatter(_ columns: UnsafePointer<Float>, into input: UnsafeMutablePointer<Float>) {
        var row = columns
        for plane in 0..<inputPlanes {
            let target = input + plane * height * width
            for down in -1...1 {
                for right in -1...1 {
                    scatterRow(row, down, right, into: target)
                    row += places
                }
            }
        }
    }

    private func scatterRow(
        _ row: UnsafePointer<Float>,
        _ down: Int,
        _ right: Int,
        into target: UnsafeMutablePointer<Float>
    ) {
        let valid = columnsInside(right)
        for y in 0..<outputHeight {
            let line = y * stride + down
            guard line >= 0, line < height else { continue }
            let (source, start) = (row + y * outputWidth, target + line * width + right)
            if stride == 1 {
                for x in valid { start[x] += source[x] }
            } else {
                for x in valid { start[x * stride] += source[x] }
            }
        }
    }

    /// The output columns whose input column, moved by `right`, is inside the plane.
    private func columnsInside(_ right: Int) -> Range<Int> {
        let first = right < 0 ? 1 : 0
        let last = min(outputWidth - 1, (width - 1 - right) / stride)
        return first..<max(first, last + 1)
    }
}
