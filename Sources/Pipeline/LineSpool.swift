import Foundation

/// A file of lines, written one after the other and read in any order; only this account may read it.
package final class LineSpool {
    private let path: String
    private let descriptor: Int32
    /// What was not written yet, and where it will stand.
    private var pending: [UInt8] = []
    private var offset: Int64 = 0

    /// Makes the file, or empties it.
    package init(_ path: String) throws(StartupError) {
        self.path = path
        descriptor = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw StartupError("\(path): \(String(cString: strerror(errno)))") }
    }

    deinit { close(descriptor) }

    /// Adds a line and its line feed.
    ///
    /// - Returns: where it begins.
    package func append(_ line: [UInt8]) throws(StartupError) -> Int64 {
        let begin = offset + Int64(pending.count)
        pending += line
        pending.append(UInt8(ascii: "\n"))
        if pending.count >= 1 << 20 { try flush() }
        return begin
    }

    /// Writes what is pending.
    package func flush() throws(StartupError) {
        var rest = pending[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw StartupError("\(path): \(String(cString: strerror(errno)))") }
            rest = rest.dropFirst(count)
        }
        offset += Int64(pending.count)
        pending.removeAll(keepingCapacity: true)
    }

    /// A line that was written.
    package func line(at offset: Int64, length: Int) throws(StartupError) -> [UInt8] {
        var line = [UInt8](repeating: 0, count: length)
        var done = 0
        while done < length {
            let count = line.withUnsafeMutableBytes {
                pread(
                    descriptor,
                    $0.baseAddress.map { $0 + done },
                    length - done,
                    off_t(offset) + off_t(done)
                )
            }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw StartupError("\(path): it ends early") }
            done += count
        }
        return line
    }
}
