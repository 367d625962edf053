/// A line that could not be used, kept so that nothing is dropped silently.
package struct DeadLetter: Hashable, Sendable {
    /// The durable id of the source that it came from.
    package let source: String
    /// The path that the source had.
    package let path: String
    /// Where the line starts, in (decompressed) bytes from the start of the source.
    package let offset: Int64
    /// The line's length in bytes, without its terminator.
    package let length: Int64
    /// A stable word such as `invalid_json`, `missing_field`, `bad_base64`, `too_long`, `unterminated`.
    package let reason: String
    /// The field at fault as a JSON Pointer, where there is one, and what was wrong.
    package let detail: String
    /// The first bytes of the line, at most 4,096.
    package let text: [UInt8]

    package init(
        source: String,
        path: String,
        offset: Int64,
        length: Int64,
        reason: String,
        detail: String,
        text: [UInt8]
    ) {
        self.source = source
        self.path = path
        self.offset = offset
        self.length = length
        self.reason = reason
        self.detail = detail
        self.text = text
    }
}
