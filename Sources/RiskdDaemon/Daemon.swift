import APIHandlers
import Alerting
import Auditing
package import Configuration
import Coverage
package import Domain
import EmbeddedPostgres
import Foundation
import HTTPAPI
import HTTPServer
import Ingest
import Notifying
package import Pipeline
package import Runtime
import Scoring
import ServiceHost
import Storage

/// riskd from start to stop, as one list of steps in the only order that works.
package struct Daemon: Sendable {
    /// What is read, and until when.
    package enum Mode: Sendable {
        /// Follows the configured paths until it is asked to stop.
        case live
        /// Reads recorded logs to their end; event time alone counts, and nobody is told of alerts.
        case replay([String])

        var isReplay: Bool {
            if case .replay = self { true } else { false }
        }
    }

    /// What a run did.
    package struct Summary: Sendable {
        /// Records stored.
        package var records = 0
        /// Records left out because they were stored already.
        package var duplicates = 0
        /// Records whose id another content had.
        package var reusedIDs = 0
        /// How many records a field was not used of as it was logged.
        package var degraded: [DegradedField: Int] = [:]
        /// Records whose tick was already closed.
        package var late = 0
        /// Records whose time was far ahead of their source's others, or of the clock.
        package var ahead = 0
        /// Records that lack what similarity compares, by model.
        package var uncompared: [ModelID: Int] = [:]
        /// Records whose input had nothing of its shape before it, by model.
        package var alone: [ModelID: Int] = [:]
        /// Lines that could not be used, by reason.
        package var deadLetters: [String: Int] = [:]
        /// Second opinions that could not be formed, by name.
        package var opinionFailures: [String: Int] = [:]
        package var levelChanges = 0
        /// Whether it was asked to stop before its end.
        package var wasInterrupted = false
        /// The time that reading, scoring and committing took.
        package var duration = Duration.zero
    }

    let configuration: Configuration
    let log: Log
    let stages: StageClock?
    let metrics: Metrics
    let service: ServiceBoard
    let stop = StopFlag()
    let reload = Reload()
    let inbox = ActionInbox()
    let clocks: Clocks
    private let heartbeat = Heartbeat()
    private let allocator = Allocator()
    private let progress: @Sendable (Int64, Int64?) -> Void

    /// A daemon that has not started.
    ///
    /// - Parameters:
    ///   - configuration: checked settings.
    ///   - log: gets what happens.
    ///   - stages: told how long the stages of the records' path take.
    ///   - clocks: the time of day, and the time that passes.
    ///   - progress: told the bytes read and, where known, the bytes in all.
    package init(
        _ configuration: Configuration,
        log: Log,
        stages: StageClock? = nil,
        clocks: Clocks = .host,
        progress: @escaping @Sendable (Int64, Int64?) -> Void = { _, _ in }
    ) {
        self.configuration = configuration
        self.log = log
        metrics = Metrics()
        service = ServiceBoard(metrics)
        self.stages = stages
        self.clocks = clocks
        self.progress = progress
    }

    /// Starts, runs and stops.
    ///
    /// - Parameter mode: what is read.
    /// - Returns: what was done.
    /// - Throws: what kept it from starting or going on.
    package func run(_ mode: Mode) async throws -> Summary {
        // 1. Signals first: a stop during a long start must be heard.
        let signals = await Signals.take([SIGTERM, SIGINT, SIGHUP])
        // 2. Everything that can be wrong in the configuration, before anything is touched.
        let scoring = try ScoringConfiguration(configuration)
        let plans = try DetectorPlans(configuration)
        if case .live = mode, configuration.ingest.paths.isEmpty {
            throw StartupError("ingest.paths is empty: name the log files to follow")
        }
        for warning in plans.warnings + plans.doubts { log.write(.warning, warning) }
        // 3. The database.
        let access = try await DatabaseAccess.open(configuration, for: .pipeline, log: log)
        let result: Result<Summary, any Error>
        do {
            result = .success(try await run(mode, scoring, plans, access, signals))
        } catch {
            result = .failure(error)
        }
        ServiceManager.stopping(status: "stopping")
        await access.close()
        return try result.get()
    }

    private func run(
        _ mode: Mode,
        _ scoring: ScoringConfiguration,
        _ plans: DetectorPlans,
        _ access: DatabaseAccess,
        _ signals: Signals
    ) async throws -> Summary {
        let pipelineMetrics = PipelineMetrics(metrics)
        let clock = WatchedClock(clocks)
        let store = try await Store.connect(access.connectionString)
        try await store.migrate()
        try await store.takeOwnership(
            name: "\(ProcessInfo.processInfo.hostName) \(getpid())",
            tickLength: configuration.scoring.tick,
            waitingFor: .seconds(15)
        )
        let reader = try await Store.connect(access.connectionString)
        // 4. What was in memory when the last run stopped.
        let tally = RunTotals()
        let drift = OpinionDrift()
        let watch = SourceWatch(log: log, service: service)
        let reused = ReusedIDs()
        let board = CoverageBoard(log: log)
        let bounded = RareNotice()
        let committer = Committer(
            store: store,
            log: log,
            metrics: metrics,
            service: service,
            stop: stop,
            stages: stages,
            onProgress: { [heartbeat] in heartbeat.beat() }
        ) { [log, service] batch in
            pipelineMetrics.count(batch, now: clock.now)
            service.update { state in
                for (opinion, count) in batch.opinionFailures {
                    state.opinionFailures[opinion, default: 0] += Int64(count)
                }
            }
            watch.add(batch)
            board.add(batch)
            for change in drift.add(batch.commit.observations) { report(change) }
            let told = tally.add(batch)
            for failure in told.opinions {
                log.write(
                    .warning,
                    "a second opinion could not be formed; further ones are only counted",
                    ["opinion": failure.opinion, "reason": failure.reason]
                )
            }
            for field in told.degraded {
                log.write(
                    .warning,
                    "a field is not used as it is logged; further ones are only counted",
                    ["field": field.field, "reason": field.reason]
                )
            }
            let left = ["images": batch.shortened.images, "models": batch.shortened.forgotten.count]
            if let counts = bounded.add(left, at: .now) {
                log.write(
                    .warning,
                    "histories are shortened to memory.history and memory.models: queries are compared with less",
                    ["images": "\(counts["images"] ?? 0)", "models_forgotten": "\(counts["models"] ?? 0)"]
                )
            }
            if let notice = reused.add(batch, at: .now) {
                log.write(
                    .warning,
                    "records have the ids of others, and are scored: ids should be unique",
                    ["records": "\(notice.count)", "model": notice.model.name, "record": notice.record.name]
                )
            }
        }
        let alerts = AlertSettings(configuration)
        let signatureCache = SignatureCache(stateDirectory: configuration.stateDirectory, log: log)
        let start = PipelineStart(
            store: store,
            scoring: scoring,
            // A batch of large images and a slow metric takes longer than the watchdog waits: each piece of it is progress.
            pool: WorkerPool(width: configuration.workers, onPiece: { [heartbeat] in heartbeat.beat() }),
            log: log,
            alerts: alerts.policy,
            isSilent: mode.isReplay,
            calibration: configuration.calibration,
            reader: RetryingReader(reader, log: log, stop: stop),
            zone: configuration.ingest.timeZone,
            coverage: CoverageSettings(configuration.coverage),
            names: ModelNames(configuration.ingest.modelNames),
            stages: stages,
            // A batch that is not scored in two thirds of the time for a stop is dropped, and read again at the next start.
            isAbandoned: { [stop] in stop.isUp(for: StopFlag.grace * 2 / 3) },
            signatureCache: signatureCache,
            now: { clock.now }
        )
        let erasure = PersonErasure(store: store, signatureCache: signatureCache, log: log) { [inbox] in
            inbox.reset()
        }
        var began = ContinuousClock.now
        var probes: HTTPServer?
        defer { probes?.stop() }
        let api = APIStart()
        if case .live = mode { try await repairTime(store) }
        let telling = mode.isReplay ? nil : try await telling(alerts, access, clock)
        try await supervise(mode, signals, access, store, reader, plans, telling, api) {
            var next: DetectorPlans? = plans
            while let plans = next {
                let pause = reload.begin()
                try await erasure.run()
                try await reload.begin(with: store)
                let restored = try await start.restore(
                    plans,
                    seen: RetryingReader(reader, log: log, stop: stop).seen
                )
                if mode.isReplay { inbox.put(try await reader.pendingActions(), in: inbox.round) }
                drift.begin(restored.calibrations)
                show(restored, drift)
                board.begin(restored.scorer.coverage.watch)
                // 5. The outside may look in, now that there is something to see.
                if probes == nil {
                    probes = try startProbes(mode, board)
                    try startAPI(mode, access, api, board, clock)
                    began = .now
                }
                // 6. The path of records, until the end, a signal, or other detectors.
                let source = source(mode, known: restored.sources)
                log.write(.notice, "reading", ["after_sequence": "\(restored.sequence)"])
                ServiceManager.ready(status: "reading")
                let pipeline = Pipeline(
                    settings: settings(mode),
                    scorer: restored.scorer,
                    committer: committer,
                    stop: pause,
                    isAbandoned: { [stop] in stop.isOverdue || start.isAbandoned() },
                    clock: clock,
                    actions: { [inbox] in inbox.take() },
                    stages: stages,
                    onRead: onRead(source),
                    onClock: report
                )
                do {
                    if try await !pipeline.run(source) {
                        log.write(.warning, "stops without the batch that is scored: the next start reads it")
                    }
                } catch StorageError.rewound(let count) where !stop.isRaised {
                    log.write(.error, "\(StorageError.rewound(batches: count))")
                    metrics.add("riskd_database_rewinds_total")
                    continue
                }
                next = reload.next(after: plans)
            }
        }
        await signatureCache.finish()
        await store.close()
        await reader.close()
        return tally.summary(duration: ContinuousClock.now - began, wasInterrupted: stop.isRaised)
    }

    /// What works beside the pipeline, each with a connection of its own.
    struct Telling: Sendable {
        /// Makes messages.
        let notifier: Notifier
        /// Delivers them.
        let deliveries: DeliveryService
        /// Deletes what is due.
        let retention: RetentionService
        /// Shortens what charts read.
        let summariser: SampleSummariser
        /// The connections of all of them.
        let stores: [Store]
    }

    private func telling(
        _ alerts: AlertSettings,
        _ access: DatabaseAccess,
        _ clock: WatchedClock
    ) async throws -> Telling {
        let signal = DeliverySignal()
        var stores: [Store] = []
        for _ in 0..<min(max(1, alerts.endpoints.count), DeliveryService.mostConnections) {
            stores.append(try await Store.connect(access.connectionString))
        }
        let deliveries = try DeliveryService(
            stores,
            alerts,
            signal: signal,
            log: log,
            metrics: metrics,
            clock: clock
        )
        try await deliveries.register(in: stores[0], log: log)
        var others: [Store] = []
        for _ in 0..<3 { others.append(try await Store.connect(access.connectionString)) }
        return Telling(
            notifier: Notifier(
                store: others[0],
                settings: alerts,
                inbox: inbox,
                signal: signal,
                onErasure: { [reload] in reload.request() },
                log: log,
                metrics: metrics,
                now: { clock.now }
            ),
            deliveries: deliveries,
            retention: RetentionService(
                store: others[1],
                policy: configuration.retention,
                log: log,
                now: { clock.now }
            ),
            summariser: SampleSummariser(store: others[2], log: log),
            stores: stores + others
        )
    }

    private func settings(_ mode: Mode) -> Pipeline.Settings {
        let batch = configuration.batch
        var settings = Pipeline.Settings(
            records: batch.records,
            bytes: batch.bytes,
            delay: batch.delay,
            pollInterval: configuration.ingest.pollInterval,
            maximumFuture: configuration.ingest.maximumFuture,
            tick: configuration.scoring.tick
        )
        if case .live = mode { settings.lateness = configuration.scoring.lateness }
        return settings
    }

    private func source(_ mode: Mode, known: [SourceFile]) -> any LineSource & ReadProgress {
        switch mode {
        case .live:
            SourceFactory.followed(configuration.ingest, known: known) { [heartbeat] in heartbeat.beat() }
        case .replay(let files):
            SourceFactory.recorded(files, configuration.ingest, known: known)
        }
    }

    /// A replay serves nothing: it is a command that ends, beside a daemon that may be using the port.
    private func startProbes(_ mode: Mode, _ board: CoverageBoard) throws -> HTTPServer? {
        guard case .live = mode else { return nil }
        let address = configuration.http.listen
        let routes = ProbeRoutes(metrics: metrics, blindness: { board.reasons }) { [service] in
            service.state.unreadiness
        }
        let server = try HTTPServer(address: address.host, port: address.port, log: log) {
            routes.respond(to: $0)
        }
        log.write(.notice, "serving probes and metrics", ["address": address.host, "port": "\(server.port)"])
        return server
    }

    /// Starts to listen for callers of the API; whatever waits for it in ``APIStart`` answers them.
    private func startAPI(
        _ mode: Mode,
        _ access: DatabaseAccess,
        _ start: APIStart,
        _ board: CoverageBoard,
        _ clock: WatchedClock
    ) throws {
        guard case .live = mode, configuration.api.isEnabled else { return }
        let host = try APIHost(
            configuration,
            access.connectionString,
            metrics: metrics,
            service: service,
            blindness: { board.reasons },
            now: { clock.now },
            log: log
        )
        start.begin(host)
        log.write(.notice, "serving the API and the dashboard", host.places(configuration.api))
    }

    /// Reports what is noticed about sources, and tells the service manager that the pipeline moves.
    private func onRead(_ source: any LineSource & ReadProgress) -> (IngestBatch) -> Void {
        let losses = SourceLosses(log: log, metrics: metrics)
        return { [log, metrics, service, progress, heartbeat, allocator] batch in
            for notice in batch.notices {
                metrics.add("riskd_source_notices_total", ["kind": notice.kind.rawValue])
                let isTrouble = [.lost, .truncated, .unreadable, .readBefore].contains(notice.kind)
                let bytes = notice.bytes.map { " (\($0) bytes)" } ?? ""
                let detail = notice.detail.isEmpty ? "" : ": \(notice.detail)"
                log.write(
                    isTrouble ? .warning : .info,
                    notice.kind == .readBefore
                        ? "the file was read before: only what follows is read\(bytes)"
                        : "source \(notice.kind.rawValue)\(detail)\(bytes)",
                    ["path": notice.path]
                )
            }
            losses.add(batch.losses)
            let position = source.progress
            service.update { state in
                state.sources = ServiceState.Sources(
                    isCaughtUp: batch.isCaughtUp,
                    unreadable: batch.unreadableFiles,
                    unfitPaths: batch.unfitPaths,
                    // A source that has grown may have been read past what was looked up before.
                    lagBytes: position.total.map { max(0, $0 - position.read) } ?? state.sources?.lagBytes
                )
            }
            progress(position.read, position.total)
            heartbeat.beat()
            allocator.note(read: batch.bytesRead)
        }
    }
}
