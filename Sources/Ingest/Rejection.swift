/// Why a line cannot be used, in words that stay the same between versions.
package enum RejectionReason: String, Sendable, CaseIterable {
    case invalidJSON = "invalid_json"
    case invalidUTF8 = "invalid_utf8"
    case notAnObject = "not_an_object"
    case missingField = "missing_field"
    case wrongType = "wrong_type"
    case badTime = "bad_time"
    /// A time too far ahead of the clock: it would make every other record late.
    case timeInFuture = "time_in_future"
    case badBase64 = "bad_base64"
    /// A shape out of bounds, or data of another length than its shape says.
    case wrongSize = "wrong_size"
    case badDtype = "bad_dtype"
    /// A number outside its range, such as a probability of 1.5.
    case outOfRange = "out_of_range"
    /// An empty text where there must be a name.
    case badText = "bad_text"
    case unsupportedInput = "unsupported_input"
    /// A line longer than the configured limit.
    case tooLong = "too_long"
    /// Half a line, of exactly the length at which a logger or transport cuts; the detail says which, and what to do.
    case cutInTransit = "cut_in_transit"
    /// Half a line at the end of a file that was rotated away, truncated or replaced.
    case unterminated
    /// No memory to decode the line.
    case outOfMemory = "out_of_memory"
}

/// Why a line was refused, and where.
package struct Rejection: Error, Hashable, Sendable {
    package let reason: RejectionReason
    /// The JSON Pointer of the field at fault, or the parser's words for a document that is none.
    package let detail: String

    package init(_ reason: RejectionReason, _ detail: String) {
        self.reason = reason
        self.detail = detail
    }
}
