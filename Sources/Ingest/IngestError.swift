/// Why a file that was asked for cannot be read on.
package enum IngestError: Error, Hashable, Sendable, CustomStringConvertible {
    /// No file matches a path.
    case noSuchFile(path: String)
    /// Opening or reading failed.
    case unreadable(path: String, cause: String)
    /// An archive has a bad header, code or checksum.
    case corruptArchive(path: String, offset: Int64)
    /// An archive ends too early.
    case cutArchive(path: String, offset: Int64)
    /// An archive's decoder wants more than 512 MiB.
    case archiveTooDemanding(path: String)

    package var description: String {
        switch self {
        case .noSuchFile(let path): "\(path): there is no such file; check the path"
        case .unreadable(let path, let cause): "\(path): \(cause); check the file's permissions and its disk"
        case .corruptArchive(let path, let offset):
            "\(path): corrupt after \(offset) decompressed bytes; restore it from a good copy"
        case .cutArchive(let path, let offset):
            "\(path): ends early, after \(offset) decompressed bytes; was it copied completely?"
        case .archiveTooDemanding(let path):
            "\(path): decompressing needs more than 512 MiB; compress it again with a smaller dictionary"
        }
    }
}
