/// What went wrong with ONNX Runtime or a model.
package enum OnnxError: Error, Hashable, CustomStringConvertible {
    /// There is no library at the path.
    case libraryMissing(path: String)
    /// The file is no ONNX Runtime, or one that is too old.
    case notARuntime(path: String, reason: String)
    /// The model's file is missing or may not be read.
    case modelUnreadable(path: String, reason: String)
    /// The file is not a model that ONNX Runtime accepts.
    case modelInvalid(path: String, reason: String)
    /// The model is valid, but not one float32 tensor in, one float32 tensor out.
    case modelUnsupported(path: String, reason: String)
    /// The numbers or the shape given do not fit the model.
    case wrongInput(model: String, reason: String)
    /// ONNX Runtime failed for another reason.
    case failed(reason: String)

    package var description: String {
        switch self {
        case .libraryMissing(let path):
            "no ONNX Runtime at \(path): install libonnxruntime and name its file in the configuration"
        case .notARuntime(let path, let reason):
            "\(path) is not an ONNX Runtime of version 1.14 or newer: \(reason)"
        case .modelUnreadable(let path, let reason):
            "the model \(path) cannot be read: \(reason)"
        case .modelInvalid(let path, let reason):
            "\(path) is not a model that ONNX Runtime can run: \(reason)"
        case .modelUnsupported(let path, let reason):
            "the model \(path) does not fit: \(reason); one float32 tensor in and one out are needed"
        case .wrongInput(let model, let reason):
            "wrong input for the model \(model): \(reason)"
        case .failed(let reason):
            "ONNX Runtime failed: \(reason)"
        }
    }
}
