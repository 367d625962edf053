import Domain
import Foundation
import Ingest
import Pipeline

extension TracePlayer {
    /// Plays a recorded log into a file, line by line, each when its time has come.
    ///
    /// - Parameters:
    ///   - log: the recorded log; .gz and .xz are decompressed.
    ///   - path: the file to append to; made if missing.
    ///   - progress: told the lines written, and the bytes of the log read and in all.
    /// - Returns: lines written.
    /// - Throws: `IngestError`, `StartupError` when the file cannot be written, or `CancellationError`.
    package func play(
        _ log: String,
        into path: String,
        progress: (Int, Int64, Int64?) -> Void
    ) async throws -> Int {
        let source = FileFollower(configuration: FollowerConfiguration(paths: [log], once: true), known: [])
        let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw StartupError("\(path): \(String(cString: strerror(errno)))") }
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        var first: Timestamp?
        var count = 0
        while true {
            let batch = try source.poll(maximumItems: 64, maximumBytes: 1 << 20)
            for case .line(let line) in batch.items {
                guard let next = rewritten(line.bytes, first: first) else {
                    throw StartupError(
                        "\(log): byte \(line.offset): the line has no time that could be moved"
                    )
                }
                first = first ?? next.recorded
                let wait = next.played.milliseconds - Timestamp.now.milliseconds
                if wait > 0 { try await Task.sleep(for: .milliseconds(wait)) }
                try file.write(contentsOf: Data(next.line + [UInt8(ascii: "\n")]))
                count += 1
                let position = source.progress
                progress(count, position.read, position.total)
            }
            if batch.isCaughtUp && batch.items.isEmpty { return count }
        }
    }
}
