internal import COnnxRuntime
internal import Glibc

/// The ONNX Runtime library, loaded from a path; sessions are made from it.
///
/// `@unchecked Sendable`: the handle is set once, and ONNX Runtime's environment is safe to share between threads.
package final class OnnxRuntime: @unchecked Sendable {
    /// What the library calls itself, such as `1.23.2`.
    package let version: String
    let handle: OpaquePointer

    /// Loads the library; it stays mapped until the process ends.
    ///
    /// - Parameter path: of `libonnxruntime.so`; a name without a slash is looked up as the dynamic linker does.
    /// - Throws: `libraryMissing`, `notARuntime` or `failed`.
    package init(path: String) throws(OnnxError) {
        var handle: OpaquePointer?
        let (failure, reason) = withReason { reason, capacity in
            onnx_runtime_open(path, &handle, reason, capacity)
        }
        guard let handle, failure == onnx_failure_none else {
            switch failure {
            case onnx_failure_library where !path.utf8.contains(0x2F) || access(path, F_OK) != 0:
                throw .libraryMissing(path: path)
            case onnx_failure_library, onnx_failure_interface:
                throw .notARuntime(path: path, reason: reason)
            default:
                throw .failed(reason: reason)
            }
        }
        version = String(cString: onnx_runtime_version(handle))
        self.handle = handle
    }

    deinit { onnx_runtime_close(handle) }
}

/// Calls `body` with room for a sentence, and returns its result with that sentence.
func withReason(
    _ body: (UnsafeMutablePointer<CChar>, Int) -> onnx_failure
) -> (failure: onnx_failure, reason: String) {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 1024) { buffer in
        buffer.initialize(repeating: 0)
        guard let base = buffer.baseAddress else { return (onnx_failure_runtime, "no memory") }
        let failure = body(base, buffer.count)
        return (failure, failure == onnx_failure_none ? "" : String(cString: base))
    }
}
