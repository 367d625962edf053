internal import Domain
package import Training

/// A second opinion as one ONNX model, and how it fares on the records that judge.
package struct TrainedOpinion: Sendable {
    /// The model that is written.
    package let model: OnnxModel

    /// An encoder with its net: takes features, gives probabilities.
    ///
    /// - Parameters:
    ///   - result: of training an encoder.
    ///   - data: what it was trained on.
    package init(encoder result: TrainingRun.Result, data: TrainingData) {
        model = OnnxModel(
            result.network,
            parameters: result.parameters,
            input: ("features", [result.network.inputCount]),
            output: ("probabilities", [result.network.outputCount]),
            endsInSoftmax: true
        )
    }

    /// An autoencoder in front of the served model's classifier, as one model.
    ///
    /// - Parameters:
    ///   - result: of training an autoencoder.
    ///   - data: what it was trained on.
    ///   - classifier: takes what the autoencoder takes.
    /// - Throws: `TrainingError` when the two do not fit.
    package init(
        autoencoder result: TrainingRun.Result,
        data: TrainingData,
        before classifier: OnnxModel
    ) throws(TrainingError) {
        let count = result.network.inputCount
        let shape = data.shape.map { [$0.channels, $0.height, $0.width] } ?? [count]
        let autoencoder = OnnxModel(
            result.network,
            parameters: result.parameters,
            input: (data.shape == nil ? "features" : "input", shape),
            output: ("reconstruction", shape)
        )
        model = try autoencoder.followed(by: classifier)
    }

    /// Judges an opinion by the records that were kept from training.
    ///
    /// - Parameters:
    ///   - data: what it was trained on.
    ///   - answer: the probabilities for one input, or any numbers of which the largest decides.
    /// - Returns: the counts.
    /// - Throws: whatever `answer` throws.
    package static func score(
        on data: TrainingData,
        _ answer: ([Float]) throws -> [Float]
    ) rethrows -> Tally {
        var tally = Tally()
        let examples = data.examples
        for index in examples.validation {
            let width = examples.width
            let answer = try answer(Array(examples.inputs[index * width..<(index + 1) * width]))
            var best = 0
            for place in answer.indices where answer[place] > answer[best] { best = place }
            tally.count(best, for: index, of: examples)
        }
        return tally
    }
}
