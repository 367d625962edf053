import Domain

/// What `Retry-After` asks for (RFC 9110 section 10.2.3): seconds or a date; at most a day.
///
/// - Parameters:
///   - text: the header's value.
///   - now: the time at which it came.
/// - Returns: how long to wait; nil when it is neither.
func retryAfter(_ text: String, at now: Timestamp) -> Duration? {
    if let seconds = Int64(text), seconds >= 0 { return .seconds(min(seconds, 86_400)) }
    // `Sun, 06 Nov 1994 08:49:37 GMT`, the one form that may still be sent.
    let parts = text.split(separator: " ")
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    guard parts.count == 6, parts[5] == "GMT", let month = months.firstIndex(of: String(parts[2])) else {
        return nil
    }
    let number = month < 9 ? "0\(month + 1)" : "\(month + 1)"
    guard let date = Timestamp(rfc3339: "\(parts[3])-\(number)-\(parts[1])T\(parts[4])Z") else { return nil }
    return .milliseconds(min(max(0, date.milliseconds - now.milliseconds), 86_400_000))
}
