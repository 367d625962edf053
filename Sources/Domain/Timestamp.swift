/// An instant of event time, in whole milliseconds since 1970-01-01T00:00:00Z.
package struct Timestamp: Hashable, Comparable, Sendable {
    /// Milliseconds since the Unix epoch; negative before it.
    package var milliseconds: Int64

    /// The instant `milliseconds` after the Unix epoch.
    package init(milliseconds: Int64) { self.milliseconds = milliseconds }

    package static func < (left: Timestamp, right: Timestamp) -> Bool {
        left.milliseconds < right.milliseconds
    }

    /// The instant `duration` later, rounded down to a millisecond.
    package static func + (time: Timestamp, duration: Duration) -> Timestamp {
        Timestamp(milliseconds: time.milliseconds + duration.wholeMilliseconds)
    }

    /// The instant `duration` earlier.
    package static func - (time: Timestamp, duration: Duration) -> Timestamp {
        Timestamp(milliseconds: time.milliseconds - duration.wholeMilliseconds)
    }

    /// Days since 1970-01-01 (UTC), rounded down: the day whose partition holds this instant.
    package var day: Int64 { milliseconds.floorDivided(by: 86_400_000) }
}

extension Timestamp: CustomStringConvertible {
    /// RFC 3339 in UTC with milliseconds, such as `2026-03-02T08:08:17.995Z`.
    package var description: String {
        let (year, month, dayOfMonth) = civil(fromDay: day)
        let rest = milliseconds - day * 86_400_000
        let clock = [rest / 3_600_000, rest / 60_000 % 60, rest / 1000 % 60].map { padded($0, 2) }
        let date = "\(padded(year, 4))-\(padded(month, 2))-\(padded(dayOfMonth, 2))"
        return "\(date)T\(clock.joined(separator: ":")).\(padded(rest % 1000, 3))Z"
    }

    /// Parses a date-time of RFC 3339 section 5.6; nil when `text` is not one.
    ///
    /// Digits beyond milliseconds are cut off, a leap second counts as :59.999, `T` and `Z` stand in any case.
    ///
    /// - Parameter text: such as `2026-03-02T08:08:17.995Z` or `2026-03-02 09:08:17+01:00`.
    package init?(rfc3339 text: String) {
        var scanner = DigitScanner(Array(text.utf8))
        guard let year = scanner.number(4), scanner.accept("-"),
            let month = scanner.number(2), scanner.accept("-"),
            let day = scanner.number(2), scanner.accept("T", "t", " "),
            let hour = scanner.number(2), scanner.accept(":"),
            let minute = scanner.number(2), scanner.accept(":"),
            let second = scanner.number(2),
            (1...12).contains(month), day >= 1, day <= daysIn(month: month, of: year),
            hour < 24, minute < 60, second <= 60
        else { return nil }
        var milliseconds: Int64 = 0
        if scanner.accept(".") {
            guard let fraction = scanner.fraction() else { return nil }
            milliseconds = fraction
        }
        guard let offset = scanner.offset(), scanner.isAtEnd else { return nil }
        if second == 60 { milliseconds = 999 }
        let time = hour * 3600 + (minute - offset) * 60 + min(second, 59)
        let days = dayNumber(year: year, month: month, day: day)
        self.init(milliseconds: (days * 86_400 + time) * 1000 + milliseconds)
    }
}

extension Duration {
    /// This duration in milliseconds, rounded down.
    package var wholeMilliseconds: Int64 {
        components.seconds * 1000 + components.attoseconds.floorDivided(by: 1_000_000_000_000_000)
    }

    /// This duration in seconds.
    package var inSeconds: Double {
        Double(components.seconds) + Double(components.attoseconds) / 1e18
    }
}

extension Int64 {
    /// Division that rounds toward negative infinity, as scoring needs (`/` truncates; docs/design/evidence.md#units-and-constants).
    package func floorDivided(by divisor: Int64) -> Int64 {
        let quotient = self / divisor
        return self % divisor != 0 && (self < 0) != (divisor < 0) ? quotient - 1 : quotient
    }
}

private func padded(_ number: Int64, _ width: Int) -> String {
    let digits = String(number.magnitude)
    return (number < 0 ? "-" : "") + String(repeating: "0", count: max(0, width - digits.count)) + digits
}

func daysIn(month: Int64, of year: Int64) -> Int64 {
    switch month {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
}

/// Days since 1970-01-01 of a date of the proleptic Gregorian calendar; years begin in March, eras have 400 years.
func dayNumber(year: Int64, month: Int64, day: Int64) -> Int64 {
    let shifted = month <= 2 ? year - 1 : year
    let era = shifted.floorDivided(by: 400)
    let yearOfEra = shifted - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
}

private func civil(fromDay day: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let shifted = day + 719_468
    let era = shifted.floorDivided(by: 146_097)
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    return (year, month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
}

/// Reads fixed-width digits and separators from the front of some bytes.
struct DigitScanner {
    private let bytes: [UInt8]
    private var index = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool { index == bytes.count }

    /// The bytes that are left.
    var rest: ArraySlice<UInt8> { bytes[index...] }

    mutating func accept(_ characters: Unicode.Scalar...) -> Bool {
        guard index < bytes.count, characters.contains(Unicode.Scalar(bytes[index])) else { return false }
        index += 1
        return true
    }

    /// Passes over as many bytes as satisfy `isPassed`, and returns them.
    @discardableResult
    mutating func pass(while isPassed: (UInt8) -> Bool) -> ArraySlice<UInt8> {
        let passed = rest.prefix(while: isPassed)
        index = passed.endIndex
        return passed
    }

    mutating func number(_ width: Int) -> Int64? {
        guard index + width <= bytes.count else { return nil }
        var value: Int64 = 0
        for byte in bytes[index..<index + width] {
            guard byte >= 48, byte <= 57 else { return nil }
            value = value * 10 + Int64(byte - 48)
        }
        index += width
        return value
    }

    /// Milliseconds of a fraction of a second of any length.
    mutating func fraction() -> Int64? {
        var value: Int64 = 0
        var count = 0
        while let digit = number(1) {
            if count < 3 { value = value * 10 + digit }
            count += 1
        }
        guard count > 0 else { return nil }
        for _ in min(count, 3)..<3 { value *= 10 }
        return value
    }

    /// Minutes east of UTC.
    mutating func offset() -> Int64? {
        if accept("Z", "z") { return 0 }
        let isEast = accept("+")
        guard isEast || accept("-"), let hours = number(2), accept(":"), let minutes = number(2),
            hours < 24, minutes < 60
        else { return nil }
        return (isEast ? 1 : -1) * (hours * 60 + minutes)
    }
}
