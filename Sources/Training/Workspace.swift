/// What one shard of a batch needs: the values between layers, their slopes, and the gradient of the parameters.
final class Workspace {
    let network: Network
    /// The most inputs at a time.
    let capacity: Int
    /// The loss's slope by each parameter, summed over the shard.
    let gradient: FloatBuffer
    /// The input of each layer, then the output of the last.
    private let values: [FloatBuffer]
    private var slopes: [FloatBuffer] = []
    private let columns: FloatBuffer
    private let columnSlopes: FloatBuffer

    init(_ network: Network, capacity: Int) {
        self.network = network
        self.capacity = capacity
        gradient = FloatBuffer(count: network.parameterCount)
        let widths = [network.inputCount] + network.layers.map(\.outputCount)
        values = widths.map { FloatBuffer(count: $0 * capacity) }
        let largest = network.layers.map { layer in
            if case .convolution(let convolution) = layer {
                convolution.patch * convolution.places
            } else {
                0
            }
        }
        columns = FloatBuffer(count: largest.max() ?? 0)
        columnSlopes = FloatBuffer(count: largest.max() ?? 0)
    }

    /// Where inputs go, row after row.
    var input: UnsafeMutablePointer<Float> { values[0].values }
    /// Where outputs are after ``forward(_:count:)``.
    var output: UnsafeMutablePointer<Float> { values[network.layers.count].values }
    /// Where the loss's slope by each output goes before ``backward(_:count:from:)``.
    var outputSlopes: UnsafeMutablePointer<Float> {
        if slopes.isEmpty { slopes = values.map { FloatBuffer(count: $0.count) } }
        return slopes[network.layers.count].values
    }

    /// Computes the outputs of the first `count` inputs.
    func forward(_ parameters: UnsafePointer<Float>, count: Int) {
        for (index, layer) in network.layers.enumerated() {
            let (x, y) = (values[index].values, values[index + 1].values)
            let weights = parameters + network.offsets[index]
            switch layer {
            case .dense(let inputs, let outputs):
                let biases = weights + inputs * outputs
                for row in 0..<count { (y + row * outputs).update(from: biases, count: outputs) }
                BLAS.multiply(
                    .init(x),
                    .init(weights, transposed: true),
                    into: y,
                    rows: count,
                    columns: outputs,
                    inner: inputs,
                    adding: true
                )
            case .rectifier(let width):
                for place in 0..<count * width { y[place] = max(x[place], 0) }
            case .convolution(let convolution):
                for row in 0..<count {
                    convolve(
                        convolution,
                        weights,
                        x + row * convolution.inputCount,
                        y + row * convolution.outputCount
                    )
                }
            case .depthToSpace(let planes, let height, let width):
                forEachBlock(count * planes, height, width) { deep, wide in y[wide] = x[deep] }
            }
        }
        guard network.addsInput else { return }
        for place in 0..<count * network.inputCount { output[place] += input[place] }
    }

    /// Adds to ``gradient`` the slopes of the parameters from layer `first` on, for the last forward pass.
    func backward(_ parameters: UnsafePointer<Float>, count: Int, from first: Int = 0) {
        for index in stride(from: network.layers.count - 1, through: first, by: -1) {
            let (x, dx, dy) = (values[index].values, slopes[index].values, slopes[index + 1].values)
            let weights = parameters + network.offsets[index]
            let slopes = gradient.values + network.offsets[index]
            let needsInput = index > first
            switch network.layers[index] {
            case .dense(let inputs, let outputs):
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
                guard needsInput else { continue }
                BLAS.multiply(
                    .init(dy),
                    .init(weights),
                    into: dx,
                    rows: count,
                    columns: inputs,
                    inner: outputs
                )
            case .rectifier(let width):
                let y = values[index + 1].values
                for place in 0..<count * width { dx[place] = y[place] > 0 ? dy[place] : 0 }
            case .convolution(let convolution):
                for row in 0..<count {
                    let start = row * convolution.inputCount
                    differentiate(
                        convolution,
                        weights,
                        x: x + start,
                        dy: dy + row * convolution.outputCount,
                        slopes: slopes,
                        dx: needsInput ? dx + start : nil
                    )
                }
            case .depthToSpace(let planes, let height, let width):
                forEachBlock(count * planes, height, width) { deep, wide in dx[deep] = dy[wide] }
            }
        }
    }

    private func convolve(
        _ convolution: Convolution,
        _ weights: UnsafePointer<Float>,
        _ x: UnsafePointer<Float>,
        _ y: UnsafeMutablePointer<Float>
    ) {
        let (places, planes) = (convolution.places, convolution.outputPlanes)
        let biases = weights + planes * convolution.patch
        convolution.gather(x, into: columns.values)
        for plane in 0..<planes { (y + plane * places).update(repeating: biases[plane], count: places) }
        BLAS.multiply(
            .init(weights),
            .init(columns.values),
            into: y,
            rows: planes,
            columns: places,
            inner: convolution.patch,
            adding: true
        )
    }

    private func differentiate(
        _ convolution: Convolution,
        _ weights: UnsafePointer<Float>,
        x: UnsafePointer<Float>,
        dy: UnsafePointer<Float>,
        slopes: UnsafeMutablePointer<Float>,
        dx: UnsafeMutablePointer<Float>?
    ) {
        let (places, planes, patch) = (convolution.places, convolution.outputPlanes, convolution.patch)
        convolution.gather(x, into: columns.values)
        BLAS.multiply(
            .init(dy),
            .init(columns.values, transposed: true),
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
        guard let dx else { return }
        BLAS.multiply(
            .init(weights, transposed: true),
            .init(dy),
            into: columnSlopes.values,
            rows: patch,
            columns: places,
            inner: planes
        )
        dx.update(repeating: 0, count: convolution.inputCount)
        convolution.scatter(columnSlopes.values, into: dx)
    }

    /// Calls `body` with each number's place among the deep planes, and its place in the wide ones.
    private func forEachBlock(_ planes: Int, _ height: Int, _ width: Int, _ body: (Int, Int) -> Void) {
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
