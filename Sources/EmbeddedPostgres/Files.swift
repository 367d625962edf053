import Glibc

/// The few file operations that a cluster's folder needs.
enum Files {
    static func failure(_ path: String) -> EmbeddedPostgresError {
        .file(path: path, reason: String(cString: strerror(errno)))
    }

    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// Makes a folder and those above it; an existing one is left as it is.
    static func makeDirectory(_ path: String, mode: mode_t) throws(EmbeddedPostgresError) {
        if mkdir(path, mode) == 0 {
            // The umask must not take away what the server's account needs.
            guard chmod(path, mode) == 0 else { throw failure(path) }
            return
        }
        if errno == EEXIST { return }
        guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash != path.startIndex else {
            throw failure(path)
        }
        try makeDirectory(String(path[..<slash]), mode: 0o755)
        guard mkdir(path, mode) == 0 || errno == EEXIST, chmod(path, mode) == 0 else { throw failure(path) }
    }

    static func give(_ path: String, to account: ServerAccount) throws(EmbeddedPostgresError) {
        guard account.needsSwitch else { return }
        guard lchown(path, account.user, account.group) == 0 else { throw failure(path) }
    }

    /// A file's length in bytes; 0 when it cannot be asked.
    static func size(_ path: String) -> Int {
        var status = stat()
        return lstat(path, &status) == 0 ? Int(status.st_size) : 0
    }

    /// The text of a file, at most the last `limit` bytes; nil when it cannot be read.
    static func text(_ path: String, last limit: Int = 65_536, from start: Int = 0) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return nil }
        let offset = max(start, Int(status.st_size) - limit)
        guard offset < status.st_size else { return "" }
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size) - offset)
        let count = pread(descriptor, &bytes, bytes.count, off_t(offset))
        guard count >= 0 else { return nil }
        return String(decoding: bytes[..<count], as: UTF8.self)
    }

    /// Replaces a file, so that a reader sees the old or the new text.
    static func write(_ text: String, to path: String, account: ServerAccount?) throws(EmbeddedPostgresError)
    {
        let temporary = path + ".new"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw failure(temporary) }
        let bytes = Array(text.utf8)
        let count = Glibc.write(descriptor, bytes, bytes.count)
        guard close(descriptor) == 0, count == bytes.count else { throw failure(temporary) }
        if let account { try give(temporary, to: account) }
        guard rename(temporary, path) == 0 else { throw failure(path) }
    }

    /// Removes a folder and all that is in it, as far as possible; links are not followed.
    static func removeTree(_ path: String) {
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
            if entry.pointee.d_type == DT_DIR { removeTree(child) } else { unlink(child) }
        }
        closedir(handle)
        rmdir(path)
    }

    /// The names in a folder.
    static func names(in path: String) -> [String] {
        guard let handle = opendir(path) else { return [] }
        defer { closedir(handle) }
        var names: [String] = []
        while let entry = readdir(handle) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// Where a symbolic link points to; nil when it cannot be read.
    static func destination(_ path: String) -> String? {
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = bytes.withUnsafeMutableBytes { buffer -> Int in
            guard let base = buffer.baseAddress else { return 0 }
            return readlink(path, base.assumingMemoryBound(to: CChar.self), buffer.count)
        }
        return count > 0 ? String(decoding: bytes[..<count], as: UTF8.self) : nil
    }

    /// The path without links; nil when it does not exist.
    static func real(_ path: String) -> String? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        return String(cString: resolved)
    }
}
