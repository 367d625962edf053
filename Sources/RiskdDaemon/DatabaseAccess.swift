package import Configuration
package import EmbeddedPostgres
package import Runtime

/// The way to the database: a server that the configuration names, or the embedded cluster.
package struct DatabaseAccess: Sendable {
    /// Whether a command runs the pipeline, or only looks and leaves.
    package enum Purpose: Sendable {
        /// Owns the embedded cluster for as long as it runs.
        case pipeline
        /// Uses the cluster of a riskd that is running, or starts it for a moment.
        case visit
    }

    /// How to connect; never printed.
    package let connectionString: String
    /// The cluster that this process started.
    package let cluster: EmbeddedCluster?

    /// Makes the database reachable.
    ///
    /// - Parameters:
    ///   - configuration: names a server, or where the embedded cluster is.
    ///   - purpose: what it is for.
    ///   - log: gets what the embedded cluster does.
    /// - Returns: the way.
    /// - Throws: `EmbeddedPostgresError`.
    package static func open(
        _ configuration: Configuration,
        for purpose: Purpose,
        log: Log
    ) async throws(EmbeddedPostgresError) -> DatabaseAccess {
        if let database = configuration.database {
            return DatabaseAccess(connectionString: database.value, cluster: nil)
        }
        let directory = configuration.stateDirectory + "/postgres"
        if purpose == .visit, let running = running(in: directory) { return running }
        do throws(EmbeddedPostgresError) {
            let cluster = try await EmbeddedCluster.start(directory: directory, log: log)
            return DatabaseAccess(connectionString: cluster.connectionString, cluster: cluster)
        } catch {
            // Somebody else started it in the meantime.
            if case .inUse = error, purpose == .visit, let running = running(in: directory) { return running }
            throw error
        }
    }

    /// Whether the configured database is an embedded cluster that nobody has started yet.
    ///
    /// - Parameter configuration: names a server, or where the embedded cluster is.
    /// - Returns: whether opening it would create a cluster.
    /// - Throws: `EmbeddedPostgresError.notInstalled` when that would fail.
    package static func isMissing(_ configuration: Configuration) throws(EmbeddedPostgresError) -> Bool {
        guard configuration.database == nil else { return false }
        return try EmbeddedCluster.isMissing(in: configuration.stateDirectory + "/postgres")
    }

    /// Stops the cluster that this process started.
    package func close() async { await cluster?.stop() }

    private static func running(in directory: String) -> DatabaseAccess? {
        guard let string = try? EmbeddedCluster.connectionString(of: directory) else { return nil }
        return DatabaseAccess(connectionString: string, cluster: nil)
    }
}
