import Glibc

/// New files that only their owner reads.
package enum SecretFile {
    /// Writes a new file that only its owner reads.
    ///
    /// - Parameters:
    ///   - bytes: what it is to hold.
    ///   - path: where; nothing may be there yet.
    /// - Throws: `CommandFailure`.
    package static func create(_ bytes: [UInt8], at path: String) throws(CommandFailure) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw CommandFailure("\(path): \(String(cString: strerror(errno)))") }
        defer { close(descriptor) }
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else {
                let reason = String(cString: strerror(errno))
                unlink(path)
                throw CommandFailure("\(path): \(reason)")
            }
            rest = rest.dropFirst(count)
        }
    }
}
