internal import Glibc

/// Makes Unix sockets that listen, in folders that others cannot change.
enum LocalSocket {
    /// Bytes of the longest path: `sun_path` less its end and what the name is longer by while it is prepared.
    static let longestPath = 103

    /// Binds and listens.
    ///
    /// The socket is prepared under another name and takes its own by renaming, so nobody finds it before its mode and its
    /// group are right, and one that is replaced leaves no gap. One that somebody listens at is not replaced.
    ///
    /// - Parameters:
    ///   - path: absolute, at most ``longestPath`` bytes; its folder is made where only that is missing.
    ///   - group: the number of the group that may connect beside its owner; nil: the process's own.
    /// - Returns: the socket, and what was put into the file system, both for the caller to remove.
    /// - Throws: `unusable` or `occupied`.
    static func listen(
        at path: String,
        group: UInt32?
    ) throws(HTTPServerError) -> (descriptor: Int32, entry: LocalSocketEntry) {
        guard path.hasPrefix("/"), path.utf8.count <= longestPath else {
            throw .unusable(
                path: path,
                reason: "a socket's path is absolute and has at most \(longestPath) bytes"
            )
        }
        try secureFolder(of: path, isForGroup: group != nil)
        try checkIsFree(path)
        let descriptor = socket(
            AF_UNIX,
            Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue),
            0
        )
        guard descriptor >= 0 else { throw unusable(path) }
        let prepared = path + ".new"
        // What a crash between binding and renaming left.
        unlink(prepared)
        // Until it is named right only its owner may connect: what is made by bind has this mode.
        guard fchmod(descriptor, 0o600) == 0, withAddress(of: prepared, { bind(descriptor, $0, $1) }) == 0
        else {
            let error = unusable(path)
            close(descriptor)
            throw error
        }
        var status = stat()
        guard Glibc.listen(descriptor, 128) == 0, group.map({ chown(prepared, uid_t.max, $0) == 0 }) ?? true,
            chmod(prepared, 0o660) == 0, lstat(prepared, &status) == 0, rename(prepared, path) == 0
        else {
            let error = unusable(path)
            unlink(prepared)
            close(descriptor)
            throw error
        }
        let entry = LocalSocketEntry(path: path, device: UInt64(status.st_dev), node: UInt64(status.st_ino))
        return (descriptor, entry)
    }

    /// Refuses a folder in which others could put another socket in the place of this one.
    private static func secureFolder(of path: String, isForGroup: Bool) throws(HTTPServerError) {
        let folder = String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
        var status = stat()
        if stat(folder, &status) != 0 {
            guard errno == ENOENT, mkdir(folder, isForGroup ? 0o711 : 0o700) == 0, stat(folder, &status) == 0
            else { throw unusable(path) }
        }
        guard status.st_mode & S_IFMT == S_IFDIR, status.st_uid == geteuid() || status.st_uid == 0,
            status.st_mode & 0o022 == 0
        else {
            throw .unusable(
                path: path,
                reason: "others may change \(folder): it must be this account's or root's, "
                    + "and writable by nobody else"
            )
        }
    }

    private static func checkIsFree(_ path: String) throws(HTTPServerError) {
        var status = stat()
        guard lstat(path, &status) == 0 else {
            guard errno == ENOENT else { throw unusable(path) }
            return
        }
        guard status.st_mode & S_IFMT == S_IFSOCK else {
            throw .unusable(path: path, reason: "there is something else, which is left alone")
        }
        let probe = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
        guard probe >= 0 else { throw unusable(path) }
        defer { close(probe) }
        // Only a socket that nobody listens at refuses; one whose queue is full says EAGAIN.
        guard withAddress(of: path, { connect(probe, $0, $1) }) != 0, errno == ECONNREFUSED else {
            throw .occupied(path: path)
        }
    }
}

/// A socket's entry in the file system.
struct LocalSocketEntry: Sendable {
    let path: String
    let device: UInt64
    let node: UInt64

    /// Removes it, unless another one has taken its place.
    func remove() {
        var status = stat()
        guard lstat(path, &status) == 0, UInt64(status.st_dev) == device, UInt64(status.st_ino) == node else {
            return
        }
        unlink(path)
    }
}

private func unusable(_ path: String) -> HTTPServerError {
    .unusable(path: path, reason: String(cString: strerror(errno)))
}

private func withAddress<Result>(
    of path: String,
    _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
) -> Result {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix($0.count - 1)) }
    return withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
        }
    }
}
