import Configuration
import Domain
import EmbeddedPostgres
import Foundation
import Glibc
import RiskdCLI
import RiskdDaemon
import Runtime
import Storage

/// Alerts to three endpoints, of which one is slow and one is dead, while records are scored beside them.
///
/// All of it is the real thing: `riskd run` in this process, a private PostgreSQL, alerts that the pipeline opens on
/// request in its own transactions, the router, the outbox, signed messages over HTTP.
struct DeliveryBench {
    /// What is asked for.
    struct Size {
        /// Alerts in all.
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
        /// Seconds from a record's line to its commit, before alerts and with them.
        var calm: [Double] = []
        var loaded: [Double] = []
    }

    let size: Size
    let images: Picture
    let directory: String
    let terminal: Terminal

    /// How long records are scored without alerts first.
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
        let dead = try DeliveryReceiver()
        dead.stop()
        let receivers = ["good": good, "slow": slow]
        defer { for receiver in receivers.values { receiver.stop() } }
        let result: Swift.Result<Result, any Error>
        do {
            let ports = ["good": good.port, "slow": slow.port, "dead": dead.port]
            result = .success(try await run(cluster.connectionString, ports, receivers))
        } catch {
            result = .failure(error)
        }
        await cluster.stop()
        return try result.get()
    }

    private func run(
        _ connection: String,
        _ ports: [String: UInt16],
        _ receivers: [String: DeliveryReceiver]
    ) async throws -> Result {
        let log = directory + "/app.ndjson"
        try Data().write(to: URL(filePath: log))
        let configuration = try configuration(connection, log: log, ports)
        let daemon = Daemon(configuration, log: Log(threshold: .error))
        let running = Task { try await daemon.run(.live) }
        let store = try await connect(connection)
        var result = Result()
        let feed = RecordFeed(log, connection: connection, rate: size.records)
        let images = images
        let feeding = Task { try await feed.run(images) }
        terminal.note("scoring \(size.records) records a second, without alerts")
        try await Task.sleep(for: Self.calm)
        result.calm = feed.take()

        var requested: [Int: ContinuousClock.Instant] = [:]
        var progress = RiskdCLI.Progress("opening alerts", total: size.alerts, on: terminal)
        let start = ContinuousClock.now
        for number in 0..<size.alerts {
            let due = start + .seconds(1) * number / size.rate
            try await Task.sleep(until: due)
            requested[number] = .now
            let subject = AlertSubject.detector(DetectorID("bench-\(number)"), model: ModelID("bench"))
            _ = try await store.request(
                .raise(subject, .high, detail: "a benchmark"),
                by: "riskd-bench",
                at: .now
            )
            progress.update(number + 1)
        }
        progress.finish(size.alerts)
        result.loaded = feed.take()
        try await wait(for: receivers)
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

    private func wait(for receivers: [String: DeliveryReceiver]) async throws {
        let end = ContinuousClock.now + Self.patience
        var progress = RiskdCLI.Progress("waiting for the slow endpoint", total: size.alerts, on: terminal)
        while ContinuousClock.now < end {
            let arrived = receivers.values.map(\.ledger.first.count).min() ?? 0
            progress.update(arrived)
            if arrived == size.alerts { break }
            try await Task.sleep(for: .milliseconds(200))
        }
        progress.finish(receivers.values.map(\.ledger.first.count).min() ?? 0)
        // The last attempts are made durable.
        try await Task.sleep(for: .seconds(1))
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
            {name: \(name), url: "http://127.0.0.1:\(port)/hook", secrets: ["\(secret)"], allow_http: true, \
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
