import Foundation
import Glibc
import PostgresClient
import RiskdTesting
import Testing

/// A folder with logs, and a database: what one test's `riskd` reads and writes.
final class Sandbox {
    let directory: URL
    /// How the test, and `riskd` unless told otherwise, reaches the database.
    let database: String
    /// Given to every `riskd`, as `KEY=VALUE`.
    var settings = [
        "http.listen=127.0.0.1:0", "api.listen=127.0.0.1:0", "ingest.poll_interval=20ms",
        "ingest.rotated_grace=1s",
        // Small: what similarity finds is not what these tests look at.
        "similarity.history.entries=300", "workers=2",
    ]
    /// The configuration file, if there is one.
    var configuration: String?
    private var session: PostgresSession?
    private var started: [DaemonProcess] = []

    init(database: String? = nil) async throws {
        directory = URL(fileURLWithPath: TestCluster.temporaryDirectory("e2e"))
        if let database {
            self.database = database
        } else {
            self.database = try await TestCluster.freshDatabase()
        }
    }

    deinit {
        for daemon in started where daemon.isRunning { Glibc.kill(daemon.identifier, SIGKILL) }
        removeTemporaryDirectory(directory.path)
    }

    // MARK: Files

    func path(_ name: String = "app.ndjson") -> String { directory.appendingPathComponent(name).path }

    func append(_ text: String, to name: String = "app.ndjson") throws {
        try append(Array(text.utf8), to: name)
    }

    func append(_ bytes: [UInt8], to name: String = "app.ndjson") throws {
        let descriptor = open(path(name), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o644)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            try #require(count > 0)
            rest = rest.dropFirst(count)
        }
    }

    // MARK: Processes

    /// The flags that every command of this sandbox takes.
    var flags: [String] {
        (configuration.map { ["--config", $0] } ?? [])
            + (settings + ["database=\(database)"]).flatMap { ["--set", $0] }
    }

    /// Starts `riskd run`; its database may be reached another way than the test's.
    func start(
        following patterns: [String] = ["app.ndjson"],
        _ more: [String] = [],
        environment: [String: String] = [:]
    ) throws -> DaemonProcess {
        let follow = patterns.flatMap { ["--follow", path($0)] }
        return try begin(["run"] + flags + follow + more, environment: environment)
    }

    /// Starts any command as it stands.
    func begin(_ arguments: [String], environment: [String: String] = [:]) throws -> DaemonProcess {
        let daemon = try DaemonProcess(arguments, in: directory, environment: environment)
        started.append(daemon)
        return daemon
    }

    /// Starts `riskd run` and waits until it reads.
    func startReading(following patterns: [String] = ["app.ndjson"]) async throws -> DaemonProcess {
        let daemon = try start(following: patterns)
        try await isReading(daemon)
        return daemon
    }

    /// Waits until a `riskd run` reads.
    func isReading(_ daemon: DaemonProcess) async throws {
        try await eventually("riskd reads", { daemon.errors }) {
            try #require(daemon.isRunning, "riskd ended: \(daemon.errors)")
            return daemon.errors.contains("reading after_sequence")
        }
    }

    /// Runs a command of this sandbox's database to its end.
    @discardableResult
    func run(_ arguments: [String]) async throws -> DaemonProcess.Result {
        try await DaemonProcess.run(arguments + flags, in: directory)
    }

    /// Runs a command that must succeed.
    @discardableResult
    func succeed(
        _ arguments: [String],
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> DaemonProcess.Result {
        let result = try await run(arguments)
        let words = arguments.joined(separator: " ")
        try #require(result.code == 0, "riskd \(words): \(result.errors)", sourceLocation: sourceLocation)
        return result
    }

    // MARK: The database

    /// A connection of the test's own.
    func sql() async throws -> PostgresSession {
        if let session, await !session.isBroken { return session }
        let new = try await PostgresSession.connect(database, applicationName: "test")
        session = new
        return new
    }

    /// Makes a new connection for the next query: the server was stopped.
    func disconnect() async {
        await session?.close()
        session = nil
    }

    /// The first column of a query's rows, as whole numbers.
    func numbers(_ query: String) async throws -> [Int] {
        try await sql().query(PostgresQuery(unsafeSQL: query)).map { try $0.only(Int.self) }
    }

    /// The first column of a query's rows, as text.
    func texts(_ query: String) async throws -> [String] {
        try await sql().query(PostgresQuery(unsafeSQL: query)).map { try $0.only(String.self) }
    }

    /// Runs statements for their effect.
    func execute(_ statements: String) async throws { try await sql().execute(unsafeSQL: statements) }

    /// How many records are stored; 0 before there is a schema.
    func count() async throws -> Int {
        let session = try await sql()
        let exists = try await session.query("select to_regclass('riskd.observation') is not null")
        guard try exists.first?.only(Bool.self) == true else { return 0 }
        return try await session.query("select count(*) from riskd.observation").first?.only(Int.self) ?? 0
    }

    /// Waits until so many records are stored.
    func stores(
        _ count: Int,
        _ daemon: DaemonProcess,
        within patience: Duration = .seconds(60)
    ) async throws {
        try await eventually("\(count) records are stored", within: patience, { daemon.errors }) {
            try await self.count() >= count
        }
    }

    /// One line of text per row: what dead letters there are, as offset and reason, in order.
    func deadLetters() async throws -> [DeadLetterRow] {
        let rows = try await sql().query(
            "select position_offset, length, reason, body from riskd.dead_letter order by path, position_offset"
        )
        return try rows.map { row in
            var fields = row.fields
            return DeadLetterRow(
                offset: try fields.next(),
                length: try fields.next(),
                reason: try fields.next(),
                body: try fields.next()
            )
        }
    }

    /// Waits until so many lines were refused.
    func refuses(_ count: Int, _ daemon: DaemonProcess) async throws {
        try await eventually("\(count) lines are refused", { daemon.errors }) {
            try await self.sql().query("select count(*) from riskd.dead_letter").first?.only(Int.self) ?? 0
                >= count
        }
    }

    /// Checks that exactly these records are stored, each once, every user's in the order given.
    func holdsExactly(
        _ expected: [(id: String, user: String)],
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let rows = try await sql().query(
            "select record_id, user_name from riskd.observation order by sequence"
        )
        let stored = try rows.map { row in
            var fields = row.fields
            return (id: try fields.next(String.self), user: try fields.next(String.self))
        }
        let ids = stored.map(\.id)
        let lost = Set(expected.map(\.id)).subtracting(ids)
        let added = Set(ids).subtracting(expected.map(\.id))
        #expect(
            lost.isEmpty,
            "\(lost.count) lost: \(lost.sorted().prefix(5))",
            sourceLocation: sourceLocation
        )
        #expect(
            added.isEmpty,
            "\(added.count) not written: \(added.prefix(5))",
            sourceLocation: sourceLocation
        )
        #expect(ids.count == Set(ids).count, "records are stored twice", sourceLocation: sourceLocation)
        let byUser = Dictionary(grouping: stored, by: \.user).mapValues { $0.map(\.id) }
        let written = Dictionary(grouping: expected, by: \.user).mapValues { $0.map(\.id) }
        let disordered = written.filter { byUser[$0] != $1 }.keys.sorted()
        #expect(disordered.isEmpty, "the order of a user's records changed", sourceLocation: sourceLocation)
        let last = try await sql().query("select sequence from riskd.pipeline").first?.only(Int64.self)
        #expect(last == Int64(expected.count), "the sequence has gaps", sourceLocation: sourceLocation)
    }
}

/// A dead letter as it is stored.
struct DeadLetterRow: Equatable {
    let offset: Int64
    let length: Int64
    let reason: String
    let body: [UInt8]

    var text: String { String(decoding: body, as: UTF8.self) }
}
