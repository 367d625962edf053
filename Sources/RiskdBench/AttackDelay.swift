import Configuration
import Console
import Domain
import EmbeddedPostgres
import Foundation
import Glibc
import Ingest
import Pipeline
import PostgresClient
import Recomputing
import Recordings
import RiskdCLI
import RiskdDaemon
import Runtime
import Scoring
import Storage

/// How long it takes from the query that tips a level to the receiver's copy of the alert.
///
/// Recorded attacks are written into a followed log as they would be by a server: each line when its time has come, with that
/// time. Every attack is on a model of its own, so that none waits for another. The rest is `riskd run` with its defaults.
struct AttackDelay {
    let attacks: Int
    /// Where the recorded trace is.
    let fixture: String
    let directory: String
    let cluster: EmbeddedCluster

    /// What was seen.
    struct Result {
        /// Seconds from the line of the tipping tick's first query to the request at the receiver.
        var seconds: [Double] = []
        /// Levels that were reached and not told of.
        var lost = 0
        /// Requests that the receiver got.
        var requests = 0
    }

    /// One line of an attack, and how long after the attack's begin it is written.
    private struct Step {
        let line: [UInt8]
        let offset: Duration
    }

    /// Who attacks in the recorded trace, with hundreds of queries in a minute or two.
    private static let attackers = ["user-007", "user-030", "user-037"]
    /// How much of an attack is played: by then it is critical.
    private static let length = Duration.seconds(60)
    /// Between the begins of two attacks: no whole number of ticks.
    private static let stagger = Duration.milliseconds(1137)

    /// Runs attacks on a private cluster.
    ///
    /// - Parameters:
    ///   - attacks: how many.
    ///   - fixture: where the recorded trace is.
    ///   - directory: where to work.
    ///   - terminal: told what is done.
    /// - Returns: what was seen.
    /// - Throws: what kept it from its end.
    static func run(
        _ attacks: Int,
        fixture: String,
        directory: String,
        terminal: Terminal
    ) async throws -> Result {
        terminal.note("attacks, from the query that tips a level to the receiver")
        let cluster = try await EmbeddedCluster.start(
            directory: directory + "/postgres",
            log: Log(threshold: .warning)
        )
        let result: Swift.Result<Result, any Error>
        do {
            let delay = AttackDelay(
                attacks: attacks,
                fixture: fixture,
                directory: directory,
                cluster: cluster
            )
            result = .success(try await delay.run())
        } catch {
            result = .failure(error)
        }
        await cluster.stop()
        return try result.get()
    }

    private func run() async throws -> Result {
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        let log = directory + "/app.ndjson"
        let file = try LogFile(log)
        let receiver = try DeliveryReceiver(isKeeping: true)
        defer { receiver.stop() }
        let configuration = try configuration(log: log, port: receiver.port)
        let path = try calibrationLog()
        try await calibrate(configuration, from: path)
        let daemon = Daemon(configuration, log: Log(threshold: .error))
        let running = Task { try await daemon.run(.live) }
        // The endpoint's test says that all is up.
        for _ in 0..<600 where receiver.ledger.requests == 0 { try await Task.sleep(for: .milliseconds(100)) }
        guard receiver.ledger.requests > 0 else { throw CommandFailure("the endpoint's test did not arrive") }
        let written = try await play(into: file)
        try await Task.sleep(for: .seconds(10))
        kill(getpid(), SIGTERM)
        _ = try await running.value
        return try await result(receiver.ledger, written)
    }

    private func model(_ number: Int) -> String { "attacked-\(number)" }

    /// The recorded benign traffic, once for each model.
    private func calibrationLog() throws -> String {
        let copies = try LogFile(directory + "/calibration.ndjson")
        for number in 0..<attacks {
            try RecordedLines(path: fixture + "/fashion-calibration.ndjson.xz").forEach { line in
                copies.append(renamed(line.bytes, model: model(number)) + "\n")
                return true
            }
        }
        copies.flush()
        return copies.path
    }

    private func renamed(_ line: [UInt8], model: String, id: String? = nil) -> String {
        var text = String(decoding: line, as: UTF8.self)
            .replacing("\"model\":\"fashion\"", with: "\"model\":\"\(model)\"", maxReplacements: 1)
        if let id { text = text.replacing(/"id":"[^"]*"/, with: "\"id\":\"\(id)\"", maxReplacements: 1) }
        return text
    }

    /// Writes every line when its time has come.
    ///
    /// - Returns: when, by record.
    private func play(into file: LogFile) async throws -> [String: ContinuousClock.Instant] {
        let recorded = try Self.attackers.map(steps)
        var due: [(at: Duration, attack: Int, step: Int)] = []
        for attack in 0..<attacks {
            for (number, step) in recorded[attack % recorded.count].enumerated() {
                due.append((Self.stagger * attack + step.offset, attack, number))
            }
        }
        due.sort { ($0.at, $0.attack, $0.step) < ($1.at, $1.attack, $1.step) }
        var written: [String: ContinuousClock.Instant] = [:]
        let start = ContinuousClock.now
        for (at, attack, number) in due {
            try await Task.sleep(until: start + at)
            let step = recorded[attack % recorded.count][number]
            let now = TracePlayer(speed: 1, start: Timestamp.now)
            guard let line = now.rewritten(step.line, first: nil)?.line else { continue }
            let id = "\(model(attack))-\(number)"
            file.append(renamed(line, model: model(attack), id: id) + "\n")
            written[id] = .now
            file.flush()
        }
        return written
    }

    private func steps(of attacker: String) throws -> [Step] {
        var (first, steps) = (Timestamp?.none, [Step]())
        let decoder = RecordDecoder()
        try RecordedLines(path: fixture + "/fashion-dev.ndjson.xz").forEach { line in
            guard case .record(let record) = decoder.decode(line), record.user.name == attacker else {
                return true
            }
            first = first ?? record.time
            let offset = Duration.milliseconds(record.time.milliseconds - (first ?? record.time).milliseconds)
            guard offset < Self.length else { return false }
            steps.append(Step(line: line.bytes, offset: offset))
            return true
        }
        return steps
    }

    /// Every level that alerts and was reached on account of an attack, with the first query of the tick that tipped it, against
    /// what arrived of that attack: its user's alert, or the campaign's or model's that holds the user's back.
    private func result(
        _ ledger: DeliveryReceiver.Ledger,
        _ written: [String: ContinuousClock.Instant]
    ) async throws -> Result {
        var result = Result(requests: ledger.requests)
        let told = ledger.kept.compactMap { instant, body -> (ContinuousClock.Instant, String, Level)? in
            guard let data = try? JSONValue(parsing: body)["data"], let model = data["model"].string,
                let word = data["risk"]["level"].string,
                let level = Level.allCases.first(where: { $0.description == word })
            else { return nil }
            return (instant, model, level)
        }
        let session = try await PostgresSession.connect(cluster.connectionString)
        let rows = try await session.query(
            """
            select distinct on (c.model, c.to_level) c.model, c.to_level, (
                select record_id from riskd.observation o where o.model = c.model and o.tick = c.tick
                order by sequence limit 1
            )
            from riskd.level_change c
            where c.entity_kind in ('user', 'campaign', 'model') and c.to_level > c.from_level and c.to_level >= \(Int64(Level.high.rawValue))
            order by c.model, c.to_level, c.tick
            """
        )
        for row in rows {
            var fields = row.fields
            let model = try fields.next(String.self)
            let level = try fields.next(Int64.self)
            guard let query = try fields.next(String?.self).flatMap({ written[$0] }) else { continue }
            let arrivals = told.compactMap { arrival, other, reached -> ContinuousClock.Instant? in
                other == model && Int64(reached.rawValue) >= level && arrival >= query ? arrival : nil
            }
            if let arrival = arrivals.min() {
                result.seconds.append((arrival - query).inSeconds)
            } else {
                result.lost += 1
            }
        }
        await session.close()
        return result
    }

    private func calibrate(_ configuration: Configuration, from path: String) async throws {
        let run = CalibrationRun(configuration, plans: try DetectorPlans(configuration))
        let built = try await run.build(from: [path]) { _, _ in }
        let store = try await Store.connect(cluster.connectionString)
        try await store.migrate()
        for named in built.calibrations.map({ NamedCalibration($0.calibration) }) {
            try await store.saveArtefact(
                id: named.id,
                kind: "calibration",
                body: named.calibration.artefact()
            )
            try await store.activate(
                CalibrationActivation(
                    model: named.calibration.model,
                    stratum: nil,
                    calibration: named.id,
                    actor: "riskd-bench",
                    isForced: true,
                    reason: "a benchmark"
                )
            )
        }
        await store.close()
    }

    private func configuration(log: String, port: UInt16) throws -> Configuration {
        let secret = directory + "/secret"
        let isWritten = FileManager.default.createFile(
            atPath: secret,
            contents: Data("whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n".utf8),
            attributes: [.posixPermissions: 0o600]
        )
        guard isWritten else { throw CommandFailure("\(secret) cannot be written") }
        var configuration = try Configuration.load(
            nil,
            overrides: [
                "http.listen=127.0.0.1:0", "api.listen=127.0.0.1:0", "ingest.paths=[\"\(log)\"]",
                """
                alerting.endpoints=[{name: receiver, url: "http://127.0.0.1:\(port)/hook", secrets: ["\(secret)"], \
                allow_http: true, allow_networks: [127.0.0.1/32], allow_ports: [\(port)]}]
                """,
            ]
        )
        configuration.stateDirectory = directory
        configuration.database = Configuration.Secret(cluster.connectionString)
        return configuration
    }
}
