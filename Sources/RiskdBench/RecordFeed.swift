import Domain
import PostgresClient
import RiskdCLI
import Runtime

/// Writes records into a log at a steady rate, and measures how long each takes until it is committed.
final class RecordFeed: Sendable {
    private let log: String
    private let connection: String
    private let rate: Int
    private let times = Locked<[Double]>([])

    /// A feed that has not begun.
    ///
    /// - Parameters:
    ///   - log: the file.
    ///   - connection: to the database in which records are to appear.
    ///   - rate: records a second.
    init(_ log: String, connection: String, rate: Int) {
        self.log = log
        self.connection = connection
        self.rate = rate
    }

    /// The seconds that records took since this was last called.
    func take() -> [Double] {
        times.withLock { times in
            defer { times = [] }
            return times
        }
    }

    /// Writes until it is cancelled.
    ///
    /// - Parameter images: those of the records.
    /// - Throws: what PostgreSQL or the file system says.
    func run(_ images: ImageMaker) async throws {
        let session = try await PostgresSession.connect(connection)
        let file = try LogFile(log)
        var traffic = Traffic(.made(images), model: "bench", features: [])
        var written: [ContinuousClock.Instant] = []
        var committed = 0
        let start = ContinuousClock.now
        while !Task.isCancelled {
            while start + .seconds(1) * written.count / rate <= .now {
                file.append(traffic.line(isBenign: true))
                file.flush()
                written.append(.now)
            }
            let rows = try await session.query("select sequence from riskd.pipeline")
            let sequence = try rows.first?.only(Int.self) ?? 0
            let now = ContinuousClock.now
            while committed < min(sequence, written.count) {
                let time = (now - written[committed]).inSeconds
                times.withLock { $0.append(time) }
                committed += 1
            }
            try? await Task.sleep(for: .milliseconds(5))
        }
        await session.close()
    }
}
