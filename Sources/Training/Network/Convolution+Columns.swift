extension Convolution {
    /// Writes every output's patch as a column (im2col): `patch` × `places`, so that a convolution is a matrix product.
    func gather(_ input: UnsafePointer<Float>, into patches: UnsafeMutablePointer<Float>) {
        var row = patches
        for plane in 0..<inputPlanes {
            let source = input + plane * rows.size * columns.size
            for down in 0..<rows.window {
                for right in 0..<columns.window {
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
        let (lines, valid) = (rows.outputsInside(at: down), columns.outputsInside(at: right))
        let (count, stride) = (columns.outputs, columns.stride)
        for y in 0..<rows.outputs {
            let target = row + y * count
            guard lines.contains(y), !valid.isEmpty else {
                target.update(repeating: 0, count: count)
                continue
            }
            for x in 0..<valid.lowerBound { target[x] = 0 }
            for x in valid.upperBound..<count { target[x] = 0 }
            let line = y * rows.stride + down - rows.before
            let start = source + line * columns.size + right - columns.before
            if stride == 1 {
                (target + valid.lowerBound).update(from: start + valid.lowerBound, count: valid.count)
            } else {
                for x in valid { target[x] = start[x * stride] }
            }
        }
    }

    /// Adds every column back to where its patch came from: the transpose of ``gather(_:into:)``.
    func scatter(_ patches: UnsafePointer<Float>, into input: UnsafeMutablePointer<Float>) {
        var row = patches
        for plane in 0..<inputPlanes {
            let target = input + plane * rows.size * columns.size
            for down in 0..<rows.window {
                for right in 0..<columns.window {
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
        let (valid, stride) = (columns.outputsInside(at: right), columns.stride)
        for y in rows.outputsInside(at: down) {
            let line = y * rows.stride + down - rows.before
            let source = row + y * columns.outputs
            let start = target + line * columns.size + right - columns.before
            if stride == 1 {
                for x in valid { start[x] += source[x] }
            } else {
                for x in valid { start[x * stride] += source[x] }
            }
        }
    }
}
