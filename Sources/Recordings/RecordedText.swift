import Ingest

/// Reads small recorded text files, compressed or not.
package enum RecordedText {
    /// The whole text of a file.
    ///
    /// - Parameter path: plain, .gz or .xz.
    /// - Returns: its lines, each with a line feed; lines of white space are left out.
    /// - Throws: `IngestError`.
    package static func read(_ path: String) throws -> String {
        let source = FileFollower(configuration: FollowerConfiguration(paths: [path], once: true), known: [])
        var bytes: [UInt8] = []
        while true {
            let batch = try source.poll(maximumItems: 4096, maximumBytes: 1 << 20)
            for case .line(let line) in batch.items {
                bytes += line.bytes
                bytes.append(UInt8(ascii: "\n"))
            }
            if batch.isCaughtUp && batch.items.isEmpty { break }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
