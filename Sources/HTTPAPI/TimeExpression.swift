import Domain

/// Times as people write them.
enum TimeExpression {
    private static let units: [Character: Int64] = ["s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000]

    /// The time that a text names.
    ///
    /// - Parameters:
    ///   - text: RFC 3339, `now`, or such as `-1h`.
    ///   - now: the wall clock.
    /// - Returns: the time; nil when it is none.
    static func parse(_ text: String, now: Timestamp) -> Timestamp? {
        if text == "now" { return now }
        guard text.hasPrefix("-") else { return Timestamp(rfc3339: text) }
        guard let unit = text.last.flatMap({ units[$0] }) else { return nil }
        let digits = text.dropFirst().dropLast()
        guard !digits.isEmpty, digits.utf8.count <= 9, digits.utf8.allSatisfy({ (48...57).contains($0) }),
            let count = Int64(digits), count * unit <= 1000 * 365 * 86_400_000
        else { return nil }
        return Timestamp(milliseconds: now.milliseconds - count * unit)
    }
}
