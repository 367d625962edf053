package import Domain
internal import Ingest

/// The records of one recorded log, each with its place.
package struct RecordedLog: Sendable {
    /// A record and where it stands.
    package struct Entry: Sendable {
        package let record: Record
        /// The log's path.
        package let path: String
        /// The line, from 1.
        package let line: Int
    }

    /// The records of the model that was asked for, in order.
    package private(set) var entries: [Entry] = []
    /// What was not usable, a line or a field of one: file, line and reason.
    package private(set) var problems: [InputError] = []

    /// Reads a log to its end.
    ///
    /// - Parameters:
    ///   - path: plain, .gz or .xz.
    ///   - model: the one whose records are wanted; nil for all.
    /// - Throws: `IngestError`.
    package init(_ path: String, model: ModelID? = nil) throws {
        let decoder = RecordDecoder()
        try Self.forEachLine(of: path) { item, line in
            switch item {
            case .line(let raw):
                switch decoder.decode(raw) {
                case .record(let record):
                    guard model.map({ $0 == record.model }) ?? true else { return }
                    entries.append(Entry(record: record, path: path, line: line))
                    for one in record.degraded where Self.isLearntFrom(one.field) {
                        problems.append(InputError(path, line: line, field: one.field, one.reason))
                    }
                case .rejected(let rejection):
                    problems.append(
                        InputError(path, line: line, "\(rejection.reason.rawValue) \(rejection.detail)")
                    )
                }
            case .unusable(let letter):
                problems.append(InputError(path, line: line, "\(letter.reason) \(letter.detail)"))
            }
        }
    }

    /// Whether a network learns from a field: then its loss is no detail.
    private static func isLearntFrom(_ field: String) -> Bool {
        ["input", "features"].contains(field) || field.hasPrefix("prediction.")
    }

    /// The whole text of a small recorded file.
    ///
    /// - Parameter path: plain, .gz or .xz.
    /// - Returns: its lines, each with a line feed; lines of white space are empty.
    /// - Throws: `IngestError`.
    package static func text(of path: String) throws -> String {
        var bytes: [UInt8] = []
        var last = 0
        try forEachLine(of: path) { item, line in
            guard case .line(let raw) = item else { return }
            bytes += repeatElement(UInt8(ascii: "\n"), count: line - last - 1)
            bytes += raw.bytes + [UInt8(ascii: "\n")]
            last = line
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Calls `body` with every line that is not blank, and its number from 1.
    private static func forEachLine(of path: String, _ body: (IngestItem, Int) -> Void) throws {
        let source = FileFollower(configuration: FollowerConfiguration(paths: [path], once: true), known: [])
        var line = 0
        while true {
            // One at a time: the blank lines of a batch are then those before its line.
            let batch = try source.poll(maximumItems: 1, maximumBytes: 16 << 20)
            line += Int(batch.blankLines)
            for item in batch.items {
                line += 1
                body(item, line)
            }
            if batch.isCaughtUp && batch.items.isEmpty { return }
        }
    }
}
