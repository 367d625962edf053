internal import Crypto
package import Domain
internal import Runtime
internal import SecondOpinion
package import Training

/// Examples read from logs, and what must be known of them.
package struct TrainingData: Sendable {
    /// What examples there are.
    package struct Counts: Hashable, Sendable {
        /// Clean records.
        package var clean = 0
        /// Adversarial records.
        package var adversarial = 0
        /// Those of them on which the served model was wrong.
        package var successful = 0
        /// Adversarial examples made of clean records.
        package var crafted = 0
        /// Those of them on which the served model is wrong.
        package var craftedSuccessful = 0
        /// Variations of clean records.
        package var variations = 0
    }

    /// Inputs and labels.
    package private(set) var examples: Examples
    /// The classes in the model's order.
    package let classes: [String]
    /// The model that answered.
    package let model: ModelID
    /// The shape of the images, where the network is fed with images.
    package let shape: ImageShape?
    /// What was used.
    package private(set) var counts = Counts()
    /// What the reader should know: lines and records that were not usable.
    package private(set) var notes: [String] = []
    /// The SHA-256 of all inputs, labels, weights and roles, in hexadecimal.
    package private(set) var digest = ""

    /// Reads what a request asks for.
    ///
    /// - Parameters:
    ///   - request: which records.
    ///   - runtime: of the ONNX Runtime library, which a backbone needs.
    /// - Throws: `InputError`, `IngestError` or `OnnxError`.
    package init(_ request: TrainingRequest, runtime: String?) async throws {
        let truth = try KnownTruth(request.truth)
        var sources = try TrainingSources(request, truth)
        let names = try request.classes.map { ClassNames($0) } ?? ClassNames(of: sources.all)
        classes = names.names
        model = sources.model
        let inputs = try await Self.inputs(of: sources.all, request, runtime)
        guard let first = inputs.first(where: { $0 != nil }) ?? nil else {
            let wanted = request.input == .features ? "features" : "input"
            throw InputError(request.logs.joined(separator: ", "), field: wanted, "no record has it")
        }
        shape = request.input == .image ? sources.all.compactMap(\.record.image).first?.shape : nil
        examples = Examples(width: first.count)
        notes = sources.notes
        let labels = try GivenLabels(request.labels, names)
        let lacking = inputs.count { $0 == nil }
        if lacking > 0 { notes.append("\(lacking) records lack what the network is fed") }
        var originals: [String: Int] = [:]
        var digests: [UInt8] = []
        var crafted = try request.crafting.map { try CraftedExamples($0, request, runtime) }
        for (index, selected) in sources.takeSelected().enumerated() {
            guard let input = inputs[index] else { continue }
            try Self.check(input, like: first, selected.entry, request.input)
            let served = selected.entry.record.prediction.label
            guard let place = names.index(of: served) else {
                throw InputError(
                    selected.entry.path,
                    line: selected.entry.line,
                    field: "prediction.class",
                    "'\(served)' is none of the classes \(classes.joined(separator: ", "))"
                )
            }
            let example = try Self.example(input, place, selected, names, labels, originals, request)
            if let known = selected.truth, !known.isBenign, known.distance == 0 {
                originals[known.source] = originals[known.source] ?? examples.count
            }
            digests += Self.digest(of: example)
            if example.isClean { try crafted?.add(selected.entry, at: examples.count) }
            examples.append(example)
            if example.isClean {
                counts.clean += 1
            } else {
                counts.adversarial += 1
                if selected.truth?.isSuccess == true { counts.successful += 1 }
            }
        }
        if let crafted { digests += try await addCrafted(crafted, request) }
        digest = sha256Hex(digests)
    }

    /// Appends the examples that are made of clean ones.
    ///
    /// - Returns: their digests.
    private mutating func addCrafted(
        _ crafted: CraftedExamples,
        _ request: TrainingRequest
    ) async throws -> [UInt8] {
        var digests: [UInt8] = []
        try await crafted.make(of: examples) { made in
            let clean = made.origin
            let answer =
                made.probabilities.indices.max { made.probabilities[$0] < made.probabilities[$1] } ?? 0
            let label = made.isClean ? answer : examples.labels[clean]
            let isSuccess = answer != label
            let example = Examples.Example(
                input: made.input,
                label: label,
                served: answer,
                target: made.isClean ? made.probabilities : examples.targets[clean],
                weight: isSuccess ? crafted.crafting.weight : 1,
                isClean: made.isClean,
                isValidation: examples.isValidation[clean],
                origin: made.isClean ? nil : clean
            )
            digests += Self.digest(of: example)
            examples.append(example)
            counts.variations += made.isClean ? 1 : 0
            counts.crafted += made.isClean ? 0 : 1
            counts.craftedSuccessful += isSuccess ? 1 : 0
            return (examples.count - 1, label)
        }
        return digests
    }

    private static func example(
        _ input: [Float],
        _ served: Int,
        _ selected: TrainingSources.Selected,
        _ names: ClassNames,
        _ labels: GivenLabels,
        _ originals: [String: Int],
        _ request: TrainingRequest
    ) throws(InputError) -> Examples.Example {
        let id = selected.entry.record.id.name
        let group = selected.truth?.source ?? id
        let share = Double(stableHash(group, seed: request.seed ^ 0x6A75_6467) >> 40) / 16_777_216
        let isValidation = share < request.validationShare
        guard let truth = selected.truth, !truth.isBenign else {
            let label = labels.places[id] ?? served
            let prediction = selected.entry.record.prediction
            return Examples.Example(
                input: input,
                label: label,
                served: served,
                target: label == served ? target(of: prediction, names) : nil,
                isValidation: isValidation
            )
        }
        guard let label = names.index(of: truth.trueLabel) else {
            let reason = "'\(truth.trueLabel)' is none of the classes \(names.names.joined(separator: ", "))"
            throw InputError(truth.path, line: truth.line, field: "true_label", reason)
        }
        return Examples.Example(
            input: input,
            label: label,
            served: served,
            weight: truth.isSuccess ? request.adversarialWeight : 1,
            isClean: false,
            isValidation: isValidation,
            origin: truth.distance == 0 ? nil : originals[truth.source],
            lends: truth.isSuccess
        )
    }

    /// The logged probabilities, which say more than the class alone; nil where they are not logged or do not sum to 1.
    private static func target(of prediction: Prediction, _ names: ClassNames) -> [Float]? {
        guard let logged = prediction.probabilities, logged.count == names.names.count else { return nil }
        let sum = logged.reduce(0) { $0 + Double($1) }
        guard abs(sum - 1) < 0.01, logged.allSatisfy({ $0 >= 0 }) else { return nil }
        return logged.map { Float(Double($0) / sum) }
    }
}
