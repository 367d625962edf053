import CSimdjson
package import Domain
package import Runtime

/// Turns lines into records, by what their format says.
///
/// May be used by several threads at once: each call borrows a parser of its own.
package final class RecordDecoder: Sendable {
    private let idle = Locked<[RecordParser]>([])
    private let format: any RecordFormat
    private let members: JSONMembers
    private let surroundings: LogSurroundings

    /// A decoder.
    ///
    /// - Parameters:
    ///   - zone: of times that name none.
    ///   - names: what models are called.
    package convenience init(zone: LogZone = .utc, names: ModelNames = ModelNames()) {
        self.init(NativeFormat(), LogSurroundings(zone: zone, names: names))
    }

    /// A decoder of a format.
    init(_ format: any RecordFormat, _ surroundings: LogSurroundings) {
        self.format = format
        members = JSONMembers(format.keys)
        self.surroundings = surroundings
    }

    /// The longest line, in bytes, whose parser is used again.
    private static let longestKept = 1 << 20

    /// How many parsers are kept for the next lines.
    var idleParsers: Int { idle.withLock { $0.count } }

    /// Decodes one line.
    ///
    /// Unknown fields are ignored, whatever stands in them; what docs/records.md says becomes of the others.
    ///
    /// - Parameter line: a line without its terminator.
    /// - Returns: the record, or why there is none.
    package func decode(_ line: RawLine) -> DecodeResult { decode(line.bytes) }

    /// Whether a line without a line feed is a whole line all the same: its structure is closed, whatever its values are.
    ///
    /// - Parameter bytes: what stands at the end of a file that nobody writes to any more.
    /// - Returns: whether nothing is missing.
    func isWhole(_ bytes: [UInt8]) -> Bool {
        switch decode(bytes) {
        case .record: true
        case .rejected(let rejection):
            switch rejection.reason {
            case .invalidJSON, .cutInTransit, .notAnObject, .invalidUTF8, .outOfMemory: false
            default: true
            }
        }
    }

    /// Decodes the bytes of one line.
    ///
    /// - Parameter bytes: a line without its terminator.
    /// - Returns: the record, or why there is none.
    package func decode(_ bytes: [UInt8]) -> DecodeResult {
        let parser = idle.withLock { $0.popLast() } ?? RecordParser()
        // One that has read a long line holds many times its length: it is not kept.
        defer { if bytes.count <= Self.longestKept { idle.withLock { $0.append(parser) } } }
        do throws(Rejection) {
            return .record(try parser.read(bytes, members, format, surroundings))
        } catch {
            return .rejected(TransportCut(of: bytes, error)?.rejection ?? error)
        }
    }
}

/// One of simdjson's parsers.
///
/// Unchecked: it is either in its decoder's list or in one call's hands.
private final class RecordParser: @unchecked Sendable {
    private let handle: OpaquePointer?

    init() { handle = riskd_parser_create() }

    deinit { riskd_parser_destroy(handle) }

    func read(
        _ bytes: [UInt8],
        _ members: JSONMembers,
        _ format: any RecordFormat,
        _ surroundings: LogSurroundings
    ) throws(Rejection) -> Record {
        guard let handle else { throw Rejection(.outOfMemory, "") }
        var reading = JSONReading(handle, firstCounts: false)
        let root = try reading.document(bytes, members)
        do throws(Rejection) {
            return try format.record(root, &reading, surroundings)
        } catch {
            // What is of no use there is no reason to lose what the same key has said before.
            guard reading.isAnyRepeated else { throw error }
            var again = JSONReading(handle, firstCounts: true)
            guard let record = try? format.record(root, &again, surroundings) else { throw error }
            return record
        }
    }
}
