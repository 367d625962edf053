package import Domain

extension Timestamp {
    /// Parses a time as people type it: `now`, `-1h` (ago), or RFC 3339.
    ///
    /// - Parameters:
    ///   - text: what was typed.
    ///   - now: the time that relative ones count from.
    /// - Throws: `UsageError` when it is none of these.
    package init(typed text: String, now: Timestamp) throws(UsageError) {
        if text == "now" {
            self = now
        } else if text.hasPrefix("-"), let duration = Duration(text: String(text.dropFirst())) {
            self = now - duration
        } else if let time = Timestamp(rfc3339: text) {
            self = time
        } else {
            throw UsageError("expected a time such as now, -1h or 2026-03-02T08:08:17Z, got '\(text)'")
        }
    }
}
