internal import Domain

/// The records that a request selects, in the order of its files.
struct TrainingSources {
    /// A record and its truth, where that is known.
    struct Selected {
        let entry: RecordedLog.Entry
        let truth: KnownTruth.Entry?
    }

    /// The model that all of them are of.
    let model: ModelID
    /// Lines that were not usable.
    private(set) var notes: [String] = []
    private var selected: [Selected] = []

    init(_ request: TrainingRequest, _ truth: KnownTruth) throws {
        var model = request.model
        var met: Set<String> = []
        // Adversarial logs first: what an attack started from must be known before what became of it.
        for (paths, isAdversarial) in [(request.adversarial, true), (request.logs, false)] {
            for path in paths {
                let log = try RecordedLog(path, model: request.model)
                for problem in log.problems.prefix(5) { notes.append("\(problem)") }
                if log.problems.count > 5 {
                    notes.append("\(path): \(log.problems.count) lines or fields were not usable")
                }
                for entry in log.entries {
                    let record = entry.record
                    if let model, model != record.model {
                        let reason =
                            "'\(record.model.name)', but '\(model.name)' before; choose one with --model"
                        throw InputError(path, line: entry.line, field: "model", reason)
                    }
                    model = record.model
                    let known = truth.entries[record.id.name]
                    guard try Self.isWanted(entry, known, isAdversarial, request) else { continue }
                    guard met.insert(record.id.name).inserted else { continue }
                    selected.append(Selected(entry: entry, truth: known))
                }
            }
        }
        guard let model, !selected.isEmpty else {
            let paths = (request.logs + request.adversarial).joined(separator: ", ")
            throw InputError(paths, "no record of the model is there to learn from")
        }
        self.model = model
    }

    /// The records alone.
    var all: [RecordedLog.Entry] { selected.map(\.entry) }

    /// The records, which are not kept.
    mutating func takeSelected() -> [Selected] {
        defer { selected = [] }
        return selected
    }

    private static func isWanted(
        _ entry: RecordedLog.Entry,
        _ truth: KnownTruth.Entry?,
        _ isAdversarial: Bool,
        _ request: TrainingRequest
    ) throws(InputError) -> Bool {
        guard let truth else {
            guard request.split == nil, !isAdversarial else {
                let reason =
                    "no truth file has '\(entry.record.id.name)', which this needs; name its file with --truth"
                throw InputError(entry.path, line: entry.line, field: "id", reason)
            }
            return true
        }
        guard request.split?.holds(truth.source) ?? true else { return false }
        guard isAdversarial else { return truth.isBenign }
        guard !truth.isBenign, !truth.isDecoy else { return false }
        return (truth.distance ?? 0) <= request.reach
    }
}
