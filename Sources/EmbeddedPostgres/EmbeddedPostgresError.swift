/// Why the private PostgreSQL cannot serve, with what to do about it.
package enum EmbeddedPostgresError: Error, Hashable, Sendable {
    /// PostgreSQL is not installed, or not in the version that made the cluster.
    case notInstalled(version: String?)
    /// Another process owns the cluster.
    case inUse(directory: String)
    /// No server runs in the directory.
    case notRunning(directory: String)
    /// Running as root, and the account to run the server as does not exist.
    case noAccount(name: String)
    /// The server's account cannot reach the directory.
    case unreachable(directory: String, account: String)
    /// A file operation failed.
    case file(path: String, reason: String)
    /// A PostgreSQL program failed; the end of what it printed.
    case failed(program: String, output: String)
    /// The server, or an older one, did not come to the expected state in time.
    case timedOut(waitingFor: String)
}

extension EmbeddedPostgresError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .notInstalled(nil):
            "PostgreSQL is not installed: install postgresql-15, or set database to the connection string of a server"
        case .notInstalled(let version?):
            """
            the private database was made by PostgreSQL \(version), which is not installed: install \
            postgresql-\(version), or set database to the connection string of a server
            """
        case .inUse(let directory):
            "the private database in \(directory) is in use by another riskd: stop that one first"
        case .notRunning(let directory):
            "no private database runs in \(directory): start riskd run, or set database"
        case .noAccount(let name):
            """
            the private database does not run as root and there is no account \(name): create it, or set database to \
            the connection string of a server
            """
        case .unreachable(let directory, let account):
            "the account \(account) cannot reach \(directory): every folder above it needs the x permission"
        case .file(let path, let reason): "\(path): \(reason)"
        case .failed(let program, let output): "\(program) failed: \(output)"
        case .timedOut(let what): "gave up waiting for \(what)"
        }
    }
}
