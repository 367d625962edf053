package import Domain

/// A decoded record with its place in the order of scoring.
package struct IncomingRecord: Sendable {
    /// The global sequence number.
    package let sequence: Int64
    package let record: Record

    /// A record at its place.
    package init(sequence: Int64, record: Record) {
        self.sequence = sequence
        self.record = record
    }
}
