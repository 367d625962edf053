import Console
import Glibc

/// Small files that others must not be able to read or to change.
enum ProtectedFile {
    /// Who else may do what.
    enum Protection {
        /// Nobody else reads or changes it: it holds a secret.
        case secret
        /// Nobody else changes it.
        case trusted

        fileprivate var forbidden: mode_t { self == .secret ? 0o077 : 0o022 }
        fileprivate var remedy: String { self == .secret ? "chmod 600" : "chmod go-w" }
    }

    /// What a file may hold, in bytes.
    private static let mostBytes = 65_536

    /// Reads a file.
    ///
    /// Pipes and devices are read as they are: nobody else sees what is in them.
    ///
    /// - Parameters:
    ///   - path: `-` is standard input.
    ///   - protection: what its mode must say, where it is a file.
    /// - Returns: its text; nil when there is no such file.
    /// - Throws: `CommandFailure`, which says what to do.
    static func read(_ path: String, _ protection: Protection) throws(CommandFailure) -> String? {
        let descriptor = path == "-" ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw CommandFailure("\(path): \(String(cString: strerror(errno)))")
        }
        defer { close(descriptor) }
        // Asked of what was opened, not of the name.
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            throw CommandFailure("\(path): \(String(cString: strerror(errno)))")
        }
        if status.st_mode & S_IFMT == S_IFREG {
            guard status.st_mode & protection.forbidden == 0 else {
                let mode = String(status.st_mode & 0o7777, radix: 8)
                let danger = protection == .secret ? "read or change" : "change"
                throw CommandFailure(
                    "\(path) has mode \(mode): others may \(danger) it; run \(protection.remedy) \(path)"
                )
            }
            guard status.st_uid == geteuid() || status.st_uid == 0 else {
                throw CommandFailure("\(path) belongs to another user")
            }
        }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while bytes.count <= mostBytes {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw CommandFailure("\(path): \(String(cString: strerror(errno)))") }
            if count == 0 { break }
            bytes += buffer.prefix(count)
        }
        guard bytes.count <= mostBytes, let text = String(validating: bytes, as: UTF8.self) else {
            throw CommandFailure("\(path) is too large or not text")
        }
        return text
    }
}
