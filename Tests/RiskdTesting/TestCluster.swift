import EmbeddedPostgres
import Glibc
import PostgresClient
package import Runtime

/// A throw-away PostgreSQL server for all tests of a process, removed when the process ends.
package enum TestCluster {
    /// An empty database of its own.
    ///
    /// - Returns: a connection string.
    /// - Throws: what starting the server or creating the database threw.
    package static func freshDatabase() async throws -> String {
        let cluster = try await shared.cluster()
        let number = counter.withLock { number in
            number += 1
            return number
        }
        let name = "test_\(getpid())_\(number)"
        let session = try await PostgresSession.connect(cluster.connectionString)
        try await session.execute(unsafeSQL: "create database \(name)")
        await session.close()
        return cluster.connectionString.replacingDatabase(with: name)
    }

    /// A database of its own that begins as a copy of another, to which nobody may be connected.
    ///
    /// - Parameter original: a connection string that ``freshDatabase()`` returned.
    /// - Returns: a connection string.
    /// - Throws: what creating the database threw.
    package static func copy(of original: String) async throws -> String {
        let copy = try await freshDatabase()
        let session = try await PostgresSession.connect(try await shared.cluster().connectionString)
        let (from, to) = (original.databaseName, copy.databaseName)
        try await session.execute(unsafeSQL: "drop database \(to)")
        try await session.execute(unsafeSQL: "create database \(to) template \(from)")
        await session.close()
        return copy
    }

    /// The folder of another PostgreSQL's programs, which `make test-postgres-versions` names; nil for the system's.
    package static var otherServer: String? { getenv("RISKD_TEST_POSTGRES").map { String(cString: $0) } }

    /// Names the server, and the settings that all tests have, or those that are given.
    static func configure(_ options: inout EmbeddedCluster.Options, _ settings: [String: String]) {
        options.isDurable = false
        options.binaries = otherServer
        // Not every build knows lz4.
        let more = otherServer == nil ? [:] : ["wal_compression": "pglz"]
        options.settings = ["shared_buffers": "32MB"].merging(more) { $1 }.merging(settings) { $1 }
    }

    /// A new, empty folder with a short path under `/tmp`.
    ///
    /// - Parameter label: a word for its name.
    /// - Returns: the path; the caller removes it.
    package static func temporaryDirectory(_ label: String) -> String {
        var template = Array("/tmp/riskd-\(label)-XXXXXX".utf8CString)
        precondition(mkdtemp(&template) != nil, "no folder could be made under /tmp")
        let path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        chmod(path, 0o711)
        return path
    }

    /// A log that prints nothing.
    package static let silentLog = Log(sink: { _ in })

    private static let shared = SharedCluster()
    private static let counter = Locked(0)
}

extension String {
    /// The database that a connection string of ``TestCluster`` names.
    package var databaseName: Substring {
        split(separator: " ").first { $0.hasPrefix("dbname=") }?.dropFirst("dbname=".count) ?? ""
    }

    /// The same for another database.
    ///
    /// - Parameter name: the other one's.
    /// - Returns: the connection string.
    package func replacingDatabase(with name: String) -> String {
        split(separator: " ").map { $0.hasPrefix("dbname=") ? "dbname=\(name)" : String($0) }
            .joined(separator: " ")
    }
}

private actor SharedCluster {
    private var starting: Task<EmbeddedCluster, any Error>?

    func cluster() async throws -> EmbeddedCluster {
        if let starting { return try await starting.value }
        let task = Task {
            let directory = TestCluster.temporaryDirectory("test")
            var options = EmbeddedCluster.Options()
            TestCluster.configure(&options, ["max_connections": "300"])
            let cluster = try await EmbeddedCluster.start(
                directory: directory,
                options: options,
                log: TestCluster.silentLog
            )
            Leftover.cluster.withLock { $0 = (cluster, directory) }
            atexit { Leftover.remove() }
            return cluster
        }
        starting = task
        return try await task.value
    }
}

/// What has to go when the process ends.
private enum Leftover {
    static let cluster = Locked<(EmbeddedCluster, String)?>(nil)

    static func remove() {
        guard let (cluster, directory) = cluster.withLock({ $0 }) else { return }
        cluster.stopNow()
        removeTemporaryDirectory(directory)
    }
}

/// Removes a folder that ``TestCluster/temporaryDirectory(_:)`` made, with all that is in it.
///
/// - Parameter path: the folder; anything not under `/tmp/riskd-` is left alone.
package func removeTemporaryDirectory(_ path: String) {
    guard path.hasPrefix("/tmp/riskd-") else { return }
    guard let handle = opendir(path) else {
        unlink(path)
        return
    }
    while let entry = readdir(handle) {
        let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        guard name != ".", name != ".." else { continue }
        let child = "\(path)/\(name)"
        if entry.pointee.d_type == DT_DIR { removeTemporaryDirectory(child) } else { unlink(child) }
    }
    closedir(handle)
    rmdir(path)
}
