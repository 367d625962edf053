/// One step of a network, without its parameters.
package enum Layer: Hashable, Sendable {
    /// y = W x + b, with W of outputs × inputs before b.
    case dense(inputs: Int, outputs: Int)
    /// y = max(x, 0).
    case rectifier(count: Int)
    /// A 3 × 3 convolution, W of outputs × inputs × 3 × 3 before b.
    case convolution(Convolution)
    /// Four planes of half the size become one (ONNX `DepthToSpace`, mode CRD, block size 2).
    case depthToSpace(planes: Int, height: Int, width: Int)

    /// Numbers in.
    package var inputCount: Int {
        switch self {
        case .dense(let inputs, _): inputs
        case .rectifier(let count): count
        case .convolution(let convolution): convolution.inputCount
        case .depthToSpace(let planes, let height, let width): 4 * planes * height * width
        }
    }

    /// Numbers out.
    package var outputCount: Int {
        switch self {
        case .dense(_, let outputs): outputs
        case .rectifier(let count): count
        case .convolution(let convolution): convolution.outputCount
        case .depthToSpace(let planes, let height, let width): 4 * planes * height * width
        }
    }

    /// Weights and biases.
    package var parameterCount: Int {
        switch self {
        case .dense(let inputs, let outputs): (inputs + 1) * outputs
        case .rectifier, .depthToSpace: 0
        case .convolution(let convolution): (convolution.patch + 1) * convolution.outputPlanes
        }
    }

    /// How many inputs each output sums over.
    var fanIn: Int {
        switch self {
        case .dense(let inputs, _): inputs
        case .convolution(let convolution): convolution.patch
        case .rectifier, .depthToSpace: 1
        }
    }

    /// How many of the parameters are biases, which stand last.
    var biasCount: Int {
        switch self {
        case .dense(_, let outputs): outputs
        case .convolution(let convolution): convolution.outputPlanes
        case .rectifier, .depthToSpace: 0
        }
    }
}

/// A convolution with a 3 × 3 kernel over planes that are surrounded by one line of zeros.
package struct Convolution: Hashable, Sendable {
    /// Rows of an input plane.
    package let height: Int
    /// Columns of an input plane.
    package let width: Int
    /// Planes in.
    package let inputPlanes: Int
    /// Planes out.
    package let outputPlanes: Int
    /// 1, or 2 to halve height and width (rounded up).
    package let stride: Int

    /// A convolution.
    package init(height: Int, width: Int, inputPlanes: Int, outputPlanes: Int, stride: Int = 1) {
        self.height = height
        self.width = width
        self.inputPlanes = inputPlanes
        self.outputPlanes = outputPlanes
        self.stride = stride
    }

    /// Rows of an output plane.
    package var outputHeight: Int { (height - 1) / stride + 1 }
    /// Columns of an output plane.
    package var outputWidth: Int { (width - 1) / stride + 1 }
    /// Inputs that one output sums over.
    var patch: Int { inputPlanes * 9 }
    var inputCount: Int { inputPlanes * height * width }
    var places: Int { outputHeight * outputWidth }
    var outputCount: Int { outputPlanes * places }
}
