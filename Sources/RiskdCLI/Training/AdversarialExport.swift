import Domain
import Foundation
import Runtime
import Storage

/// Inputs of confirmed attacks as a log and its truth, which `riskd train --adversarial` and `--truth` take.
///
/// Each chain of near-duplicates is one attempt on its first image, whose class is taken for the true one.
struct AdversarialExport {
    /// What was written.
    struct Counts: Hashable {
        var attempts = 0
        var records = 0
        /// Records with another class than their chain's first image.
        var successful = 0
        /// Chains whose first image is forgotten, so that nothing can be said of them.
        var orphans = 0
    }

    private static let header = [
        "id", "scenario", "attack", "attack_instance", "step", "success", "final", "true_label", "source",
        "linf",
        "rms", "quant_loss",
    ]

    private let model: ModelID
    private let attack: String
    private let log: FileHandle
    private let truth: FileHandle
    private var chains: [Int64: Chain] = [:]
    private(set) var counts = Counts()

    private struct Chain {
        let first: HistoryEntry?
        var steps = 0
    }

    /// Starts two files.
    ///
    /// - Parameters:
    ///   - model: whose inputs.
    ///   - attack: what the attack is called in the truth.
    ///   - log: NDJSON goes there.
    ///   - truth: CSV goes there.
    /// - Throws: why a file cannot be written.
    init(_ model: ModelID, attack: String, log: FileHandle, truth: FileHandle) throws {
        self.model = model
        self.attack = attack
        self.log = log
        self.truth = truth
        try truth.write(contentsOf: Data((Self.header.joined(separator: ",") + "\n").utf8))
    }

    /// Writes an input.
    ///
    /// - Parameters:
    ///   - input: the next one, in the order of sequence numbers.
    ///   - first: looks a chain's first image up.
    /// - Throws: what `first` throws, or why a file cannot be written.
    mutating func add(_ input: ChainedInput, first: (Int64) async throws -> HistoryEntry?) async throws {
        if chains[input.campaign] == nil {
            let start = try await first(input.campaign)
            chains[input.campaign] = Chain(first: start)
            if let start {
                counts.attempts += 1
                if start.sequence != input.entry.sequence { try write(start, input.campaign) }
            } else {
                counts.orphans += 1
            }
        }
        guard chains[input.campaign]?.first != nil else { return }
        try write(input.entry, input.campaign)
    }

    private mutating func write(_ entry: HistoryEntry, _ campaign: Int64) throws {
        guard let first = chains[campaign]?.first, let distance = distance(entry, first) else { return }
        chains[campaign]?.steps += 1
        let isSuccess = entry.prediction.label != first.prediction.label
        counts.records += 1
        counts.successful += isSuccess ? 1 : 0
        let fields = [
            entry.record.name, "confirmed", attack, "\(model.name)/\(campaign)",
            "\(chains[campaign]?.steps ?? 0)",
            isSuccess ? "1" : "0", "0", first.prediction.label, first.record.name, "\(distance.largest)",
            "\(distance.rootMeanSquare)", "0",
        ]
        try truth.write(contentsOf: Data((fields.map(quoted).joined(separator: ",") + "\n").utf8))
        try log.write(contentsOf: Data((line(entry).text + "\n").utf8))
    }

    private func distance(
        _ entry: HistoryEntry,
        _ first: HistoryEntry
    ) -> (largest: Int, rootMeanSquare: Double)? {
        guard let image = entry.image, let other = first.image, image.shape == other.shape else { return nil }
        let differences = zip(image.pixels, other.pixels).map { abs(Int($0) - Int($1)) }
        let squares = differences.reduce(0) { $0 + $1 * $1 }
        return (differences.max() ?? 0, (Double(squares) / Double(max(differences.count, 1))).squareRoot())
    }

    private func line(_ entry: HistoryEntry) -> JSONValue {
        var input = JSONValue.null
        if let image = entry.image {
            let shape = [image.shape.height, image.shape.width, image.shape.channels]
            input = .object([
                "shape": .array(shape.map { .integer(Int64($0)) }), "dtype": .string("uint8"),
                "data": .string(Data(image.pixels).base64EncodedString()),
            ])
        }
        let probabilities = entry.prediction.probabilities.map { JSONValue.array($0.map { .number($0) }) }
        return .object([
            "id": .string(entry.record.name), "time": .string(entry.time.description),
            "model": .string(model.name), "user": .string(entry.user.name), "input": input,
            "prediction": .object([
                "class": .string(entry.prediction.label),
                "probability": .number(entry.prediction.probability),
                "probabilities": probabilities ?? .null,
            ]),
        ])
    }

    /// A CSV field (RFC 4180).
    private func quoted(_ field: String) -> String {
        guard field.contains(where: { ",\"\r\n".contains($0) }) else { return field }
        return "\"" + field.replacing("\"", with: "\"\"") + "\""
    }
}
