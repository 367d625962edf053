package import Domain

/// One line, usable so far or not.
package enum IngestItem: Hashable, Sendable {
    /// A complete line.
    case line(RawLine)
    /// A line that is too long or never ended.
    case unusable(DeadLetter)
}
