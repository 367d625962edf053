/// A time as a log writes it: an instant, or what a clock on a wall showed somewhere.
package enum LoggedTime: Hashable, Sendable {
    case instant(Timestamp)
    /// A date and time of day without a zone: the instant at which a clock in UTC shows it.
    case local(Timestamp)

    /// Reads a time; nil where `text` is none that can be read in one way only.
    ///
    /// Dates are `2026-11-30` (or with slashes), `20261130T…`, `30 Nov 2026`, `30/Nov/2026` or `Nov 30 … 2026`, a weekday before
    /// them is passed over; `T`, `t`, spaces or a colon part date and time. Seconds may be missing, and have a fraction after
    /// a point or a comma, of which milliseconds count. Zones are `Z`, `UTC`, `GMT`, `+01:00`, `+0100`, `+01` and those of RFC 2822 by name.
    /// A number is an epoch, see ``init(epoch:)-(Double)``.
    ///
    /// - Parameter text: such as `2026-11-30 20:00:08,123`.
    package init?(_ text: String) {
        if let time = Timestamp(rfc3339: text) {
            self = .instant(time)
            return
        }
        var scanner = DigitScanner(Array(text.utf8))
        scanner.pass(while: isSpace)
        if let number = scanner.wholeNumber() {
            self.init(epoch: number)
        } else if let number = scanner.decimalNumber() {
            self.init(epoch: number)
        } else {
            guard let read = DateReader(scanner)?.time else { return nil }
            self = read
        }
    }

    /// Reads a count of seconds, milliseconds, microseconds or nanoseconds since 1970 in UTC.
    ///
    /// Which of them it is its size says: seconds below 10^11, milliseconds below 10^14, microseconds below 10^17. What is
    /// less than a millisecond is cut off.
    ///
    /// - Parameter epoch: nil beyond the year 9999.
    package init?(epoch: Int64) {
        let milliseconds: Int64
        switch epoch.magnitude {
        case ..<100_000_000_000: milliseconds = epoch * 1000
        case ..<100_000_000_000_000: milliseconds = epoch
        case ..<100_000_000_000_000_000: milliseconds = epoch.floorDivided(by: 1000)
        default: milliseconds = epoch.floorDivided(by: 1_000_000)
        }
        self.init(milliseconds: milliseconds)
    }

    /// Reads a count with a fraction, as ``init(epoch:)-(Int64)`` does, to the nearest millisecond.
    ///
    /// - Parameter epoch: finite; nil beyond the year 9999.
    package init?(epoch: Double) {
        let milliseconds: Double
        switch epoch.magnitude {
        case ..<1e11: milliseconds = epoch * 1000
        case ..<1e14: milliseconds = epoch
        case ..<1e17: milliseconds = epoch / 1000
        default: milliseconds = epoch / 1_000_000
        }
        guard let whole = Int64(exactly: milliseconds.rounded()) else { return nil }
        self.init(milliseconds: whole)
    }

    private init?(milliseconds: Int64) {
        // The years 1 to 9999.
        guard (-62_135_596_800_000..<253_402_300_800_000).contains(milliseconds) else { return nil }
        self = .instant(Timestamp(milliseconds: milliseconds))
    }
}

private func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
private func isDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) }
private func isLetter(_ byte: UInt8) -> Bool { (65...90).contains(byte & 0xDF) }

extension DigitScanner {
    /// The whole number that is all that is left, with its sign.
    fileprivate func wholeNumber() -> Int64? {
        let text = String(decoding: trimmed, as: UTF8.self)
        return Int64(text)
    }

    /// The number with a point or an exponent that is all that is left.
    fileprivate func decimalNumber() -> Double? {
        guard trimmed.contains(where: isDigit), trimmed.contains(where: { [0x2E, 0x45, 0x65].contains($0) }),
            trimmed.allSatisfy({ isDigit($0) || [0x2B, 0x2D, 0x2E, 0x45, 0x65].contains($0) })
        else { return nil }
        return Double(String(decoding: trimmed, as: UTF8.self)).flatMap { $0.isFinite ? $0 : nil }
    }

    private var trimmed: ArraySlice<UInt8> {
        let end = rest.lastIndex { !isSpace($0) }.map { $0 + 1 } ?? rest.startIndex
        return rest[..<end]
    }

    /// A number of one digit or two.
    fileprivate mutating func shortNumber() -> Int64? { number(2) ?? number(1) }

    fileprivate mutating func word() -> String {
        String(decoding: pass(while: isLetter), as: UTF8.self).lowercased()
    }
}

/// Takes a date and a time of day apart.
private struct DateReader {
    private static let months = [
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ]
    private static let weekdays = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    /// Minutes east of UTC.
    private static let zones: [String: Int64] = [
        "z": 0, "utc": 0, "gmt": 0, "ut": 0, "est": -300, "edt": -240, "cst": -360, "cdt": -300, "mst": -420,
        "mdt": -360, "pst": -480, "pdt": -420,
    ]

    private(set) var time: LoggedTime?
    private var scanner: DigitScanner
    private var date: (year: Int64, month: Int64, day: Int64) = (0, 0, 0)
    private var milliseconds: Int64 = 0
    private var offset: Int64?

    init?(_ scanner: DigitScanner) {
        self.scanner = scanner
        guard readDate(), readClock(), readZone(), readLateYear() else { return nil }
        self.scanner.pass(while: isSpace)
        guard self.scanner.isAtEnd, (1...9999).contains(date.year), (1...12).contains(date.month),
            date.day >= 1, date.day <= daysIn(month: date.month, of: date.year)
        else { return nil }
        let days = dayNumber(year: date.year, month: date.month, day: date.day)
        let local = Timestamp(milliseconds: days * 86_400_000 + milliseconds)
        time =
            offset.map { .instant(Timestamp(milliseconds: local.milliseconds - $0 * 60_000)) }
            ?? .local(local)
    }

    private mutating func readDate() -> Bool {
        if let month = readWord() {
            // Such as `Nov 30 20:00:08 2026`.
            date.month = month
            scanner.pass(while: isSpace)
            guard let day = scanner.shortNumber() else { return false }
            date.day = day
            return true
        }
        if let year = scanner.number(4) {
            date.year = year
            let isSlashed = scanner.accept("/")
            if isSlashed || scanner.accept("-") {
                guard let month = scanner.shortNumber(), scanner.accept(isSlashed ? "/" : "-"),
                    let day = scanner.shortNumber()
                else { return false }
                (date.month, date.day) = (month, day)
                return true
            }
            guard let month = scanner.number(2), let day = scanner.number(2) else { return false }
            (date.month, date.day) = (month, day)
            return scanner.rest.first.map { $0 & 0xDF == 0x54 } ?? false
        }
        guard let day = scanner.shortNumber(), scanner.accept("/", " ", "-"),
            let month = Self.months.firstIndex(of: String(scanner.word().prefix(3))),
            scanner.accept("/", " ", "-"), let year = scanner.number(4)
        else { return false }
        date = (year, Int64(month) + 1, day)
        return true
    }

    /// The month that stands next by name, after a weekday or without one.
    private mutating func readWord() -> Int64? {
        var ahead = scanner
        var word = String(ahead.word().prefix(3))
        if Self.weekdays.contains(word) {
            _ = ahead.accept(",")
            ahead.pass(while: isSpace)
            scanner = ahead
            word = String(ahead.word().prefix(3))
        }
        guard let month = Self.months.firstIndex(of: word) else { return nil }
        scanner = ahead
        return Int64(month) + 1
    }

    private mutating func readClock() -> Bool {
        if !scanner.accept("T", "t", ":") {
            guard !scanner.pass(while: isSpace).isEmpty else { return false }
        }
        guard let hour = scanner.shortNumber() else { return false }
        let isColoned = scanner.accept(":")
        guard let minute = scanner.number(2), hour < 24, minute < 60 else { return false }
        var second: Int64 = 0
        if isColoned ? scanner.accept(":") : scanner.rest.first.map(isDigit) ?? false {
            guard let read = scanner.number(2), read <= 60 else { return false }
            second = read
            if scanner.accept(".", ",") {
                guard let fraction = scanner.fraction() else { return false }
                milliseconds = fraction
            }
        }
        if second == 60 { (second, milliseconds) = (59, 999) }
        milliseconds += (hour * 3600 + minute * 60 + second) * 1000
        return true
    }

    private mutating func readZone() -> Bool {
        scanner.pass(while: isSpace)
        let isEast = scanner.accept("+")
        if isEast || scanner.accept("-") {
            guard let hours = scanner.number(2) else { return false }
            let isColoned = scanner.accept(":")
            let minutes = scanner.number(2) ?? (isColoned ? 60 : 0)
            guard hours < 24, minutes < 60 else { return false }
            offset = (isEast ? 1 : -1) * (hours * 60 + minutes)
            // Go and Java name the zone besides.
            scanner.pass(while: isSpace)
            scanner.pass(while: isLetter)
            if scanner.accept("[") {
                scanner.pass { $0 != UInt8(ascii: "]") }
                return scanner.accept("]")
            }
            return true
        }
        let name = scanner.word()
        guard name.isEmpty || Self.zones[name] != nil else { return false }
        offset = Self.zones[name]
        return true
    }

    /// The year at the end, where it did not come with the day.
    private mutating func readLateYear() -> Bool {
        guard date.year == 0 else { return true }
        scanner.pass(while: isSpace)
        guard let year = scanner.number(4) else { return false }
        date.year = year
        return true
    }
}
