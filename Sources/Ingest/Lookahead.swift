package import Domain

/// The times of a source's next lines, by which it is merged with others.
///
/// A source's turn comes with the earliest of its next lines, not with the first of them: a line that is ahead of those after it,
/// because somebody's clock is fast, would keep the whole source waiting until the others are there too, and
/// all its lines would be late. How far is looked is a matter of lines and bytes alone, so that the order is the same wherever
/// reading began.
package struct Lookahead: Sendable {
    /// Lines that are looked at at most.
    package static let lines = 16
    /// Bytes of lines that are looked at at most, however few lines that is, but for the first.
    package static let bytes = 1 << 20

    private var waiting: [(size: Int, time: Timestamp?)] = []
    private var size = 0

    /// Nothing.
    package init() {}

    /// Whether there is no line.
    package var isEmpty: Bool { waiting.isEmpty }

    /// Whether nothing more has to be looked at.
    package var isFull: Bool { waiting.count >= Self.lines || size >= Self.bytes }

    /// Lines that are looked at.
    package var count: Int { waiting.count }

    /// The time by which the source's turn comes; nil where none of the lines has any: then it is its turn.
    package var key: Timestamp? { waiting.compactMap(\.time).min() }

    /// Notes a line behind the others.
    ///
    /// - Parameters:
    ///   - size: its bytes.
    ///   - time: what it says; nil where it says nothing.
    package mutating func append(size: Int, time: Timestamp?) {
        waiting.append((size, time))
        self.size += size
    }

    /// Forgets the first line, which was taken.
    package mutating func removeFirst() {
        guard !waiting.isEmpty else { return }
        size -= waiting.removeFirst().size
    }
}

extension RecordDecoder {
    /// The time of a line, found without decoding the rest where that is possible.
    ///
    /// - Parameter line: one record.
    /// - Returns: its time; nil where it holds no record.
    package func time(of line: RawLine) -> Timestamp? {
        if let time = Ingest.time(of: line.bytes) { return time }
        guard case .record(let record) = decode(line) else { return nil }
        return record.time
    }
}
