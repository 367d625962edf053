@preconcurrency import Dispatch
import Glibc
package import Runtime

/// A private PostgreSQL server that this process starts, owns and stops.
///
/// It listens on a Unix socket only, in a folder of its own, lets only this account in, never runs as root, and
/// shuts down by itself when this process dies, or when the last reference to this object goes.
package final class EmbeddedCluster: Sendable {
    /// How to run the server.
    package struct Options: Sendable {
        /// The folder of `initdb` and `postgres`; found by itself when nil.
        package var binaries: String?
        /// The account of the server where riskd runs as root.
        package var account = "postgres"
        /// Whether a commit survives a power failure; false is for tests.
        package var isDurable = true
        /// Further server settings, such as `shared_buffers`.
        package var settings: [String: String] = [:]
        /// How long a start, crash recovery included, may take.
        package var startTimeout: Duration = .seconds(300)
        /// How long to wait for an older server of the same cluster to end.
        package var handoverTimeout: Duration = .seconds(60)

        /// The defaults.
        package init() {}
    }

    /// How to connect; holds no secret.
    package let connectionString: String
    private let server: ChildProcess
    private let lock: ClusterLock
    private let log: Log

    private init(connectionString: String, server: ChildProcess, lock: ClusterLock, log: Log) {
        self.connectionString = connectionString
        self.server = server
        self.lock = lock
        self.log = log
    }

    deinit { server.send(SIGINT) }

    /// Starts the cluster of a folder, creating it where there is none, and waits until it accepts connections.
    ///
    /// - Parameters:
    ///   - directory: the cluster's own folder; made if missing.
    ///   - options: how to run the server.
    ///   - log: gets what happens.
    /// - Returns: the running cluster.
    /// - Throws: `EmbeddedPostgresError`.
    package static func start(
        directory: String,
        options: Options = Options(),
        log: Log
    ) async throws(EmbeddedPostgresError) -> EmbeddedCluster {
        try await blocking { () throws(EmbeddedPostgresError) in
            try ClusterStarter(directory: directory, options: options, log: log).start {
                string,
                server,
                lock in
                EmbeddedCluster(connectionString: string, server: server, lock: lock, log: log)
            }
        }
    }

    /// Whether a folder is still without a cluster, which ``start(directory:options:log:)`` would create.
    ///
    /// - Parameter directory: the cluster's folder.
    /// - Returns: whether there is none.
    /// - Throws: `EmbeddedPostgresError.notInstalled` when the programs for creating one are missing.
    package static func isMissing(in directory: String) throws(EmbeddedPostgresError) -> Bool {
        guard !Files.exists(ClusterLayout(directory).data) else { return false }
        _ = try PostgresBinaries.find(configured: nil, version: nil)
        return true
    }

    /// How to connect to a cluster that another process owns.
    ///
    /// - Parameter directory: the cluster's folder.
    /// - Returns: the connection string.
    /// - Throws: `EmbeddedPostgresError.notRunning` when no server is ready there.
    package static func connectionString(of directory: String) throws(EmbeddedPostgresError) -> String {
        let layout = ClusterLayout(directory)
        guard let lines = layout.postmasterLines(), lines.count >= 8,
            lines[7].hasPrefix("ready"), let process = pid_t(lines[0]), layout.processes().contains(process)
        else { throw .notRunning(directory: layout.directory) }
        return connectionString(socketDirectory: lines[4])
    }

    static func connectionString(socketDirectory: String) -> String {
        var quoted = ""
        for character in socketDirectory {
            if character == "'" || character == "\\" { quoted.append("\\") }
            quoted.append(character)
        }
        return "host='\(quoted)' port=5432 user=riskd dbname=riskd"
    }

    /// The server's process id; nil once it has ended.
    package var processID: Int32? { server.processID }

    /// Shuts the server down and waits for its end; what was committed is kept.
    package func stop() async {
        await Self.blocking { [self] in stopNow() }
    }

    /// As ``stop()``, for callers outside tasks, such as `atexit`; blocks the thread.
    package func stopNow() {
        server.send(SIGINT)
        if server.wait(seconds: 60) == nil {
            log.write(.warning, "the private database did not shut down in time and is stopped at once")
            server.send(SIGQUIT)
            if server.wait(seconds: 10) == nil { server.send(SIGKILL) }
            _ = server.wait(seconds: 10)
        }
        lock.release()
    }

    /// Waits until the server has ended, whoever ended it, or the task is cancelled.
    package func waitUntilEnd() async {
        while server.status == nil {
            do { try await Task.sleep(for: .milliseconds(200)) } catch { return }
        }
    }

    private static func blocking<Success: Sendable, Failure: Error>(
        _ body: @escaping @Sendable () throws(Failure) -> Success
    ) async throws(Failure) -> Success {
        let result: Result<Success, Failure> = await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                do throws(Failure) {
                    continuation.resume(returning: .success(try body()))
                } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
        }
        return try result.get()
    }
}
