import Domain

/// How a source is read on from a generation.
struct Reading {
    let file: OpenFile
    /// Where the next byte comes from, of an archive.
    let stream: ReplayStream
    let content: KnownContent
    /// What was decompressed behind the position.
    let following: [UInt8]

    var isArchive: Bool { stream.isArchive }

    /// Whether more than `count` bytes follow the position; an archive cannot be read on afterwards.
    func holds(moreThan count: Int64, _ scratch: UnsafeMutableRawBufferPointer) throws(IngestError) -> Bool {
        if !isArchive { return stream.size - stream.consumed > count }
        var found = Int64(following.count)
        while found <= count {
            let more = try stream.read(into: scratch, position: found)
            guard more > 0 else { return false }
            found += Int64(more)
        }
        return true
    }
}

/// A file that was rotated away, plain or compressed.
struct Generation {
    private let path: String
    private let scratch: UnsafeMutableRawBufferPointer
    private let onStep: () -> Void
    /// Its first bytes, decompressed, at most 4,096.
    let prefix: [UInt8]

    /// Nil where it cannot be opened; what cannot be decompressed has no bytes.
    init?(path: String, scratch: UnsafeMutableRawBufferPointer, onStep: @escaping () -> Void) {
        guard let file = try? OpenFile(path: path) else { return nil }
        self.path = path
        self.scratch = scratch
        self.onStep = onStep
        var prefix: [UInt8] = []
        if let stream = try? ReplayStream(path: path, file: file) {
            let room = UnsafeMutableRawBufferPointer(rebasing: scratch[..<LineSplitter.guardLength])
            while prefix.count < LineSplitter.guardLength,
                let count = try? stream.read(into: room, position: Int64(prefix.count)), count > 0
            {
                prefix.append(contentsOf: room[..<count].prefix(LineSplitter.guardLength - prefix.count))
            }
        }
        self.prefix = prefix
    }

    /// How a source that is owed goes on here; nil where this is another file.
    func reading(of owed: Owed) throws(IngestError) -> Reading? {
        if let file = owed.file { return try reading(of: file) }
        return try reading(of: owed.source)
    }

    /// How a known source goes on here; nil where this is another file.
    func reading(of source: SourceFile) throws(IngestError) -> Reading? {
        // Whatever there is would go on where nothing was.
        guard source.prefixLength > 0, source.prefixLength <= prefix.count,
            sha256Text(Array(prefix.prefix(source.prefixLength))) == source.prefixDigest
        else { return nil }
        let (file, stream) = try opened()
        if stream.isArchive {
            guard let found = try stream.content(of: source, scratch: scratch, onStep: onStep) else {
                return nil
            }
            return Reading(file: file, stream: stream, content: found.content, following: found.read)
        }
        guard let content = try? KnownContent(of: source, in: file) else { return nil }
        stream.seek(to: source.position.offset)
        return Reading(file: file, stream: stream, content: content, following: [])
    }

    /// How a source goes on that was being read: also what it has read and not used yet has to be the same.
    private func reading(of tracked: TrackedFile) throws(IngestError) -> Reading? {
        guard !tracked.splitter.prefix.isEmpty, prefix.starts(with: tracked.splitter.prefix) else {
            return nil
        }
        let (file, stream) = try opened()
        let end = tracked.splitter.readOffset
        let recent = tracked.splitter.withRecentBytes { Array($0) }
        if !stream.isArchive {
            guard let bytes = try? file.bytes(at: end - Int64(recent.count), count: recent.count),
                bytes == recent
            else { return nil }
            stream.seek(to: end)
            return Reading(file: file, stream: stream, content: KnownContent(prefix: prefix), following: [])
        }
        var last: [UInt8] = []
        var offset: Int64 = 0
        while offset < end {
            onStep()
            let rest = Int(min(Int64(scratch.count), end - offset))
            let room = UnsafeMutableRawBufferPointer(rebasing: scratch[..<rest])
            let count = try stream.read(into: room, position: offset)
            guard count > 0 else { return nil }
            last.append(contentsOf: room[..<count])
            last.removeFirst(max(0, last.count - recent.count))
            offset += Int64(count)
        }
        guard last == recent else { return nil }
        return Reading(file: file, stream: stream, content: KnownContent(prefix: prefix), following: [])
    }

    /// How a source of its own begins.
    func beginning() throws(IngestError) -> Reading {
        let (file, stream) = try opened()
        return Reading(file: file, stream: stream, content: KnownContent(prefix: prefix), following: [])
    }

    private func opened() throws(IngestError) -> (OpenFile, ReplayStream) {
        let file: OpenFile
        do throws(SystemError) { file = try OpenFile(path: path) } catch {
            throw .unreadable(path: path, cause: "\(error)")
        }
        let stream = try ReplayStream(path: path, file: file)
        if !stream.isArchive, isArchive(path: path) {
            throw .unreadable(path: path, cause: "it is compressed in a way that is not read")
        }
        return (file, stream)
    }
}

/// Known sources by their first bytes, made when it is needed.
struct ContentIndex {
    private var lengths: Set<Int>?
    private var byDigest: [String: [SourceFile]] = [:]

    /// The sources that begin as a generation does.
    mutating func sources(like generation: Generation, _ known: [FileLocator: [SourceFile]]) -> [SourceFile] {
        if lengths == nil {
            let all = known.values.joined().filter { $0.prefixLength > 0 }
            lengths = Set(all.map(\.prefixLength))
            byDigest = Dictionary(grouping: all, by: \.prefixDigest)
        }
        return (lengths ?? []).sorted(by: >).filter { $0 <= generation.prefix.count }
            .flatMap { byDigest[sha256Text(Array(generation.prefix.prefix($0)))] ?? [] }
    }
}
