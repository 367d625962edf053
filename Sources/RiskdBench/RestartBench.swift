import Configuration
import Console
import Domain
import EmbeddedPostgres
import Foundation
import Pipeline
import PostgresClient
import RiskdCLI
import RiskdDaemon
import Runtime

/// Times starts with a history, on a PostgreSQL of its own that runs throughout.
struct RestartBench {
    /// A timed start.
    struct Run {
        /// Where signatures came from.
        let name: String
        /// From the start of riskd to the commit of one record.
        let duration: Duration
        let reload: HistoryReload
        /// CPU seconds.
        let ownCPU: Double
        let serverCPU: Double
        /// The most memory of this process; nil where unknown.
        let peakMiB: Double?
    }

    /// Starts that are timed, each with a record of its own.
    static let starts = 3

    let file: ImageFile
    let history: Int
    let workers: Int
    let directory: String
    let terminal: Terminal

    private let log = Log(threshold: .warning)

    init(file: ImageFile, history: Int, workers: Int, directory: String, terminal: Terminal) {
        self.file = file
        self.history = history
        self.workers = workers
        self.directory = directory
        self.terminal = terminal
    }

    /// Fills the history and starts again.
    ///
    /// - Parameter configuration: settings but for the database, workers and history.
    /// - Returns: the starts.
    /// - Throws: what kept one from its end.
    func run(_ configuration: Configuration) async throws -> [Run] {
        let cluster = try await EmbeddedCluster.start(directory: directory + "/postgres", log: log)
        let result: Result<[Run], any Error>
        do {
            result = .success(try await run(configuration, on: cluster))
        } catch {
            result = .failure(error)
        }
        await cluster.stop()
        return try result.get()
    }

    private func run(_ given: Configuration, on cluster: EmbeddedCluster) async throws -> [Run] {
        var configuration = given
        configuration.stateDirectory = directory
        configuration.database = Configuration.Secret(cluster.connectionString)
        configuration.workers = workers
        configuration.similarity.history.entries = history + Self.starts
        configuration.similarity.history.bytes = max(
            configuration.similarity.history.bytes,
            2 * (history + Self.starts) * file.shape.count
        )
        try await replay(try writeLogs(), configuration, StageClock())
        let session = try await PostgresSession.connect(cluster.connectionString)
        try await session.execute(unsafeSQL: "vacuum analyze")
        try await session.execute(unsafeSQL: "checkpoint")
        await session.close()
        var runs: [Run] = []
        for start in 0..<Self.starts {
            let isWithout = start == 1
            if isWithout { try? FileManager.default.removeItem(atPath: directory + "/signatures") }
            let stages = StageClock()
            ProcessUse.resetPeak()
            let (use, began) = (ProcessUse(server: cluster.processID), ContinuousClock.now)
            try await replay("\(directory)/start\(start).ndjson", configuration, stages)
            let end = ProcessUse(server: cluster.processID)
            let duration = (stages.firstCommit ?? .now) - began
            let run = Run(
                name: isWithout ? "made" : "kept",
                duration: duration,
                reload: stages.reload ?? HistoryReload(),
                ownCPU: end.own - use.own,
                serverCPU: end.server - use.server,
                peakMiB: ProcessUse.peakMiB
            )
            runs.append(run)
            terminal.note("a start, signatures \(run.name): \(rounded(duration.inSeconds, 2)) s")
        }
        return runs
    }

    /// Writes the log that fills the history, and one for each start.
    private func writeLogs() throws -> String {
        var traffic = Traffic(.recorded(file, next: 0), model: "bench", features: [])
        let fill = try LogFile(directory + "/fill.ndjson")
        var progress = Progress("generating \(file.shape)", total: history, on: terminal)
        for index in 0..<history {
            fill.append(traffic.line(isBenign: true))
            progress.update(index + 1)
        }
        progress.finish(history)
        fill.flush()
        for start in 0..<Self.starts {
            let log = try LogFile("\(directory)/start\(start).ndjson")
            log.append(traffic.line(isBenign: true))
            log.flush()
        }
        return fill.path
    }

    private func replay(_ path: String, _ configuration: Configuration, _ stages: StageClock) async throws {
        let bar = ProgressBar("replaying", terminal)
        let daemon = Daemon(configuration, log: log, stages: stages) { bar.update($0, of: $1) }
        let summary = try await daemon.run(.replay([path]))
        bar.finish()
        guard summary.records > 0 else { throw CommandFailure("\(path): no record was stored") }
    }
}
