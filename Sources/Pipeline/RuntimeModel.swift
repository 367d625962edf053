import OnnxSession
import SecondOpinion

/// Lets a second opinion ask a model that ONNX Runtime runs.
struct RuntimeModel: OpinionModel {
    private let session: OnnxSession

    init(_ session: OnnxSession) { self.session = session }

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
