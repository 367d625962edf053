import Domain
import Runtime

/// One way in which servers write down what they were asked and what they answered, a JSON document for each record.
///
/// A format says which members it reads and what they mean; the decoder owns parsers, cut lines and repeated keys.
protocol RecordFormat: Sendable {
    /// Its name, such as `native`.
    var name: String { get }

    /// The members of documents that it reads. Where a line is not quite JSON, no other is kept.
    var keys: [JSONKeys] { get }

    /// Reads a record, at the least sacrifice: what is of no use is left out and named on the record, and only one that
    /// cannot be scored is refused.
    ///
    /// - Parameters:
    ///   - root: the document's outermost value.
    ///   - reading: looks into it.
    ///   - surroundings: what the configuration says of logs.
    /// - Returns: the record.
    /// - Throws: `Rejection`, whose detail is the JSON Pointer (RFC 6901) of the member at fault.
    func record(
        _ root: DocumentNode,
        _ reading: inout JSONReading,
        _ surroundings: LogSurroundings
    ) throws(Rejection) -> Record
}

/// What the configuration says of all logs, whatever their format.
struct LogSurroundings: Sendable {
    /// Of times that name none.
    let zone: LogZone
    /// What models are called.
    let names: ModelNames
}
