extension Workspace {
    /// Adds the slopes of a dense layer's parameters.
    func differentiateDense(
        _ inputs: Int,
        _ outputs: Int,
        _ count: Int,
        x: UnsafePointer<Float>,
        dy: UnsafePointer<Float>,
        _ slopes: UnsafeMutablePointer<Float>
    ) {
        BLAS.multiply(
            .init(dy, transposed: true),
            .init(x),
            into: slopes,
            rows: outputs,
            columns: inputs,
            inner: count,
            adding: true
        )
        let biases = slopes + inputs * outputs
        for row in 0..<count {
            for column in 0..<outputs { biases[column] += dy[row * outputs + column] }
        }
    }

    func convolve(
        _ convolution: Convolution,
        _ weights: UnsafePointer<Float>,
        _ x: UnsafePointer<Float>,
        _ y: UnsafeMutablePointer<Float>
    ) {
        let (places, planes) = (convolution.places, convolution.outputPlanes)
        let biases = weights + planes * convolution.patch
        convolution.gather(x, into: patches.values)
        for plane in 0..<planes { (y + plane * places).update(repeating: biases[plane], count: places) }
        BLAS.multiply(
            .init(weights),
            .init(patches.values),
            into: y,
            rows: planes,
            columns: places,
            inner: convolution.patch,
            adding: true
        )
    }

    func differentiate(
        _ convolution: Convolution,
        _ weights: UnsafePointer<Float>,
        x: UnsafePointer<Float>,
        dy: UnsafePointer<Float>,
        slopes: UnsafeMutablePointer<Float>?,
        dx: UnsafeMutablePointer<Float>?
    ) {
        let (places, planes, patch) = (convolution.places, convolution.outputPlanes, convolution.patch)
        if let slopes {
            convolution.gather(x, into: patches.values)
            BLAS.multiply(
                .init(dy),
                .init(patches.values, transposed: true),
                into: slopes,
                rows: planes,
                columns: patch,
                inner: places,
                adding: true
            )
            let biases = slopes + planes * patch
            for plane in 0..<planes {
                var sum: Float = 0
                for place in 0..<places { sum += dy[plane * places + place] }
                biases[plane] += sum
            }
        }
        guard let dx else { return }
        BLAS.multiply(
            .init(weights, transposed: true),
            .init(dy),
            into: patchSlopes.values,
            rows: patch,
            columns: places,
            inner: planes
        )
        dx.update(repeating: 0, count: convolution.inputCount)
        convolution.scatter(patchSlopes.values, into: dx)
    }

    /// Calls `body` with each number's place among the deep planes, and its place in the wide ones.
    func forEachBlock(_ planes: Int, _ height: Int, _ width: Int, _ body: (Int, Int) -> Void) {
        for plane in 0..<planes {
            for corner in 0..<4 {
                let (down, right) = (corner / 2, corner % 2)
                for y in 0..<height {
                    let deep = ((plane * 4 + corner) * height + y) * width
                    let wide = (plane * 2 * height + 2 * y + down) * 2 * width + right
                    for x in 0..<width { body(deep + x, wide + 2 * x) }
                }
            }
        }
    }
}
