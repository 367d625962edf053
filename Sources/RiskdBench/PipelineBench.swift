import Configuration
import Console
import Domain
import EmbeddedPostgres
import Foundation
import Pipeline
import PostgresClient
import Recomputing
import RiskdCLI
import RiskdDaemon
import Runtime
import Scoring
import Storage

/// Times the daemon's own replay path over one input, on a PostgreSQL of its own.
///
/// The history is filled once; every timed run starts from a copy of that database and replays the same records.
struct PipelineBench {
    let input: PipelineInput
    let size: PipelineSize
    let directory: String
    let terminal: Terminal

    private let log = Log(threshold: .warning)
    private static let filled = "filled"

    init(_ input: PipelineInput, size: PipelineSize, directory: String, terminal: Terminal) {
        self.input = input
        self.size = size
        self.directory = directory
        self.terminal = terminal
    }

    /// Fills the history and does all timed runs.
    ///
    /// - Returns: the run that was asked for, then the same with one worker, and with a tenth of the history.
    /// - Throws: what kept a run from its end.
    func run() async throws -> [PipelineRun] {
        let cluster = try await EmbeddedCluster.start(directory: directory + "/postgres", log: log)
        let result: Result<[PipelineRun], any Error>
        do {
            result = .success(try await run(on: cluster))
        } catch {
            result = .failure(error)
        }
        await cluster.stop()
        return try result.get()
    }

    private func run(on cluster: EmbeddedCluster) async throws -> [PipelineRun] {
        let session = try await PostgresSession.connect(cluster.connectionString)
        try await session.execute(unsafeSQL: "create database \(Self.filled)")
        let connection = cluster.connectionString.replacingDatabase(with: Self.filled)
        let configuration = configuration(connection, history: size.history, workers: size.workers)
        try await calibrate(configuration)
        _ = try await replay(input.fill, configuration, "filling \(input.name)", nil)
        try await tidy(connection)
        var variants = [(size.history, size.workers)]
        if size.workers > 1, !size.isFirstOnly { variants.append((size.history, 1)) }
        if size.history >= 1000, !size.isFirstOnly { variants.append((size.history / 10, size.workers)) }
        var runs: [PipelineRun] = []
        for (number, (history, workers)) in variants.enumerated() {
            let name = "run\(number)"
            try await session.execute(unsafeSQL: "create database \(name) template \(Self.filled)")
            // Writing out the copy is no part of the run.
            try await session.execute(unsafeSQL: "checkpoint")
            let connection = cluster.connectionString.replacingDatabase(with: name)
            let configuration = self.configuration(connection, history: history, workers: workers)
            runs.append(try await timed(configuration, cluster))
            try await session.execute(unsafeSQL: "drop database \(name) with (force)")
        }
        await session.close()
        return runs
    }

    /// Vacuums the filled tables, as autovacuum would have done long ago in a database that did not grow within a minute.
    private func tidy(_ connection: String) async throws {
        let session = try await PostgresSession.connect(connection)
        try await session.execute(unsafeSQL: "vacuum (analyze)")
        await session.close()
    }

    private func configuration(_ connection: String, history: Int, workers: Int) -> Configuration {
        var configuration = input.configuration
        configuration.stateDirectory = directory
        configuration.database = Configuration.Secret(connection)
        configuration.workers = workers
        configuration.similarity.history.entries = history
        for model in configuration.models.keys {
            configuration.models[model]?.similarity.history.entries = history
        }
        return configuration
    }

    private func calibrate(_ configuration: Configuration) async throws {
        guard let path = input.calibration, let database = configuration.database else { return }
        let plans = try DetectorPlans(configuration)
        var progress: Console.Progress?
        var last = 0
        let result = try await CalibrationRun(configuration, plans: plans).build(from: [path]) {
            read,
            total in
            var bar =
                progress
                ?? Console.Progress("calibrating \(input.name)", total: total.map { Int($0) }, on: terminal)
            last = Int(read)
            bar.update(last)
            progress = bar
        }
        progress?.finish(last)
        let store = try await Store.connect(database.value)
        try await store.migrate()
        for named in result.calibrations.map({ NamedCalibration($0.calibration) }) {
            try await store.saveArtefact(
                id: named.id,
                kind: "calibration",
                body: named.calibration.artefact()
            )
            try await store.activate(
                CalibrationActivation(
                    model: named.calibration.model,
                    stratum: named.calibration.stratum,
                    calibration: named.id,
                    actor: "riskd-bench",
                    isForced: true,
                    reason: "a benchmark"
                )
            )
        }
        await store.close()
    }

    private func timed(_ configuration: Configuration, _ cluster: EmbeddedCluster) async throws -> PipelineRun
    {
        let stages = StageClock()
        let process = cluster.processID
        ProcessUse.resetPeak()
        let workers = configuration.workers
        let history = configuration.similarity.history.entries
        let title = "timing \(input.name), history \(history), \(workers) worker\(workers == 1 ? "" : "s")"
        let start = StartOfRun(server: process)
        let summary = try await replay(input.timed, configuration, title, stages) { start.mark() }
        let (first, last) = (start.use ?? ProcessUse(server: process), ProcessUse(server: process))
        return PipelineRun(
            input: input.name,
            history: history,
            workers: workers,
            records: summary.records,
            deadLetters: summary.deadLetters.values.reduce(0, +),
            opinionFailures: summary.opinionFailures.values.reduce(0, +),
            seconds: summary.duration.inSeconds,
            stages: stages.totals,
            ownCPU: last.own - first.own,
            serverCPU: last.server - first.server,
            peakMiB: ProcessUse.peakMiB
        )
    }

    private func replay(
        _ log: (path: String, records: Int),
        _ configuration: Configuration,
        _ title: String,
        _ stages: StageClock?,
        onRead: @escaping @Sendable () -> Void = {}
    ) async throws -> Daemon.Summary {
        let bar = ProgressBar(title, terminal)
        let daemon = Daemon(configuration, log: self.log, stages: stages) { read, total in
            onRead()
            bar.update(read, of: total)
        }
        let summary = try await daemon.run(.replay([log.path]))
        bar.finish()
        let used = summary.records + summary.duplicates + summary.deadLetters.values.reduce(0, +)
        guard used >= log.records else { throw CommandFailure("\(title): stopped after \(used) records") }
        return summary
    }
}

/// What had been used when a run read its first lines, after its start-up.
private final class StartOfRun: Sendable {
    private let server: Int32?
    private let first = Locked<ProcessUse?>(nil)

    init(server: Int32?) { self.server = server }

    var use: ProcessUse? { first.withLock { $0 } }

    func mark() {
        let server = server
        first.withLock { first in
            if first == nil { first = ProcessUse(server: server) }
        }
    }
}

extension String {
    fileprivate func replacingDatabase(with name: String) -> String {
        // The folder of the socket may hold spaces; the database is always the last word.
        guard let place = range(of: "dbname=", options: .backwards) else { return self }
        return self[..<place.lowerBound] + "dbname=\(name)"
    }
}
