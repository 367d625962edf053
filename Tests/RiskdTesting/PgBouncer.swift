import Foundation
import Glibc

/// Debian's PgBouncer between a test and the tests' PostgreSQL.
package final class PgBouncer: Sendable {
    /// Whether the program is installed; tests that need it are skipped by name where it is not.
    package static var isInstalled: Bool { access(program, X_OK) == 0 }

    private static let program = "/usr/sbin/pgbouncer"
    private let directory: String
    private let process: SpawnedProgram
    private let database: String

    /// Starts it and waits until it listens.
    ///
    /// - Parameters:
    ///   - database: where it leads, as `TestCluster.freshDatabase()` returned it.
    ///   - mode: `session`, `transaction` or `statement`.
    ///   - size: sessions of the server that it keeps at most.
    ///   - more: further lines of its configuration.
    /// - Throws: when it does not start.
    package init(to database: String, mode: String, size: Int = 20, _ more: [String] = []) async throws {
        directory = TestCluster.temporaryDirectory("pool")
        let name = database.split(separator: " ").first { $0.hasPrefix("dbname=") }?.dropFirst(7) ?? ""
        self.database = String(name)
        let lines =
            [
                "[databases]", "\(name) = \(database)", "[pgbouncer]", "listen_addr =", "listen_port = 6432",
                "unix_socket_dir = \(directory)", "auth_type = any", "pool_mode = \(mode)",
                "default_pool_size = \(size)", "admin_users = riskd", "max_client_conn = 200",
            ] + more
        let configuration = directory + "/pgbouncer.ini"
        try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: URL(fileURLWithPath: configuration))
        chmod(directory, 0o777)
        chmod(configuration, 0o644)
        // It refuses to be root, and PostgreSQL lets in who is its own account.
        let account =
            geteuid() == 0 ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"] : []
        process = try SpawnedProgram(
            account + [Self.program, configuration],
            output: directory + "/out",
            errors: directory + "/err"
        )
        let socket = directory + "/.s.PGSQL.6432"
        let end = ContinuousClock.now + .seconds(20)
        // The file is there a moment before anybody listens on it.
        while !Self.isListening(socket) {
            guard process.code == nil, ContinuousClock.now < end else {
                let errors = try? String(contentsOfFile: directory + "/err", encoding: .utf8)
                throw POSIXError(.ECHILD, userInfo: ["pgbouncer": errors ?? ""])
            }
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    private static func isListening(_ path: String) -> Bool {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix($0.count - 1)) }
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
            }
        }
    }

    /// How to connect through it.
    package var connectionString: String { "host=\(directory) port=6432 user=riskd dbname=\(database)" }

    /// Ends it, and its connections with it.
    package func stop() {
        process.wait(after: SIGKILL)
        removeTemporaryDirectory(directory)
    }

    deinit { stop() }
}
