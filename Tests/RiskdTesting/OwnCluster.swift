import EmbeddedPostgres
import Glibc
import Runtime

/// A PostgreSQL server for one test that wants to stop and start it.
package actor OwnCluster {
    private let directory = TestCluster.temporaryDirectory("own")
    private let settings: [String: String]
    private var cluster: EmbeddedCluster?

    /// A server that does not run yet.
    ///
    /// - Parameter settings: of the server, beside or instead of those of all tests.
    package init(_ settings: [String: String] = [:]) { self.settings = settings }

    /// The process of the server; nil while it does not run.
    package var process: Int32? { cluster?.processID }

    /// Starts the server, for the first time or again, at the same address.
    ///
    /// - Parameter isStandby: whether it comes up read-only, until it is promoted; such a server must have been started with
    ///   `wal_level=replica` before.
    /// - Returns: how to connect to it.
    /// - Throws: `EmbeddedPostgresError`.
    @discardableResult
    package func start(isStandby: Bool = false) async throws -> String {
        if isStandby { close(open(directory + "/data/standby.signal", O_WRONLY | O_CREAT, 0o644)) }
        var options = EmbeddedCluster.Options()
        TestCluster.configure(&options, ["max_connections": "40"].merging(settings) { $1 })
        let cluster = try await EmbeddedCluster.start(
            directory: directory,
            options: options,
            log: TestCluster.silentLog
        )
        self.cluster = cluster
        return cluster.connectionString
    }

    /// Shuts the server down; its connections break.
    package func stop() async {
        await cluster?.stop()
        cluster = nil
    }

    /// Stops the server and removes all that it wrote.
    package func remove() async {
        await stop()
        removeTemporaryDirectory(directory)
    }
}
