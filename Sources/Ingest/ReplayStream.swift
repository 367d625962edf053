import CCompression
import Domain

/// The (decompressed) bytes of a file at rest.
final class ReplayStream {
    private enum Kind {
        case plain(offset: Int64)
        case archive(OpaquePointer)
    }

    private let path: String
    private let file: OpenFile
    private var kind: Kind

    /// A stream from the start; gzip and xz files are known by their first bytes.
    init(path: String, file: OpenFile) throws(IngestError) {
        self.path = path
        self.file = file
        let magic: [UInt8]
        do throws(SystemError) { magic = try file.bytes(at: 0, count: 6) } catch {
            throw .unreadable(path: path, cause: "\(error)")
        }
        let format: riskd_archive_kind? =
            if magic.starts(with: [0x1F, 0x8B]) {
                RISKD_ARCHIVE_GZIP
            } else if magic == [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00] {
                RISKD_ARCHIVE_XZ
            } else {
                nil
            }
        if let format {
            guard let archive = riskd_archive_open(file.descriptor, Int32(format.rawValue)) else {
                throw .archiveTooDemanding(path: path)
            }
            kind = .archive(archive)
        } else {
            kind = .plain(offset: 0)
        }
    }

    deinit {
        if case .archive(let archive) = kind { riskd_archive_close(archive) }
    }

    var isArchive: Bool {
        if case .archive = kind { true } else { false }
    }

    /// How many bytes of the file have been taken in.
    var consumed: Int64 {
        switch kind {
        case .plain(let offset): offset
        case .archive(let archive): Int64(riskd_archive_consumed(archive))
        }
    }

    /// How many bytes the file has.
    var size: Int64 { (try? file.status().size) ?? 0 }

    /// Goes on at `offset`, without reading what lies before it; for plain files only.
    func seek(to offset: Int64) {
        if case .plain = kind { kind = .plain(offset: offset) }
    }

    /// Reads the next bytes; returns how many, 0 at the end.
    func read(into buffer: UnsafeMutableRawBufferPointer, position: Int64) throws(IngestError) -> Int {
        switch kind {
        case .plain(let offset):
            do throws(SystemError) {
                let count = try file.read(at: offset, into: buffer)
                kind = .plain(offset: offset + Int64(count))
                return count
            } catch {
                throw .unreadable(path: path, cause: "\(error)")
            }
        case .archive(let archive):
            let count = riskd_archive_read(
                archive,
                buffer.baseAddress?.assumingMemoryBound(to: UInt8.self),
                buffer.count
            )
            if count >= 0 { return count }
            switch count {
            case Int(RISKD_ARCHIVE_CUT.rawValue): throw .cutArchive(path: path, offset: position)
            case Int(RISKD_ARCHIVE_NO_MEMORY.rawValue): throw .archiveTooDemanding(path: path)
            case Int(RISKD_ARCHIVE_UNREADABLE.rawValue):
                throw .unreadable(path: path, cause: "reading failed")
            default: throw .corruptArchive(path: path, offset: position)
            }
        }
    }
}

extension ReplayStream {
    /// Decompresses up to the position of a known source, or the end of its fingerprint if that lies behind it,
    /// and checks that it is the same; also returns what follows the position.
    func content(
        of known: SourceFile,
        scratch: UnsafeMutableRawBufferPointer,
        onStep: () -> Void = {}
    ) throws(IngestError) -> (content: KnownContent, read: [UInt8])? {
        let position = known.position
        let end = max(position.offset, Int64(known.prefixLength))
        var prefix: [UInt8] = []
        var recent: [UInt8] = []
        var offset: Int64 = 0
        while offset < end {
            onStep()
            let rest = Int(min(Int64(scratch.count), end - offset))
            let buffer = UnsafeMutableRawBufferPointer(rebasing: scratch[..<rest])
            let count = try read(into: buffer, position: offset)
            if count == 0 { return nil }
            prefix.append(contentsOf: buffer[..<count].prefix(LineSplitter.guardLength - prefix.count))
            // Another file is known by its beginning, and not read further.
            if prefix.count >= known.prefixLength,
                sha256Text(Array(prefix.prefix(known.prefixLength))) != known.prefixDigest
            {
                return nil
            }
            recent.append(contentsOf: buffer[..<count])
            recent.removeFirst(max(0, recent.count - 2 * LineSplitter.guardLength))
            offset += Int64(count)
        }
        let following = Int(end - position.offset)
        let content = KnownContent(
            of: known,
            prefix: prefix,
            tail: recent.dropLast(following).suffix(position.guardLength),
            size: offset
        )
        return content.map { ($0, Array(recent.suffix(following))) }
    }
}
