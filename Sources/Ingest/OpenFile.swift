import Glibc

/// Where a file is: the device and inode numbers.
struct FileLocator: Hashable {
    let device: UInt64
    let inode: UInt64
}

/// What `stat` says of a file.
struct FileStatus: Equatable {
    let locator: FileLocator
    /// In bytes.
    let size: Int64
    /// Nanoseconds since the epoch.
    var modified: Int64
    let isRegular: Bool
    /// How many names it has; none once it was removed.
    let links: UInt64
    private let mode: mode_t

    /// What it is, and what to follow instead, in words.
    var kind: String {
        switch mode & S_IFMT {
        case S_IFREG: "compressed: it does not grow; riskd replay reads it"
        case S_IFDIR: "a folder: name the files in it, such as *.ndjson"
        case S_IFIFO: "a pipe: have the service write to a file"
        case S_IFSOCK: "a socket: have the service write to a file"
        default: "a device: have the service write to a file"
        }
    }

    /// What the path leads to, through symbolic links.
    init(path: String) throws(SystemError) {
        var raw = stat()
        guard SystemPath.with(path, { stat($0, &raw) }) == 0 else { throw SystemError(code: errno) }
        self.init(raw)
    }

    fileprivate init(_ raw: stat) {
        locator = FileLocator(device: UInt64(raw.st_dev), inode: UInt64(raw.st_ino))
        size = Int64(raw.st_size)
        modified = Int64(raw.st_mtim.tv_sec) &* 1_000_000_000 &+ Int64(raw.st_mtim.tv_nsec)
        isRegular = raw.st_mode & S_IFMT == S_IFREG
        links = UInt64(raw.st_nlink)
        mode = raw.st_mode
    }
}

/// An `errno`.
struct SystemError: Error, Equatable, CustomStringConvertible {
    let code: Int32

    var description: String {
        var text = [CChar](repeating: 0, count: 256)
        guard strerror_r(code, &text, text.count) == 0 else { return "error \(code)" }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

/// A file open for reading, closed with its last reference.
final class OpenFile {
    let descriptor: Int32

    /// Opens without waiting for a FIFO's writer.
    init(path: String) throws(SystemError) {
        var descriptor: Int32
        repeat {
            descriptor = SystemPath.with(path) { open($0, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY) }
        } while descriptor < 0 && errno == EINTR
        guard descriptor >= 0 else { throw SystemError(code: errno) }
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    /// Where the file is now, without links on the way; of one that was removed, where it was.
    var place: String? {
        var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let count = buffer.withUnsafeMutableBytes { raw in
            readlink(
                "/proc/self/fd/\(descriptor)",
                raw.bindMemory(to: CChar.self).baseAddress.unsafelyUnwrapped,
                raw.count
            )
        }
        guard count > 0, buffer[0] == UInt8(ascii: "/") else { return nil }
        let path = SystemPath.text(buffer[..<count])
        let mark = " (deleted)"
        return path.hasSuffix(mark) ? String(path.dropLast(mark.count)) : path
    }

    func status() throws(SystemError) -> FileStatus {
        var raw = stat()
        guard fstat(descriptor, &raw) == 0 else { throw SystemError(code: errno) }
        return FileStatus(raw)
    }

    /// Fills `buffer` from `offset` on; returns how many bytes there were.
    func read(at offset: Int64, into buffer: UnsafeMutableRawBufferPointer) throws(SystemError) -> Int {
        while true {
            let count = pread(descriptor, buffer.baseAddress, buffer.count, off_t(offset))
            if count >= 0 { return count }
            guard errno == EINTR else { throw SystemError(code: errno) }
        }
    }

    /// The bytes at `offset`, fewer than `count` at the end.
    func bytes(at offset: Int64, count: Int) throws(SystemError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var failure: SystemError?
        let read = bytes.withUnsafeMutableBytes { buffer in
            do throws(SystemError) { return try self.read(at: offset, into: buffer) } catch {
                failure = error
                return 0
            }
        }
        if let failure { throw failure }
        return Array(bytes.prefix(read))
    }
}
