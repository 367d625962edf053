import RiskdTraining

/// Who was really what, by record: the truth file of a recorded trace.
struct Truth {
    /// One record's truth.
    struct Entry {
        /// `benign:STYLE`, or how an attack was run.
        let scenario: String
        /// `benign`, `decoy` or the attack's name.
        let attack: String
        /// The attempt to make one adversarial example that the record belongs to; empty for benign records.
        let instance: String

        /// Whether an ordinary user sent it.
        var isBenign: Bool { attack == "benign" }

        /// Whether an attacker sent it to hide the queries of an attempt: it belongs to that one, but is no query of it.
        var isDecoy: Bool { attack == "decoy" }

        /// Whether it is ordinary use without near-duplicates: a new image each time.
        var isPlain: Bool { scenario == "benign:plain" }
    }

    /// The entries, by record id.
    let entries: [String: Entry]

    /// Reads a truth file.
    ///
    /// - Parameters:
    ///   - text: comma-separated values with the columns `id`, `scenario`, `attack` and `attack_instance`.
    ///   - path: named in the error.
    /// - Throws: `EvaluationError` when a column is missing or an id stands twice.
    init(_ text: String, path: String) throws(EvaluationError) {
        let table = DelimitedText(text)
        func column(_ name: String) throws(EvaluationError) -> [String] {
            guard let values = table.column(name) else { throw .missingColumn(name, path: path) }
            return values
        }
        let (ids, scenarios) = (try column("id"), try column("scenario"))
        let (attacks, instances) = (try column("attack"), try column("attack_instance"))
        var entries: [String: Entry] = [:]
        for (row, id) in ids.enumerated() {
            let entry = Entry(scenario: scenarios[row], attack: attacks[row], instance: instances[row])
            guard entries.updateValue(entry, forKey: id) == nil else { throw .repeatedID(id, path: path) }
        }
        self.entries = entries
    }
}

/// Why a truth file cannot be used.
enum EvaluationError: Error, CustomStringConvertible {
    case missingColumn(String, path: String)
    case repeatedID(String, path: String)
    case nothingMatches(path: String)
    case unknownRecord(String, path: String)

    var description: String {
        switch self {
        case .missingColumn(let name, let path): "\(path): line 1: there is no column '\(name)'"
        case .repeatedID(let id, let path): "\(path): the id '\(id)' stands twice"
        case .unknownRecord(let id, let path):
            "\(path): it does not have the id '\(id)' of the log: is this the truth of another log?"
        case .nothingMatches(let path):
            "\(path): no stored record has an id of this file; replay the log that it belongs to first"
        }
    }
}
