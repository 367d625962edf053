import Glibc

/// riskd's Unix socket, as a client sees it.
enum ServiceSocket {
    /// The first of the usual places that has a socket to be taken; nil: none.
    ///
    /// - Parameters:
    ///   - places: paths; those that are not absolute begin at the current folder, where somebody else may have put one.
    ///   - hasToken: whether riskd can be asked elsewhere: then a socket that does not let one connect is passed over.
    /// - Returns: its path.
    static func usual(_ places: [String], hasToken: Bool) -> String? {
        places.first { path in
            var status = stat()
            guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK else { return false }
            let isSafe = path.hasPrefix("/") || status.st_uid == geteuid() || status.st_uid == 0
            guard isSafe else { return false }
            return !hasToken || access(path, W_OK) == 0
        }
    }

    /// A path from the root on.
    static func absolute(_ path: String) -> String {
        guard !path.hasPrefix("/"), let folder = getcwd(nil, 0) else { return path }
        defer { free(folder) }
        return String(cString: folder) + "/" + path
    }

    /// What the system answers to somebody who connects: 0, or why not (errno).
    static func answer(at path: String) -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        guard path.utf8.count < MemoryLayout.size(ofValue: address.sun_path) else { return ENAMETOOLONG }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let probe = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
        guard probe >= 0 else { return errno }
        defer { close(probe) }
        let code = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(probe, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        return code == 0 ? 0 : errno
    }

    /// Why nobody can be asked at a socket, and what to do.
    ///
    /// - Parameters:
    ///   - path: the socket's.
    ///   - code: what the system answered (errno).
    /// - Returns: words for people.
    static func trouble(at path: String, _ code: Int32) -> String {
        switch code {
        case ENOENT, ENOTDIR:
            "there is no socket \(path): does riskd run, and is this its api.socket? --socket names another, --url an address"
        case ECONNREFUSED:
            "nobody listens at the socket \(path): riskd does not run; start it, or riskd serve to read what is stored"
        case EACCES, EPERM:
            "you may not connect to the socket \(path): be root, riskd's own account or in the group of api.socket_group, "
                + "or use --url and --token-file"
        default: "the socket \(path) cannot be connected to: \(String(cString: strerror(code)))"
        }
    }
}
