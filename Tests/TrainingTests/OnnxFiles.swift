import Foundation
import OnnxSession
import Testing

@testable import Training

/// The repository's root.
let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

/// ONNX Runtime, loaded once; tests fail rather than skip where it is missing.
private let runtime = Result {
    let folder = root.appending(path: ".deps/onnxruntime/libonnxruntime.so").path
    return try OnnxRuntime(path: ProcessInfo.processInfo.environment["RISKD_ONNXRUNTIME"] ?? folder)
}

/// The bytes of a recorded model.
func recorded(_ name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: root.appending(path: "Tests/Fixtures/fashion/models/\(name).onnx")))
}

/// A model's session, made from its bytes as a file.
func session(_ bytes: [UInt8]) throws -> OnnxSession {
    let path = FileManager.default.temporaryDirectory.appending(path: "riskd-\(UUID().uuidString).onnx")
    try Data(bytes).write(to: path)
    defer { try? FileManager.default.removeItem(at: path) }
    return try OnnxSession(runtime: runtime.get(), path: path.path)
}

/// The largest difference of two lists of one length.
func distance(_ left: [Float], _ right: [Float]) -> Float {
    left.count == right.count ? zip(left, right).map { abs($0 - $1) }.max() ?? 0 : .infinity
}

/// So many numbers of 0 ..< 1.
func numbers(_ count: Int, seed: UInt64) -> [Float] {
    var random = SeededRandom(seed: seed)
    return (0..<count).map { _ in random.uniform() }
}
