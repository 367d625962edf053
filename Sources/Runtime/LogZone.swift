internal import Foundation

/// The zone of times that a log writes without one.
package struct LogZone: Hashable, Sendable {
    /// As it was configured, such as `UTC`, `+02:00` or `Europe/Berlin`.
    package let name: String
    /// Seconds east of UTC, where they are always the same.
    private let fixed: Int64?
    private let zone: TimeZone?

    /// Coordinated universal time.
    package static let utc = LogZone(name: "UTC", fixed: 0, zone: nil)

    private init(name: String, fixed: Int64?, zone: TimeZone?) {
        self.name = name
        self.fixed = fixed
        self.zone = zone
    }

    /// A zone; nil where none has this name.
    ///
    /// - Parameter name: `UTC`, an offset such as `+02:00`, or a zone of the IANA's database such as `Europe/Berlin`.
    package init?(_ name: String) {
        if name == "UTC" {
            self = .utc
        } else if let sign = name.first, "+-".contains(sign) {
            let digits = name.utf8.dropFirst().filter { (48...57).contains($0) }.map { Int64($0) - 48 }
            guard digits.count == 4, name.utf8.count == 6, Array(name.utf8)[3] == UInt8(ascii: ":") else {
                return nil
            }
            let (hours, minutes) = (digits[0] * 10 + digits[1], digits[2] * 10 + digits[3])
            guard hours < 24, minutes < 60 else { return nil }
            self.init(name: name, fixed: (sign == "+" ? 1 : -1) * (hours * 60 + minutes) * 60, zone: nil)
        } else {
            guard name.contains("/"), let zone = TimeZone(identifier: name) else { return nil }
            self.init(name: name, fixed: nil, zone: zone)
        }
    }

    /// When a clock in this zone shows something.
    ///
    /// The hour that a clock shows twice when summer time ends is taken as the first of the two; one that it never shows
    /// is counted on from before.
    ///
    /// - Parameter local: milliseconds from 1970 to when a clock in UTC shows it.
    /// - Returns: milliseconds from 1970, in UTC.
    package func instant(of local: Int64) -> Int64 {
        let seconds = local >= 0 ? local / 1000 : (local - 999) / 1000
        return local - offset(at: seconds) * 1000
    }

    /// Seconds east of UTC when a clock shows `local`.
    private func offset(at local: Int64) -> Int64 {
        if let fixed { return fixed }
        let (before, after) = (east(at: local - 86_400), east(at: local + 86_400))
        guard before != after, east(at: local - before) != before, east(at: local - after) == after else {
            return before
        }
        return after
    }

    private func east(at time: Int64) -> Int64 {
        Int64(zone?.secondsFromGMT(for: Date(timeIntervalSince1970: TimeInterval(time))) ?? 0)
    }
}
