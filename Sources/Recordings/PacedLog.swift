package import Domain
import Foundation
import Ingest
package import Pipeline
package import Runtime

/// A recorded log whose bursts can be written again at another pace.
///
/// A *burst* is what one sender made one after the other: an attempt, or an ordinary user's session. At a pace its first
/// record stays where it is and each further one follows after the same gap, in their recorded order; everything else of
/// a line stays as it is, byte for byte. Lines are kept in a file, so the memory is about 50 bytes a record.
package struct PacedLog {
    /// Which burst a record belongs to, and by which gap that is paced.
    package struct Burst: Hashable, Sendable {
        /// Whose gap counts.
        package enum Kind: Hashable, Sendable {
            case attempt
            case benign
        }

        let kind: Kind
        let name: String

        /// A burst.
        ///
        /// - Parameters:
        ///   - kind: whose gap counts.
        ///   - name: tells bursts of a kind apart.
        package init(_ kind: Kind, _ name: String) {
            self.kind = kind
            self.name = name
        }
    }

    private struct Entry {
        /// Microseconds since 1970.
        let time: Int64
        let offset: Int64
        let length: Int
        /// Where the line's time stands in it, with its quotes.
        let range: Range<Int>
        /// Index of the burst, and the place in it, from 0; -1: it belongs to none.
        let burst: Int
        let place: Int64
    }

    private let spool: LineSpool
    private var entries: [Entry] = []
    private var kinds: [Burst.Kind] = []
    /// The recorded time of each burst's first record.
    private var starts: [Int64] = []
    /// Lines that hold no record that could be moved; they are left out.
    package private(set) var unusable = 0

    /// How many records can be written again.
    package var count: Int { entries.count }

    /// Reads logs.
    ///
    /// - Parameters:
    ///   - logs: recorded logs, plain, .gz or .xz; several are read as one, in the order of time.
    ///   - maximumLine: bytes of one line.
    ///   - zone: of times that name none.
    ///   - path: a file for the lines; made, and truncated if it is there.
    ///   - progress: told the bytes read and, where known, the bytes in all.
    ///   - burst: which burst a record belongs to; nil: none, it stays where it is.
    /// - Throws: `IngestError`, `StartupError` when the file cannot be written, and what `burst` throws.
    package init(
        _ logs: [String],
        maximumLine: Int,
        zone: LogZone = .utc,
        spool path: String,
        progress: (Int64, Int64?) -> Void,
        burst: (RecordID, UserID) throws -> Burst?
    ) throws {
        spool = try LineSpool(path)
        let source = SourceFactory.recorded(logs, maximumLine: maximumLine, zone: zone, known: [])
        let decoder = RecordDecoder(zone: zone)
        var indices: [Burst: Int] = [:]
        var sizes: [Int64] = []
        while true {
            let batch = try source.next(maximumItems: 256, maximumBytes: 16 << 20)
            for item in batch.items {
                guard case .line(let line) = item, case .record(let record) = decoder.decode(line),
                    let range = timeMember(in: line.bytes)
                else {
                    unusable += 1
                    continue
                }
                // Only RFC 3339 is read finer than records are.
                let text = String(decoding: line.bytes[range].dropFirst().dropLast(), as: UTF8.self)
                let time = microseconds(text) ?? record.time.milliseconds * 1000
                var (index, place) = (-1, Int64(0))
                if let burst = try burst(record.id, record.user) {
                    index = indices[burst] ?? starts.count
                    if index == starts.count {
                        indices[burst] = index
                        kinds.append(burst.kind)
                        starts.append(time)
                        sizes.append(0)
                    }
                    place = sizes[index]
                    sizes[index] += 1
                }
                let offset = try spool.append(line.bytes)
                entries.append(
                    Entry(
                        time: time,
                        offset: offset,
                        length: line.bytes.count,
                        range: range,
                        burst: index,
                        place: place
                    )
                )
            }
            let position = source.progress
            progress(position.read, position.total)
            if batch.isCaughtUp && batch.items.isEmpty { break }
        }
        try spool.flush()
    }

    /// Writes the log at a pace, sorted by time; of records with one time the one that was read first comes first.
    ///
    /// - Parameters:
    ///   - path: the file; replaced if it is there.
    ///   - attempts: microseconds between an attempt's queries; nil: as recorded.
    ///   - benign: microseconds between a benign burst's records; nil: as recorded.
    /// - Throws: `StartupError` when the file cannot be written, or a time would lie after the year 9999.
    package func write(to path: String, attempts: Int64?, benign: Int64?) throws(StartupError) {
        func moved(_ entry: Entry) -> Int64 {
            guard entry.burst >= 0 else { return entry.time }
            guard let gap = kinds[entry.burst] == .attempt ? attempts : benign else { return entry.time }
            return starts[entry.burst] + gap * entry.place
        }
        let times = entries.map(moved)
        let order = entries.indices.sorted { (times[$0], $0) < (times[$1], $1) }
        if let last = order.last, times[last] >= Self.endOfTime {
            throw StartupError("at this pace a record would lie after the year 9999: choose a smaller gap")
        }
        let output = try LineSpool(path)
        for index in order {
            let entry = entries[index]
            var line = try spool.line(at: entry.offset, length: entry.length)
            line.replaceSubrange(entry.range, with: Array("\"\(text(ofMicroseconds: times[index]))\"".utf8))
            _ = try output.append(line)
        }
        try output.flush()
    }

    /// 10000-01-01, in microseconds: RFC 3339 has four digits for the year.
    private static let endOfTime: Int64 = 253_402_300_800_000_000
}

/// The microseconds since 1970 of a time as lines have it, further digits cut off; nil where it is none.
private func microseconds(_ text: String) -> Int64? {
    guard let time = Timestamp(rfc3339: text) else { return nil }
    let digits = text.utf8.drop { $0 != UInt8(ascii: ".") }.dropFirst().prefix { (48...57).contains($0) }
    let rest = digits.dropFirst(3).prefix(3).reduce((value: Int64(0), count: 0)) {
        ($0.value * 10 + Int64($1 - 48), $0.count + 1)
    }
    let scale: Int64 = [1000, 100, 10, 1][rest.count]
    return time.milliseconds * 1000 + rest.value * scale
}

/// RFC 3339 in UTC with microseconds.
private func text(ofMicroseconds time: Int64) -> String {
    let milliseconds = time.floorDivided(by: 1000)
    let digits = String(time - milliseconds * 1000)
    return Timestamp(milliseconds: milliseconds).description.dropLast()
        + String(repeating: "0", count: 3 - digits.count) + digits + "Z"
}
