internal import Domain
package import Training

/// A second opinion as one ONNX model, and how it fares on the records that judge.
package struct TrainedOpinion: Sendable {
    /// How often an opinion was right on the validation records.
    package struct Score: Hashable, Sendable {
        /// Clean records.
        package var clean = 0
        /// Those with the label that they were to get.
        package var correct = 0
        /// Those with another class than the served model gave.
        package var disagreements = 0
        /// Adversarial records on which the served model was wrong.
        package var successful = 0
        /// Those of them with the class of the image they came from.
        package var recovered = 0
    }

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
    /// - Returns: the score.
    /// - Throws: whatever `answer` throws.
    package static func score(
        on data: TrainingData,
        _ answer: ([Float]) throws -> [Float]
    ) rethrows -> Score {
        var score = Score()
        let examples = data.examples
        for index in examples.validation {
            let width = examples.width
            let answer = try answer(Array(examples.inputs[index * width..<(index + 1) * width]))
            var best = 0
            for place in answer.indices where answer[place] > answer[best] { best = place }
            if examples.isClean[index] {
                score.clean += 1
                score.correct += best == examples.labels[index] ? 1 : 0
                score.disagreements += best != data.logged[index] ? 1 : 0
            } else if data.logged[index] != examples.labels[index] {
                score.successful += 1
                score.recovered += best == examples.labels[index] ? 1 : 0
            }
        }
        return score
    }
}
