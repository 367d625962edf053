internal import COnnxRuntime
internal import Glibc

/// A loaded model with one float32 tensor in and one out.
///
/// It computes on the calling thread (one intra-op thread, a fixed level of graph optimisation): the same input gives
/// the same bits whatever else runs. Batches of another size may give others.
///
/// `@unchecked Sendable`: everything is set once, and ONNX Runtime allows concurrent runs of one session.
package final class OnnxSession: @unchecked Sendable {
    /// Where the model was loaded from.
    package let path: String
    /// The name of the input, such as `features`.
    package let inputName: String
    /// The name of the output, such as `probabilities`.
    package let outputName: String
    /// The input's dimensions, batch first; nil where the model leaves one free.
    package let inputShape: [Int?]
    /// The output's dimensions, batch first; nil where the model leaves one free.
    package let outputShape: [Int?]

    /// Keeps the environment alive: fields are released after `deinit`, so it outlives the session.
    private let runtime: OnnxRuntime
    private let handle: OpaquePointer

    /// Loads a model.
    ///
    /// - Parameters:
    ///   - runtime: the library that runs it.
    ///   - path: of the `.onnx` file.
    /// - Throws: `modelUnreadable`, `modelInvalid` or `modelUnsupported`.
    package init(runtime: OnnxRuntime, path: String) throws(OnnxError) {
        try checkReadable(path)
        var opened: OpaquePointer?
        let (failure, reason) = withReason { reason, capacity in
            onnx_session_open(runtime.handle, path, &opened, reason, capacity)
        }
        guard let handle = opened, failure == onnx_failure_none else {
            throw .modelInvalid(path: path, reason: reason)
        }
        let ports: (input: Port, output: Port)
        do throws(OnnxError) {
            ports = try readPorts(of: handle, path)
        } catch {
            onnx_session_close(handle)
            throw error
        }
        self.path = path
        self.runtime = runtime
        inputName = ports.input.name
        inputShape = ports.input.shape
        outputName = ports.output.name
        outputShape = ports.output.shape
        self.handle = handle
    }

    deinit { onnx_session_close(handle) }

    /// What the model makes of a batch of inputs.
    ///
    /// Any number of threads may call this at once.
    ///
    /// - Parameters:
    ///   - input: row-major, as many numbers as `shape` says.
    ///   - shape: the dimensions, the first of which is the batch.
    /// - Returns: the output's numbers, row-major.
    /// - Throws: `wrongInput` or `failed`.
    package func run(_ input: [Float], shape: [Int]) throws(OnnxError) -> [Float] {
        try check(input, shape)
        let dimensions = shape.map(Int64.init)
        var output = onnx_output()
        let (failure, reason) = withReason { reason, capacity in
            input.withUnsafeBufferPointer { input in
                dimensions.withUnsafeBufferPointer { dimensions in
                    guard let numbers = input.baseAddress, let first = dimensions.baseAddress else {
                        return onnx_failure_runtime
                    }
                    return onnx_session_run(
                        handle,
                        numbers,
                        input.count,
                        first,
                        dimensions.count,
                        &output,
                        reason,
                        capacity
                    )
                }
            }
        }
        guard failure == onnx_failure_none else { throw .failed(reason: "\(path): \(reason)") }
        defer { onnx_output_release(handle, &output) }
        return Array(UnsafeBufferPointer(start: output.data, count: output.count))
    }

    private func check(_ input: [Float], _ shape: [Int]) throws(OnnxError) {
        let fits =
            shape.count == inputShape.count
            && zip(shape, inputShape).allSatisfy { given, wanted in given > 0 && given == (wanted ?? given) }
        guard fits else {
            let wanted = inputShape.map { $0.map(String.init) ?? "any" }.joined(separator: ", ")
            throw .wrongInput(model: path, reason: "the shape is \(shape), but [\(wanted)] is needed")
        }
        guard product(shape) == input.count else {
            throw .wrongInput(model: path, reason: "\(input.count) numbers do not have the shape \(shape)")
        }
    }
}

private struct Port {
    let name: String
    let shape: [Int?]

    /// nil when it is not a float32 tensor (ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT is 1).
    init?(_ port: onnx_port) {
        guard port.element == 1 else { return nil }
        name = String(cString: port.name)
        shape = UnsafeBufferPointer(start: port.dimensions, count: port.rank).map { $0 < 0 ? nil : Int($0) }
    }
}

private func readPorts(
    of handle: OpaquePointer,
    _ path: String
) throws(OnnxError) -> (input: Port, output: Port) {
    let inputs = onnx_session_input_count(handle)
    guard inputs == 1 else { throw .modelUnsupported(path: path, reason: "it has \(inputs) inputs") }
    let outputs = onnx_session_output_count(handle)
    guard outputs == 1 else { throw .modelUnsupported(path: path, reason: "it has \(outputs) outputs") }
    guard let input = Port(onnx_session_input(handle)) else {
        throw .modelUnsupported(path: path, reason: "its input is not a float32 tensor")
    }
    guard let output = Port(onnx_session_output(handle)) else {
        throw .modelUnsupported(path: path, reason: "its output is not a float32 tensor")
    }
    guard let batch = input.shape.first, batch == nil || batch == 1 else {
        throw .modelUnsupported(path: path, reason: "its input has no batch dimension of 1")
    }
    return (input, output)
}

/// ONNX Runtime's own message for a missing file is about parsing; this one is about the file.
private func checkReadable(_ path: String) throws(OnnxError) {
    var status = stat()
    guard stat(path, &status) == 0, access(path, R_OK) == 0 else {
        throw .modelUnreadable(path: path, reason: String(cString: strerror(errno)))
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
        throw .modelUnreadable(path: path, reason: "it is not a file")
    }
}

/// The product of `numbers`, which are positive; nil when it is too large.
private func product(_ numbers: [Int]) -> Int? {
    var result = 1
    for number in numbers {
        let (next, overflowed) = result.multipliedReportingOverflow(by: number)
        guard !overflowed else { return nil }
        result = next
    }
    return result
}
