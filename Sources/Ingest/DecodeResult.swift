package import Domain

/// What became of one line.
package enum DecodeResult: Hashable, Sendable {
    /// A usable record.
    case record(Record)
    /// A line for the dead letters.
    case rejected(Rejection)
}
