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
    /// One input's patches, and their slopes.
    let patches: FloatBuffer
    let patchSlopes: FloatBuffer

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
        patches = FloatBuffer(count: largest.max() ?? 0)
        patchSlopes = FloatBuffer(count: largest.max() ?? 0)
    }

    /// Where inputs go, row after row.
    var input: UnsafeMutablePointer<Float> { values[0].values }
    /// Where outputs are after ``forward(_:count:)``.
    var output: UnsafeMutablePointer<Float> { values[network.layers.count].values }
    /// Where the loss's slope by each output goes before ``backward(_:count:from:givesInput:learns:)``.
    var outputSlopes: UnsafeMutablePointer<Float> {
        if slopes.isEmpty { slopes = values.map { FloatBuffer(count: $0.count) } }
        return slopes[network.layers.count].values
    }

    /// Where the loss's slope by each input is after a ``backward(_:count:from:givesInput:learns:)`` that gives it.
    var inputSlopes: UnsafeMutablePointer<Float> { slopes[0].values }

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
            case .affine(let planes, let places):
                for row in 0..<count * planes {
                    let plane = row % planes
                    for place in row * places..<(row + 1) * places {
                        y[place] = weights[plane] * x[place] + weights[planes + plane]
                    }
                }
            case .pooling(let pooling):
                for row in 0..<count {
                    pooling.forward(x + row * pooling.inputCount, y + row * pooling.outputCount)
                }
            case .depthToSpace(let planes, let height, let width):
                forEachBlock(count * planes, height, width) { deep, wide in y[wide] = x[deep] }
            }
        }
        guard let shortcut = network.shortcut else { return }
        let added = values[shortcut].values
        for place in 0..<count * network.outputCount { output[place] += added[place] }
    }

    /// Adds to ``gradient`` the slopes of the parameters from layer `first` on, for the last forward pass.
    ///
    /// - Parameters:
    ///   - parameters: those of the forward pass.
    ///   - count: inputs of it.
    ///   - first: layers before it are not asked about.
    ///   - givesInput: whether ``inputSlopes`` are wanted; `first` is 0 then.
    ///   - learns: whether slopes of the parameters are wanted.
    func backward(
        _ parameters: UnsafePointer<Float>,
        count: Int,
        from first: Int = 0,
        givesInput: Bool = false,
        learns: Bool = true
    ) {
        for index in stride(from: network.layers.count - 1, through: first, by: -1) {
            let (x, dx, dy) = (values[index].values, slopes[index].values, slopes[index + 1].values)
            let weights = parameters + network.offsets[index]
            let slopes = learns ? gradient.values + network.offsets[index] : nil
            let needsInput = index > first || givesInput
            defer { if needsInput, network.shortcut == index { addShortcut(to: dx, count) } }
            switch network.layers[index] {
            case .dense(let inputs, let outputs):
                if let slopes { differentiateDense(inputs, outputs, count, x: x, dy: dy, slopes) }
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
            case .affine(let planes, let places):
                for row in 0..<count * planes {
                    let plane = row % planes
                    for place in row * places..<(row + 1) * places {
                        slopes?[plane] += x[place] * dy[place]
                        slopes?[planes + plane] += dy[place]
                        dx[place] = weights[plane] * dy[place]
                    }
                }
            case .pooling(let pooling):
                for row in 0..<count {
                    let (start, end) = (row * pooling.inputCount, row * pooling.outputCount)
                    pooling.backward(x + start, values[index + 1].values + end, dy + end, dx + start)
                }
            case .depthToSpace(let planes, let height, let width):
                forEachBlock(count * planes, height, width) { deep, wide in dx[deep] = dy[wide] }
            }
        }
    }

    /// Adds the slopes that reach a layer's input past the layers.
    private func addShortcut(to dx: UnsafeMutablePointer<Float>, _ count: Int) {
        let dy = outputSlopes
        for place in 0..<count * network.outputCount { dx[place] += dy[place] }
    }
}
