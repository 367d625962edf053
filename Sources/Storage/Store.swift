import Domain
import PostgresClient

/// riskd's database: the only place with SQL.
///
/// One process at a time writes: it takes ownership first. Any number may read.
package actor Store {
    let session: PostgresSession
    /// Names this writer in the pipeline's row; another one there means that this one was replaced.
    private(set) var owner: String?
    /// The tick length that the database is scored with, in milliseconds.
    private(set) var tickMilliseconds: Int64?
    /// Partitions that are known to exist.
    var partitions: Set<Partition> = []
    /// The server's process that took the writer's lock last; it may outlive the connection to it.
    private var holder: Int32 = 0

    private init(_ session: PostgresSession) { self.session = session }

    /// What a connection is for.
    package enum Purpose: Sendable {
        case anything
        /// Questions of people: nothing is written, and a statement ends after some seconds.
        case questions(atMost: Duration)
        /// Requests of people: a statement ends after some seconds.
        case requests(atMost: Duration)

        fileprivate var settings: String {
            switch self {
            case .anything: ""
            case .questions(let time):
                "set statement_timeout = \(time.wholeMilliseconds); set default_transaction_read_only = on;"
            case .requests(let time): "set statement_timeout = \(time.wholeMilliseconds);"
            }
        }
    }

    /// Connects.
    ///
    /// - Parameters:
    ///   - connectionString: libpq's keywords and values, or a URI; never printed.
    ///   - purpose: what for.
    /// - Returns: the store; its schema may still have to be migrated.
    /// - Throws: `StorageError`.
    package static func connect(
        _ connectionString: String,
        for purpose: Purpose = .anything
    ) async throws(StorageError) -> Store {
        try await storing {
            let session = try await PostgresSession.connect(
                connectionString,
                applicationName: "riskd",
                preamble: "set search_path = riskd;" + purpose.settings
            )
            return Store(session)
        }
    }

    /// Closes the connection and, with it, gives up ownership.
    package func close() async {
        await session.close()
        owner = nil
    }

    /// Breaks the connection now, even under a statement that waits for a server that hangs, and for good: the program ends.
    package nonisolated func interrupt() { session.interrupt() }

    /// The advisory lock of the one writer: the bytes of "riskd".
    private static let ownerLock: Int64 = 0x72_69_73_6B_64

    /// Makes this process the database's one writer.
    ///
    /// - Parameters:
    ///   - name: who it is, for people, such as host name and process id.
    ///   - tickLength: the configured tick length, which must be the one that the database is scored with.
    ///   - patience: how long to wait for an older writer to go.
    /// - Throws: `StorageError.owned`, `.tickLength`, `.notMigrated`, `.newerSchema` or `.database`.
    package func takeOwnership(
        name: String,
        tickLength: Duration,
        waitingFor patience: Duration = .zero
    ) async throws(StorageError) {
        try await checkSchema()
        try await lock(waitingFor: patience)
        let token = "\(name) \(String(UInt64.random(in: .min ... .max), radix: 16))"
        let milliseconds = tickLength.wholeMilliseconds
        let stored = try await storing {
            try await session.transaction { session in
                let rows = try session.query("select tick_ms from pipeline for update")
                guard let row = rows.first else { throw StorageError.corrupt("pipeline has no row") }
                let stored = try row.only(Int64?.self)
                guard stored ?? milliseconds == milliseconds else { return stored ?? milliseconds }
                try session.run("update pipeline set owner = \(token), tick_ms = \(milliseconds)")
                return milliseconds
            }
        }
        guard stored == milliseconds else {
            throw .tickLength(stored: stored, configured: milliseconds)
        }
        owner = token
        tickMilliseconds = milliseconds
    }

    private func lock(waitingFor patience: Duration) async throws(StorageError) {
        let end = ContinuousClock.now + patience
        while true {
            let isTaken = try await storing {
                try await session.query("select pg_try_advisory_lock(\(Self.ownerLock))").first?.only(
                    Bool.self
                )
            }
            if isTaken == true {
                holder = await session.serverProcess
                return
            }
            guard ContinuousClock.now < end, !Task.isCancelled else { throw .owned }
            try? await Task.sleep(for: .milliseconds(50))
        }
    }

    /// Makes a new connection after the old one broke, and takes ownership again if there was any.
    ///
    /// - Throws: `StorageError.fenced` when another writer has taken over meanwhile; `.standby` when there is none to write
    ///   to; else as connecting.
    package func reconnect() async throws(StorageError) {
        try await storing { try await session.reconnect() }
        partitions = []
        guard let owner else { return }
        // What a standby says of owners may be old.
        guard try await !isStandby() else { throw .standby }
        // A server that has not noticed the break would hold the lock, and might still commit.
        let (high, low) = (Self.ownerLock >> 32, Self.ownerLock & 0xFFFF_FFFF)
        try await storing {
            try await session.run(
                """
                select pg_terminate_backend(pid) from pg_locks
                where locktype = 'advisory' and pid = \(Int64(holder)) and pid <> pg_backend_pid()
                    and classid::bigint = \(high) and objid::bigint = \(low) and objsubid = 1
                    and database = (select oid from pg_database where datname = current_database())
                """
            )
        }
        try await checkPlace(owner)
        do throws(StorageError) {
            try await lock(waitingFor: .seconds(10))
        } catch .owned {
            // Who took over says so in the row that was just looked at, or will: until then somebody only holds the lock.
            throw .database(.lockHeld)
        }
        try await checkPlace(owner)
    }

    /// Whether the server is a standby.
    func isStandby() async throws(StorageError) -> Bool {
        try await storing {
            try await session.query("select pg_is_in_recovery()").first?.only(Bool.self) ?? false
        }
    }

    /// Makes sure that this process is still the database's one writer: a quiet one would not notice for long.
    ///
    /// - Throws: `StorageError.fenced` when another has taken over; else as ``reconnect()``.
    package func keepPlace() async throws(StorageError) {
        guard let owner else { throw .notOwner }
        if await !session.isBroken {
            do throws(StorageError) {
                return try await checkPlace(owner)
            } catch {
                // A connection may turn out to be broken only when it is used; the lock went with it.
                guard await session.isBroken else { throw error }
            }
        }
        try await reconnect()
    }

    private func checkPlace(_ owner: String) async throws(StorageError) {
        let current = try await storing {
            try await session.query("select owner from riskd.pipeline").first?.only(String?.self)
        }
        guard current == owner else { throw .fenced }
    }

    /// The last writer of the database, as it named itself: host, process id, and a random number.
    ///
    /// - Returns: its name; nil when there never was one.
    /// - Throws: `StorageError.database`.
    package func currentOwner() async throws(StorageError) -> String? {
        try await storing {
            try await session.query("select owner from riskd.pipeline").first?.only(String?.self)
        }
    }

    /// Whether the database answers; a broken connection is made anew.
    package var isReachable: Bool {
        get async {
            do {
                if await session.isBroken { try await session.reconnect() }
                _ = try await session.query("select 1")
                return true
            } catch {
                return false
            }
        }
    }

    /// Whether the connection is gone and ``reconnect()`` is needed.
    package var isBroken: Bool {
        get async { await session.isBroken }
    }
}

extension Timestamp {
    var postgres: PostgresTimestamp { PostgresTimestamp(milliseconds: milliseconds) }

    init(_ time: PostgresTimestamp) { self.init(milliseconds: time.milliseconds) }
}
