import Console
import Domain
import Glibc
import Ingest
import RiskdCLI
import Runtime

/// A log that is being written, in large pieces.
final class LogFile {
    let path: String
    /// Lines written.
    private(set) var lines = 0
    private let descriptor: Int32
    private var pending = ""

    /// A new, empty log.
    init(_ path: String) throws(CommandFailure) {
        self.path = path
        descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw CommandFailure("\(path) cannot be written") }
    }

    deinit { close(descriptor) }

    /// Appends a line that has its line feed.
    func append(_ line: String) {
        pending += line
        lines += 1
        if pending.utf8.count >= 1 << 20 { flush() }
    }

    /// Writes what is still held back.
    func flush() {
        writeAll(pending, to: descriptor)
        pending = ""
    }
}

/// Reads the lines of a recorded log, compressed or not.
struct RecordedLines {
    let path: String

    /// Calls `body` for every line, until it returns false.
    func forEach(_ body: (RawLine) throws -> Bool) throws {
        let source = FileFollower(configuration: FollowerConfiguration(paths: [path], once: true), known: [])
        while true {
            let batch = try source.poll(maximumItems: 256, maximumBytes: 16 << 20)
            for case .line(let line) in batch.items {
                guard try body(line) else { return }
            }
            if batch.isCaughtUp && batch.items.isEmpty { return }
        }
    }

    /// The records of the log.
    func records() throws -> [Record] {
        let decoder = RecordDecoder()
        var records: [Record] = []
        try forEach { line in
            if case .record(let record) = decoder.decode(line) { records.append(record) }
            return true
        }
        return records
    }
}
