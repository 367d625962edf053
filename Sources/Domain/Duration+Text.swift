extension Duration {
    private static let units: [(suffix: String, milliseconds: Int64)] = [
        ("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000),
    ]

    /// Parses a whole number with a unit of `ms`, `s`, `m`, `h` or `d`; nil when `text` is not one.
    ///
    /// - Parameter text: such as `200ms`, `10s` or `7d`.
    package init?(text: String) {
        guard let (number, suffix) = numberAndSuffix(text),
            let unit = Self.units.first(where: { $0.suffix == suffix })
        else { return nil }
        let (milliseconds, isOverflow) = number.multipliedReportingOverflow(by: unit.milliseconds)
        guard !isOverflow else { return nil }
        self = .milliseconds(milliseconds)
    }

    /// The shortest text that parses to this duration, such as `90s` or `7d`; a rest below a millisecond is cut off.
    package var text: String {
        let milliseconds =
            components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
        guard milliseconds != 0 else { return "0s" }
        let unit = Self.units.last { milliseconds % $0.milliseconds == 0 } ?? Self.units[0]
        return "\(milliseconds / unit.milliseconds)\(unit.suffix)"
    }
}

/// A whole number and the letters after it.
///
/// - Parameter text: such as `64MiB`.
/// - Returns: the number and the rest; nil where no digit stands first or the number is too large.
package func numberAndSuffix(_ text: String) -> (Int64, String)? {
    let digits = text.utf8.prefix { $0 >= 0x30 && $0 <= 0x39 }
    guard !digits.isEmpty, let number = Int64(Substring(digits)) else { return nil }
    return (number, String(text.dropFirst(digits.count)))
}
