package import Ingest
package import Runtime

/// Counts the bytes that were lost of every source, and says so loudly.
///
/// Its memory is of this process; the database keeps them with the source (`source_file.lost_bytes`).
package final class SourceLosses: Sendable {
    /// Sources that are counted by name at most; what others lose is counted together, under the empty name.
    private static let most = 1000

    private let bytes = Locked<[String: Int64]>([:])
    private let log: Log
    private let metrics: Metrics

    /// Nothing lost yet.
    ///
    /// - Parameters:
    ///   - log: gets an error for every loss.
    ///   - metrics: counts bytes.
    package init(log: Log, metrics: Metrics) {
        self.log = log
        self.metrics = metrics
        metrics.add("riskd_lost_bytes_total", by: 0)
    }

    /// Bytes that were lost since this process began, by the path of the source.
    package var byPath: [String: Int64] { bytes.withLock { $0 } }

    /// Takes in what was lost.
    ///
    /// - Parameter losses: of one batch.
    package func add(_ losses: [SourceLoss]) {
        for loss in losses {
            metrics.add("riskd_lost_bytes_total", by: Double(loss.bytes))
            bytes.withLock { bytes in
                let isRoom = bytes.count < Self.most || bytes[loss.path] != nil
                bytes[isRoom ? loss.path : "", default: 0] += loss.bytes
            }
            log.write(
                .error,
                "bytes of a source are lost: they were there, and gone before they were read",
                ["path": loss.path, "bytes": "\(loss.bytes)", "remedy": "docs/log-files.md"]
            )
        }
    }
}
