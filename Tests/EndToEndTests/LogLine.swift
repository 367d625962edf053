import Foundation

/// Lines of the native record format, small enough to write thousands of.
enum LogLine {
    /// The first event time of the tests' logs: 2026-03-02T08:00:00Z.
    static let epoch: Int64 = 1_772_438_400_000

    /// The user of record `number`, five in turn.
    static func user(_ number: Int) -> String { "user-\(number % 5)" }

    /// The id of record `number`.
    static func name(_ number: Int) -> String { "r-\(number)" }

    /// A valid line without its line feed, with some fields set, or left out where the value is empty.
    ///
    /// Record `number` has an 8x8 grey image that depends on it.
    static func record(_ number: Int, _ changes: [String: String] = [:]) -> String {
        var state = UInt64(truncatingIfNeeded: number) &* 0x9E37_79B9_7F4A_7C15
        let pixels = (0..<64).map { _ -> UInt8 in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return UInt8(truncatingIfNeeded: state >> 56)
        }
        let data = Data(pixels).base64EncodedString()
        let fields = [
            ("id", #""\#(name(number))""#),
            ("time", #""\#(time(epoch + Int64(number) * 250))""#),
            ("model", #""test""#),
            ("user", #""\#(user(number))""#),
            ("input", #"{"shape":[8,8,1],"dtype":"uint8","data":"\#(data)"}"#),
            ("prediction", #"{"class":"a","probability":\#(Double(number % 900 + 50) / 1000)}"#),
        ]
        let known = Set(fields.map(\.0))
        let all =
            fields.map { ($0, changes[$0] ?? $1) }
            + changes.filter { !known.contains($0.key) }.sorted { $0.key < $1.key }
        return "{" + all.filter { !$0.1.isEmpty }.map { "\"\($0)\":\($1)" }.joined(separator: ",") + "}"
    }

    /// A valid line of exactly `length` bytes without its line feed.
    static func record(_ number: Int, length: Int) -> String {
        let plain = record(number, ["filler": #""""#]).utf8.count
        return record(number, ["filler": "\"" + String(repeating: "x", count: length - plain) + "\""])
    }

    /// Lines for a range of records.
    static func records(_ range: Range<Int>) -> String { range.map { record($0) + "\n" }.joined() }

    /// What a range of records must look like in the database.
    static func written(_ numbers: some Sequence<Int>) -> [(id: String, user: String)] {
        numbers.map { (name($0), user($0)) }
    }

    /// RFC 3339 by hand: a formatter takes longer than all the rest of a line.
    static func time(_ milliseconds: Int64) -> String {
        var seconds = time_t(milliseconds / 1000)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        func padded(_ number: some BinaryInteger, _ width: Int) -> String {
            let digits = String(number)
            return String(repeating: "0", count: width - digits.count) + digits
        }
        return "\(parts.tm_year + 1900)-\(padded(parts.tm_mon + 1, 2))-\(padded(parts.tm_mday, 2))T"
            + "\(padded(parts.tm_hour, 2)):\(padded(parts.tm_min, 2)):\(padded(parts.tm_sec, 2))"
            + ".\(padded(milliseconds % 1000, 3))Z"
    }
}
