internal import OnnxSession
internal import SecondOpinion

/// A model file that ONNX Runtime runs.
package struct OpinionSession: Sendable {
    private let session: OnnxSession

    /// Loads a model.
    ///
    /// - Parameters:
    ///   - path: of the `.onnx` file.
    ///   - runtime: of the ONNX Runtime library.
    /// - Throws: `OnnxError`.
    package init(_ path: String, runtime: String) throws {
        session = try OnnxSession(runtime: OnnxRuntime(path: runtime), path: path)
    }

    /// Whether it takes an image; else features.
    package var takesImage: Bool { session.inputShape.count == 4 }

    /// The dimensions of one input after the batch; nil where the model leaves one free.
    package var inputShape: [Int?] { Array(session.inputShape.dropFirst()) }

    /// What the model makes of one input.
    ///
    /// - Parameters:
    ///   - input: its numbers.
    ///   - shape: its dimensions after the batch.
    /// - Returns: the output's numbers, row-major.
    /// - Throws: `OnnxError`.
    package func run(_ input: [Float], shape: [Int]) throws -> [Float] {
        try session.run(input, shape: [1] + shape)
    }

    /// As a second opinion asks it.
    var model: any OpinionModel { SessionModel(session: session) }
}

private struct SessionModel: OpinionModel {
    let session: OnnxSession

    var inputShape: [Int?] { session.inputShape }
    var outputShape: [Int?] { session.outputShape }

    func answer(to input: [Float], shape: [Int]) throws(OpinionError) -> [Float] {
        do throws(OnnxError) {
            return try session.run(input, shape: shape)
        } catch {
            throw .modelFailed(reason: "\(error)")
        }
    }
}
