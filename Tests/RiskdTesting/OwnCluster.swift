import EmbeddedPostgres
import Runtime

/// A PostgreSQL server for one test that wants to stop and start it.
package actor OwnCluster {
    private let directory = TestCluster.temporaryDirectory("own")
    private var cluster: EmbeddedCluster?

    /// A server that does not run yet.
    package init() {}

    /// Starts the server, for the first time or again, at the same address.
    ///
    /// - Returns: how to connect to it.
    /// - Throws: `EmbeddedPostgresError`.
    @discardableResult
    package func start() async throws -> String {
        var options = EmbeddedCluster.Options()
        options.isDurable = false
        options.settings = ["shared_buffers": "32MB", "max_connections": "40"]
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
