import Glibc

/// The folder of PostgreSQL's server programs.
struct PostgresBinaries: Sendable {
    let directory: String

    /// Finds the programs of the version that made a cluster, or the newest.
    ///
    /// - Parameters:
    ///   - configured: a folder from the configuration, tried alone.
    ///   - version: what `PG_VERSION` of an existing cluster says.
    /// - Returns: the programs.
    /// - Throws: `EmbeddedPostgresError.notInstalled`.
    static func find(
        configured: String?,
        version: String?
    ) throws(EmbeddedPostgresError) -> PostgresBinaries {
        if let configured {
            guard isComplete(configured) else { throw .notInstalled(version: version) }
            return PostgresBinaries(directory: configured)
        }
        let root = "/usr/lib/postgresql"
        let versions = Files.names(in: root).compactMap { Int($0) }.sorted(by: >)
        let wanted = version.flatMap { Int($0) }
        for candidate in versions where wanted == nil || candidate == wanted {
            let directory = "\(root)/\(candidate)/bin"
            if isComplete(directory) { return PostgresBinaries(directory: directory) }
        }
        // Other systems keep all programs in one folder of the path; a wrong version is refused by the server.
        for directory in searchPath() where isComplete(directory) {
            return PostgresBinaries(directory: directory)
        }
        throw .notInstalled(version: version)
    }

    private static func isComplete(_ directory: String) -> Bool {
        ["initdb", "postgres"].allSatisfy { access("\(directory)/\($0)", X_OK) == 0 }
    }

    private static func searchPath() -> [String] {
        let path = getenv("PATH").map { String(cString: $0) } ?? ""
        return path.split(separator: ":").map(String.init) + [
            "/usr/local/pgsql/bin", "/usr/local/bin", "/usr/bin",
        ]
    }
}
