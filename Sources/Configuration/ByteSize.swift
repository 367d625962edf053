import Domain
import Runtime

/// Byte counts as `64MiB`.
enum ByteSize {
    private static let units: [(suffix: String, bytes: Int64)] = [
        ("B", 1), ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("TiB", 1 << 40),
    ]

    /// The bytes that `text` means; nil when it is not a whole number with a unit.
    static func parse(_ text: String) -> Int? {
        guard let (number, suffix) = numberAndSuffix(text),
            let unit = units.first(where: { $0.suffix == suffix })
        else { return nil }
        let (bytes, isOverflow) = number.multipliedReportingOverflow(by: unit.bytes)
        return isOverflow ? nil : Int(bytes)
    }

    /// The shortest text that parses to `bytes`.
    static func text(_ bytes: Int) -> String {
        guard bytes != 0 else { return "0B" }
        let unit = units.last { Int64(bytes) % $0.bytes == 0 } ?? units[0]
        return "\(Int64(bytes) / unit.bytes)\(unit.suffix)"
    }
}
