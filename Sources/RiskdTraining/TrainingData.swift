internal import Crypto
package import Domain
internal import Runtime
internal import SecondOpinion
package import Training

/// Examples read from logs, and what must be known of them.
package struct TrainingData: Sendable {
    /// Inputs and labels.
    package private(set) var examples: Examples
    /// The classes in the model's order.
    package let classes: [String]
    /// The place of the class that the served model gave each example.
    package private(set) var logged: [Int] = []
    /// The model that answered.
    package let model: ModelID
    /// The shape of the images, where the network is fed with images.
    package let shape: ImageShape?
    /// Records used: clean ones, adversarial ones, and those of them that were successful.
    package private(set) var counts = (clean: 0, adversarial: 0, successful: 0)
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
            examples.append(example)
            logged.append(place)
            if example.isClean {
                counts.clean += 1
            } else {
                counts.adversarial += 1
                if selected.truth?.isSuccess == true { counts.successful += 1 }
            }
        }
        digest = sha256Hex(digests)
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
            return Examples.Example(input: input, label: label, isValidation: isValidation)
        }
        guard let label = names.index(of: truth.trueLabel) else {
            let reason = "'\(truth.trueLabel)' is none of the classes \(names.names.joined(separator: ", "))"
            throw InputError(truth.path, line: truth.line, field: "true_label", reason)
        }
        return Examples.Example(
            input: input,
            label: label,
            weight: truth.isSuccess ? request.adversarialWeight : 1,
            isClean: false,
            isValidation: isValidation,
            origin: truth.distance == 0 ? nil : originals[truth.source],
            lends: truth.isSuccess
        )
    }

    private static func inputs(
        of entries: [RecordedLog.Entry],
        _ request: TrainingRequest,
        _ runtime: String?
    ) async throws -> [[Float]?] {
        switch request.input {
        case .features: return entries.map(\.record.features)
        case .image: return entries.map { $0.record.image?.planar }
        case .backbone(let path):
            guard let runtime else {
                throw InputError(path, "running it needs ONNX Runtime, which is not there")
            }
            let backbone = try OpinionSession(path, runtime: runtime)
            guard backbone.takesImage else { throw InputError(path, "it does not take an image") }
            let results = await WorkerPool(width: request.workers).map(count: entries.count) { index in
                Result { () throws -> [Float]? in
                    guard let image = entries[index].record.image else { return nil }
                    let shape = [image.shape.channels, image.shape.height, image.shape.width]
                    return try backbone.run(image.planar, shape: shape)
                }
            }
            return try results.map { try $0.get() }
        }
    }

    private static func check(
        _ input: [Float],
        like first: [Float],
        _ entry: RecordedLog.Entry,
        _ kind: TrainingRequest.Input
    ) throws(InputError) {
        let field = kind == .features ? "features" : "input"
        guard input.count == first.count else {
            let reason = "\(input.count) numbers, but the first record has \(first.count)"
            throw InputError(entry.path, line: entry.line, field: field, reason)
        }
        guard input.allSatisfy(\.isFinite) else {
            throw InputError(entry.path, line: entry.line, field: field, "a number is not finite")
        }
    }

    private static func digest(of example: Examples.Example) -> [UInt8] {
        var bytes: [UInt8] = []
        for value in example.input { withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes += $0 } }
        let role = "\(example.label) \(example.weight) \(example.isClean) \(example.isValidation)"
        return sha256(bytes + Array("\(role) \(example.origin ?? -1)".utf8))
    }
}
