package import Domain

/// Asks a second model about the input of a record (docs/design/bibliography.md#the-paper, figure 8).
///
/// The score is `1 - p2(c)`, where c is the class that was logged; the paper's alarm is that the classes differ.
package struct SecondOpinion: Sendable {
    /// The configured name, such as `encoder`.
    package let name: String

    /// Which files answer: the first 16 hexadecimal digits of each one's SHA-256, joined by `+`.
    package let modelDigest: String

    let model: any OpinionModel
    /// How many feature vectors the model is always given at once, with zeros in the place of missing ones.
    let batchSize: Int
    let input: OpinionInput
    let classes: [String]?

    /// How far outside 0 … 1 rounding may take a probability.
    static let tolerance: Float = 1e-3

    /// An opinion.
    ///
    /// - Parameters:
    ///   - name: how findings are named.
    ///   - input: what `model` is fed.
    ///   - model: answers with the probabilities of the classes.
    ///   - classes: the class names in the order of `model`'s answer; nil when that is the order of the logged
    ///     probabilities, which every record must then have.
    ///   - modelDigest: which files answer; kept with every finding.
    /// - Throws: `misconfigured`.
    package init(
        name: String,
        input: OpinionInput,
        model: any OpinionModel,
        classes: [String]? = nil,
        modelDigest: String = ""
    ) throws(OpinionError) {
        self.name = name
        self.modelDigest = modelDigest
        // Images are so much work each that batches gain nothing.
        if case .features = input { batchSize = rowsAtOnce(model) } else { batchSize = 1 }
        self.input = input
        self.model = model
        self.classes = classes
        try checkShapes()
        guard let classes else { return }
        guard Set(classes.map { Array($0.utf8) }).count == classes.count, !classes.isEmpty else {
            throw misconfigured("the classes must be named, each once")
        }
        if let count = countOfAll(model.outputShape), count != classes.count {
            throw misconfigured("\(classes.count) classes are named, but the model answers \(count) numbers")
        }
    }

    /// The opinion about `record`.
    ///
    /// - Parameter record: one logged inference.
    /// - Returns: nil when the record lacks the input, or its class is not one that the model knows.
    /// - Throws: `unfitRecord`, `invalidAnswer` or `modelFailed`.
    package func finding(for record: Record) throws(OpinionError) -> OpinionFinding? {
        try findings(for: [record])[0].get()
    }

    /// What the model is to be asked about a record; nil when it has nothing to say.
    func question(about record: Record) throws(OpinionError) -> Question? {
        guard let logged = loggedIndex(record.prediction), let (numbers, shape) = try modelInput(record)
        else {
            return nil
        }
        return Question(prediction: record.prediction, logged: logged, numbers: numbers, shape: shape)
    }

    /// What the model's answer says.
    func finding(_ answer: [Float], to question: Question) throws(OpinionError) -> OpinionFinding {
        try check(answer, count: classes?.count ?? question.prediction.probabilities?.count)
        let logged = question.logged
        var best = 0
        for index in answer.indices where answer[index] > answer[best] { best = index }
        return OpinionFinding(
            name: name,
            classIndex: best,
            probabilityOfLogged: min(max(Double(answer[logged]), 0), 1),
            disagrees: best != logged,
            modelDigest: modelDigest
        )
    }

    /// The place of the logged class in the model's answer.
    private func loggedIndex(_ prediction: Prediction) -> Int? {
        guard let classes else { return prediction.labelIndex }
        // By bytes, as identifiers are compared.
        return classes.firstIndex { $0.utf8.elementsEqual(prediction.label.utf8) }
    }

    private func modelInput(_ record: Record) throws(OpinionError) -> (numbers: [Float], shape: [Int])? {
        switch input {
        case .features:
            guard let features = record.features else { return nil }
            guard features.allSatisfy(\.isFinite) else { throw unfit("a feature is not a finite number") }
            return try featureInput(features)
        case .backbone(let backbone):
            guard let image = record.image else { return nil }
            let (numbers, shape) = try imageInput(image, for: backbone)
            let features = try backbone.answer(to: numbers, shape: shape)
            guard features.allSatisfy(\.isFinite) else {
                throw .invalidAnswer(opinion: name, reason: "the backbone gave a feature that is not finite")
            }
            return try featureInput(features)
        case .image:
            guard let image = record.image else { return nil }
            return try imageInput(image, for: model)
        }
    }

    private func featureInput(_ features: [Float]) throws(OpinionError) -> (numbers: [Float], shape: [Int]) {
        let shape = [1, features.count]
        guard fits(shape, model.inputShape) else {
            throw unfit("\(features.count) features, but the model takes \(text(model.inputShape))")
        }
        return (features, shape)
    }

    private func imageInput(
        _ image: Image,
        for model: any OpinionModel
    ) throws(OpinionError) -> (numbers: [Float], shape: [Int]) {
        let shape = [1, image.shape.channels, image.shape.height, image.shape.width]
        guard image.shape.count > 0, fits(shape, model.inputShape) else {
            throw unfit("an image of \(image.shape), but the model takes \(text(model.inputShape))")
        }
        return (image.planar, shape)
    }

    /// Makes sure that an answer is probabilities, as many as there are classes where that is known.
    func check(_ answer: [Float], count expected: Int?) throws(OpinionError) {
        if let expected, answer.count != expected {
            throw .invalidAnswer(opinion: name, reason: "\(answer.count) numbers for \(expected) classes")
        }
        // Written so that NaN is outside.
        let range = -Self.tolerance...1 + Self.tolerance
        if let outside = answer.first(where: { !range.contains($0) }) {
            throw .invalidAnswer(opinion: name, reason: "\(outside) is not a probability")
        }
    }

    /// Finds what cannot work whatever the record, where the models tell.
    private func checkShapes() throws(OpinionError) {
        let rank =
            switch input {
            case .features, .backbone: 2
            case .image: 4
            }
        guard model.inputShape.count == rank else {
            throw misconfigured("the model takes \(text(model.inputShape)), not \(rank) dimensions")
        }
        guard case .backbone(let backbone) = input else { return }
        guard backbone.inputShape.count == 4 else {
            throw misconfigured("the backbone takes \(text(backbone.inputShape)), which is not an image")
        }
        if let given = countOfAll(backbone.outputShape), !fits([1, given], model.inputShape) {
            throw misconfigured(
                "the backbone gives \(given) features, the model takes \(text(model.inputShape))"
            )
        }
    }

    private func misconfigured(_ reason: String) -> OpinionError {
        .misconfigured(opinion: name, reason: reason)
    }

    private func unfit(_ reason: String) -> OpinionError { .unfitRecord(opinion: name, reason: reason) }
}

/// Whether a shape is one that a model takes.
private func fits(_ shape: [Int], _ wanted: [Int?]) -> Bool {
    shape.count == wanted.count && zip(shape, wanted).allSatisfy { $0 == ($1 ?? $0) }
}

/// How many numbers one answer has; nil when the model leaves more than the batch free.
private func countOfAll(_ shape: [Int?]) -> Int? {
    var count = 1
    for dimension in shape.dropFirst() {
        guard let dimension else { return nil }
        let (product, overflowed) = count.multipliedReportingOverflow(by: dimension)
        guard !overflowed else { return nil }
        count = product
    }
    return count
}

private func text(_ shape: [Int?]) -> String {
    "[" + shape.map { $0.map(String.init) ?? "any" }.joined(separator: ", ") + "]"
}
