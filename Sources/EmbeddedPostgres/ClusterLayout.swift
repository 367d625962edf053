import Glibc

/// Where the parts of a cluster are.
struct ClusterLayout: Sendable {
    let directory: String

    init(_ directory: String) {
        let isAbsolute = directory.hasPrefix("/")
        let current = isAbsolute ? "" : (Files.real(".") ?? "") + "/"
        var path = current + directory
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        self.directory = path
    }

    var data: String { directory + "/data" }
    var lock: String { directory + "/lock" }
    /// Remembers a socket folder that had to be put elsewhere.
    var socketNote: String { directory + "/socket-directory" }
    /// What the server prints; in a folder that its account may write to.
    var log: String { directory + "/server.log" }
    var postmaster: String { data + "/postmaster.pid" }

    /// The server's lock on its socket.
    func socketLock(in sockets: String) -> String { sockets + "/.s.PGSQL.5432.lock" }

    /// The kernel's limit on a socket's path, `sun_path` less its terminator.
    private static let longestSocketPath = 107

    /// The folder for the socket: under the cluster where its path fits, else a remembered one under `/tmp`.
    func socketDirectory(account: ServerAccount) throws(EmbeddedPostgresError) -> String {
        let near = directory + "/run"
        if near.utf8.count + "/.s.PGSQL.5432".utf8.count <= Self.longestSocketPath {
            try Files.makeDirectory(near, mode: 0o700)
            try Files.give(near, to: account)
            return near
        }
        if let noted = Files.text(socketNote), isPrivate(noted, account) { return noted }
        var template = Array("/tmp/riskd-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Files.failure("/tmp") }
        let path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        try Files.give(path, to: account)
        try Files.write(path, to: socketNote, account: nil)
        return path
    }

    /// Whether a remembered folder is still the one that was made: anybody may write to `/tmp`.
    private func isPrivate(_ path: String, _ account: ServerAccount) -> Bool {
        var status = stat()
        guard lstat(path, &status) == 0 else { return false }
        return status.st_mode & S_IFMT == S_IFDIR && status.st_mode & 0o777 == 0o700
            && status.st_uid == account.user
    }

    /// The lines of `postmaster.pid`: process, data folder, start, port, socket folder, address, memory key, status.
    func postmasterLines() -> [String]? {
        Files.text(postmaster)?.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    /// The processes whose working directory is the data folder: a server of this cluster and its helpers.
    func processes() -> [pid_t] {
        guard let data = Files.real(data) else { return [] }
        return Files.names(in: "/proc").compactMap { name in
            guard let process = pid_t(name), Files.destination("/proc/\(process)/cwd") == data,
                readProcess(process, "comm")?.hasPrefix("postgres") == true
            else { return nil }
            return process
        }
    }

    /// A file of `/proc`, whose size says nothing.
    private func readProcess(_ process: pid_t, _ name: String) -> String? {
        let descriptor = open("/proc/\(process)/\(name)", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 64)
        let count = read(descriptor, &bytes, bytes.count)
        return count > 0 ? String(decoding: bytes[..<count], as: UTF8.self) : nil
    }
}
