/// One step of a network, without its parameters.
package enum Layer: Hashable, Sendable {
    /// y = W x + b, with W of outputs × inputs before b.
    case dense(inputs: Int, outputs: Int)
    /// y = max(x, 0).
    case rectifier(count: Int)
    /// A convolution, W of outputs × inputs × rows × columns before b.
    case convolution(Convolution)
    /// y = a x + b, with an a for each plane before the bs.
    case affine(planes: Int, places: Int)
    /// The largest or the mean of each window.
    case pooling(Pooling)
    /// Four planes of half the size become one (ONNX `DepthToSpace`, mode CRD, block size 2).
    case depthToSpace(planes: Int, height: Int, width: Int)

    /// Numbers in.
    package var inputCount: Int {
        switch self {
        case .dense(let inputs, _): inputs
        case .rectifier(let count): count
        case .convolution(let convolution): convolution.inputCount
        case .affine(let planes, let places): planes * places
        case .pooling(let pooling): pooling.inputCount
        case .depthToSpace(let planes, let height, let width): 4 * planes * height * width
        }
    }

    /// Numbers out.
    package var outputCount: Int {
        switch self {
        case .dense(_, let outputs): outputs
        case .rectifier(let count): count
        case .convolution(let convolution): convolution.outputCount
        case .affine(let planes, let places): planes * places
        case .pooling(let pooling): pooling.outputCount
        case .depthToSpace(let planes, let height, let width): 4 * planes * height * width
        }
    }

    /// Weights and biases.
    package var parameterCount: Int {
        switch self {
        case .dense(let inputs, let outputs): (inputs + 1) * outputs
        case .rectifier, .depthToSpace, .pooling: 0
        case .convolution(let convolution): (convolution.patch + 1) * convolution.outputPlanes
        case .affine(let planes, _): 2 * planes
        }
    }

    /// How many inputs each output sums over.
    var fanIn: Int {
        switch self {
        case .dense(let inputs, _): inputs
        case .convolution(let convolution): convolution.patch
        case .rectifier, .depthToSpace, .affine, .pooling: 1
        }
    }

    /// How many of the parameters are biases, which stand last.
    var biasCount: Int {
        switch self {
        case .dense(_, let outputs): outputs
        case .convolution(let convolution): convolution.outputPlanes
        case .affine(let planes, _): planes
        case .rectifier, .depthToSpace, .pooling: 0
        }
    }
}
