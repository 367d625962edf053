import Pipeline
import Configuration
import Console
import Domain
import EmbeddedPostgres
import Foundation
import Glibc
import RiskdCLI
import RiskdDaemon
import Runtime
import Storage

/// Alerts to a good, a slow and a third endpoint, which works for half of them and is dead for the others, while records are
/// scored beside them.
///
/// Both halves are of one run, in the order works, dead, dead, works: what differs between them is what a dead endpoint costs.
/// All of it is the real thing: `riskd run` in this process, a private PostgreSQL, alerts that the pipeline opens on
/// request in its own transactions, the router, the outbox, signed messages over HTTP.
struct DeliveryBench {
    /// What is asked for.
    struct Size {
        let alerts: Int
        /// Alerts a second.
        let rate: Int
        /// Records a second that are scored beside them.
        let records: Int
    }

    /// What was seen.
    struct Result {
        /// Seconds from the request for an alert to its arrival, by endpoint.
        var arrivals: [String: [Double]] = [:]
        /// Requests that the receivers got, by endpoint.
        var requests: [String: Int] = [:]
        /// How the endpoints stand at the end, by name.
        var statuses: [String: EndpointStatus] = [:]
        /// How records fared in each kind of time.
        var phases: [Phase: PhaseFigures] = [:]
    }

    /// What goes on besides records.
    enum Phase: String, CaseIterable {
        /// No alerts.
        case calm
        /// Alerts to a good, a slow and another good endpoint.
        case works
        /// Alerts to a good, a slow and a dead endpoint.
        case dead
    }

    /// How records fared.
    struct PhaseFigures {
        /// Seconds from a record's line to its commit.
        var records: [Double] = []
        /// CPU seconds of riskd and of PostgreSQL.
        var processor = 0.0
        /// Seconds in all.
        var length = 0.0
    }

    let size: Size
    let images: ImageMaker
    let directory: String
    let terminal: Terminal

    /// In an order in which what drifts weighs on both halves.
    private static let blocks: [Phase] = [.works, .dead, .dead, .works]
    /// How long records are scored without alerts, before them and after.
    private static let calm = Duration.seconds(20)
    /// How long is waited for what has not arrived when all alerts are out.
    private static let patience = Duration.seconds(300)

    /// Runs it.
    ///
    /// - Throws: what kept it from its end.
    func run() async throws -> Result {
        let cluster = try await EmbeddedCluster.start(
            directory: directory + "/postgres",
            log: Log(threshold: .warning)
        )
        let good = try DeliveryReceiver()
        let slow = try DeliveryReceiver(pause: 0.02)
        let third = try DeliveryReceiver()
        let dead = try DeliveryReceiver()
        let receivers = ["good": good, "slow": slow, "third": third, "dead": dead]
        defer { for receiver in receivers.values { receiver.stop() } }
        let result: Swift.Result<Result, any Error>
        do {
            result = .success(try await run(cluster, receivers))
        } catch {
            result = .failure(error)
        }
        await cluster.stop()
        return try result.get()
    }

    private func run(
        _ cluster: EmbeddedCluster,
        _ receivers: [String: DeliveryReceiver]
    ) async throws -> Result {
        let connection = cluster.connectionString
        let log = directory + "/app.ndjson"
        try Data().write(to: URL(filePath: log))
        let configuration = try configuration(connection, log: log, receivers.mapValues(\.port))
        let daemon = Daemon(configuration, log: Log(threshold: .error))
        let running = Task { try await daemon.run(.live) }
        let store = try await connect(connection)
        var result = Result()
        let feed = RecordFeed(log, connection: connection, rate: size.records)
        let images = images
        let feeding = Task { try await feed.run(images) }
        // Each takes a test first; only then one of them dies.
        try await waitForTests(receivers)
        receivers["dead"]?.stop()
        func measured(_ phase: Phase, _ body: () async throws -> Void) async throws {
            _ = feed.take()
            let (began, before) = (ContinuousClock.now, ProcessUse(server: cluster.processID))
            try await body()
            let after = ProcessUse(server: cluster.processID)
            result.phases[phase, default: PhaseFigures()].records += feed.take()
            result.phases[phase, default: PhaseFigures()].processor +=
                after.own + after.server - before.own - before.server
            result.phases[phase, default: PhaseFigures()].length += (ContinuousClock.now - began).inSeconds
        }
        terminal.note("scoring \(size.records) records a second, without alerts")
        try await measured(.calm) { try await Task.sleep(for: Self.calm) }

        var requested: [Int: ContinuousClock.Instant] = [:]
        var progress = Console.Progress("opening alerts", total: size.alerts, on: terminal)
        for (block, phase) in Self.blocks.enumerated() {
            let numbers =
                size.alerts * block / Self.blocks.count..<size.alerts * (block + 1) / Self.blocks.count
            try await measured(phase) {
                let start = ContinuousClock.now
                for number in numbers {
                    try await Task.sleep(
                        until: start + .seconds(1) * (number - numbers.lowerBound) / size.rate
                    )
                    requested[number] = .now
                    let name = DetectorID("bench-\(number)-\(phase.rawValue)")
                    _ = try await store.request(
                        .raise(.detector(name, model: ModelID("bench")), .high, detail: "a benchmark"),
                        by: "riskd-bench",
                        at: .now
                    )
                    progress.update(number + 1)
                }
            }
        }
        progress.finish(size.alerts)
        try await wait(for: receivers)
        terminal.note("scoring on, without alerts")
        try await measured(.calm) { try await Task.sleep(for: Self.calm) }
        feeding.cancel()
        _ = try? await feeding.value

        for (name, receiver) in receivers {
            let ledger = receiver.ledger
            result.requests[name] = ledger.requests
            result.arrivals[name] = ledger.first.compactMap { number, time in
                requested[number].map { (time - $0).inSeconds }
            }
        }
        for status in try await store.endpointStatuses() { result.statuses[status.name] = status }
        await store.close()
        // The daemon takes this process's signals while it runs.
        kill(getpid(), SIGTERM)
        _ = try await running.value
        return result
    }

    /// Connects as soon as the daemon has made the schema.
    private func connect(_ connection: String) async throws -> Store {
        let store = try await Store.connect(connection)
        for _ in 0..<600 {
            if (try? await store.endpointStatuses()) != nil { return store }
            try await Task.sleep(for: .milliseconds(100))
        }
        throw CommandFailure("riskd did not start")
    }

    private func waitForTests(_ receivers: [String: DeliveryReceiver]) async throws {
        for _ in 0..<600 {
            if receivers.values.allSatisfy({ $0.ledger.requests > 0 }) {
                // The last attempts are made durable.
                return try await Task.sleep(for: .seconds(1))
            }
            try await Task.sleep(for: .milliseconds(100))
        }
        throw CommandFailure("the endpoints' tests did not arrive")
    }

    private func wait(for receivers: [String: DeliveryReceiver]) async throws {
        let end = ContinuousClock.now + Self.patience
        var progress = Console.Progress("waiting for the slow endpoint", total: size.alerts, on: terminal)
        while ContinuousClock.now < end {
            let arrived = ["good", "slow"].compactMap { receivers[$0]?.ledger.first.count }.min() ?? 0
            progress.update(arrived)
            if arrived == size.alerts { break }
            try await Task.sleep(for: .milliseconds(200))
        }
        progress.finish(receivers["slow"]?.ledger.first.count ?? 0)
        // The last attempts are made durable.
        try await Task.sleep(for: .seconds(1))
    }

    /// The third endpoint and the dead one share the alerts.
    private static func matcher(of name: String) -> String {
        switch name {
        case "third": "entity=~.*-works"
        case "dead": "entity=~.*-dead"
        default: "entity=~.*"
        }
    }

    private func configuration(
        _ connection: String,
        log: String,
        _ ports: [String: UInt16]
    ) throws -> Configuration {
        let secret = directory + "/secret"
        let isWritten = FileManager.default.createFile(
            atPath: secret,
            contents: Data("whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n".utf8),
            attributes: [.posixPermissions: 0o600]
        )
        guard isWritten else { throw CommandFailure("\(secret) cannot be written") }
        let endpoints = ports.sorted { $0.key < $1.key }.map { name, port in
            """
            {name: \(name), matchers: ["\(Self.matcher(of: name))"], url: "http://127.0.0.1:\(port)/hook", secrets: ["\(secret)"], allow_http: true, \
            allow_networks: [127.0.0.1/32], allow_ports: [\(port)]}
            """
        }
        var configuration = try Configuration.load(
            nil,
            overrides: [
                "http.listen=127.0.0.1:0", "ingest.paths=[\"\(log)\"]",
                "alerting.endpoints=[\(endpoints.joined(separator: ", "))]",
            ]
        )
        configuration.stateDirectory = directory
        configuration.database = Configuration.Secret(connection)
        return configuration
    }
}
