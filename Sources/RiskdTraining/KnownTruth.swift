/// Who was really what, as training and judging need it: the truth files of recorded traces.
package struct KnownTruth: Sendable {
    /// One record's truth.
    package struct Entry: Hashable, Sendable {
        /// How an attack was run, or `benign:STYLE`.
        package let scenario: String
        /// `benign`, `decoy` or the attack's name.
        package let attack: String
        /// The attempt that the record belongs to; empty for benign ones.
        package let instance: String
        /// The true class of the image that it came from.
        package let trueLabel: String
        /// That image's name; the record's id where it is not known.
        package let source: String
        /// Whether the served class was not the true one.
        package let isSuccess: Bool
        /// The root-mean-square distance from that image, in grey levels; nil for benign records.
        package let distance: Double?
        /// The truth file.
        package let path: String
        /// Its line, from 1.
        package let line: Int

        /// Whether an ordinary user sent it.
        package var isBenign: Bool { attack == "benign" }
        /// Whether an attacker sent it to hide an attempt's queries: an ordinary image, but not an ordinary user's.
        package var isDecoy: Bool { attack == "decoy" }
    }

    /// By record id.
    package private(set) var entries: [String: Entry] = [:]

    /// Reads truth files.
    ///
    /// - Parameter paths: comma-separated values, plain, .gz or .xz.
    /// - Throws: `InputError` for missing columns, ids that stand twice, and numbers that are none.
    package init(_ paths: [String]) throws {
        for path in paths { try add(DelimitedText(try RecordedLog.text(of: path)), path) }
        try checkSources()
    }

    /// Reads a truth file's text.
    ///
    /// - Parameters:
    ///   - text: comma-separated values.
    ///   - path: named in errors.
    /// - Throws: `InputError`.
    package init(text: String, path: String) throws(InputError) {
        try add(DelimitedText(text), path)
        try checkSources()
    }

    private mutating func add(_ table: DelimitedText, _ path: String) throws(InputError) {
        func column(_ name: String) throws(InputError) -> [String] {
            guard let values = table.column(name) else {
                throw InputError(path, line: 1, field: name, "there is no such column")
            }
            return values
        }
        let (ids, scenarios, attacks) = (try column("id"), try column("scenario"), try column("attack"))
        let (instances, labels) = (try column("attack_instance"), try column("true_label"))
        let (sources, successes) = (try column("source"), try column("success"))
        let distances = try column("rms")
        for (row, id) in ids.enumerated() {
            let line = table.lines[row]
            let distance = Double(distances[row])
            guard distance != nil || distances[row].isEmpty else {
                throw InputError(path, line: line, field: "rms", "'\(distances[row])' is not a number")
            }
            let entry = Entry(
                scenario: scenarios[row],
                attack: attacks[row],
                instance: instances[row],
                trueLabel: labels[row],
                source: sources[row].isEmpty ? id : sources[row],
                isSuccess: successes[row] == "1",
                distance: distance,
                path: path,
                line: line
            )
            guard entries.updateValue(entry, forKey: id) == nil else {
                throw InputError(path, line: line, field: "id", "'\(id)' stands twice")
            }
        }
    }

    /// A split by source also splits by instance only if no instance has two sources, decoys apart: nobody learns from them.
    private func checkSources() throws(InputError) {
        var sources: [String: Entry] = [:]
        for entry in entries.values.sorted(by: { ($0.path, $0.line) < ($1.path, $1.line) })
        where !entry.instance.isEmpty && !entry.isDecoy {
            let key = entry.path + "\n" + entry.instance
            if let first = sources[key], first.source != entry.source {
                let reason =
                    "'\(entry.source)', but '\(first.source)' for the same instance on line \(first.line)"
                throw InputError(entry.path, line: entry.line, field: "source", reason)
            }
            sources[key] = entry
        }
    }
}
