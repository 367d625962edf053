import Crypto
import Foundation
import Glibc
import Runtime

/// A file that ends in the SHA-256 digest of all before it.
enum KeptFile {
    /// What it holds; raw values are the first eight bytes.
    package enum Kind: String {
        case basis = "RISKDSB1"
        case page = "RISKDSP1"
    }

    /// A file that could not be written, or is not what was written.
    struct Failure: Error, CustomStringConvertible {
        let description: String

        init(reason: String) { description = reason }

        /// After a call that set `errno`.
        init(_ path: String) { description = "\(path): \(String(cString: strerror(errno)))" }
    }

    /// Replaces a file, so that a reader sees the old bytes or the new.
    static func write(_ content: [UInt8], _ kind: Kind, to path: String) throws(Failure) {
        var bytes = Array(kind.rawValue.utf8) + content
        bytes += sha256(bytes)
        let temporary = path + ".new"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw Failure(temporary) }
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes { raw in
                Glibc.write(descriptor, raw.baseAddress.map { $0 + written }, raw.count - written)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                let failure = Failure(temporary)
                close(descriptor)
                unlink(temporary)
                throw failure
            }
            written += count
        }
        guard close(descriptor) == 0, rename(temporary, path) == 0 else { throw Failure(path) }
    }

    /// The content of a file.
    static func read(_ path: String, _ kind: Kind) throws(Failure) -> [UInt8] {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw Failure(reason: "it cannot be read")
        }
        let head = Array(kind.rawValue.utf8)
        guard data.count >= head.count + 32, data.starts(with: head) else {
            throw Failure(reason: "it is not of this version")
        }
        let (bytes, digest) = (Array(data.dropLast(32)), data.suffix(32))
        guard digest.elementsEqual(sha256(bytes)) else { throw Failure(reason: "it is damaged") }
        return Array(bytes.dropFirst(head.count))
    }
}
