import Foundation

/// Lines of the native record format, small enough to write thousands of.
enum LogLine {
    /// The first event time of the tests' logs: 2026-03-02T08:00:00Z.
    static let epoch: Int64 = 1_772_438_400_000

    /// A valid line (with its line feed): record `number` of `user`, an 8x8 grey image that depends on both.
    static func record(_ number: Int, user: String = "user-\(1)", id: String? = nil, padding: Int = 0)
        -> String
    {
        var state = UInt64(truncatingIfNeeded: number) &* 0x9E37_79B9_7F4A_7C15 &+ UInt64(user.utf8.count)
        let pixels = (0..<64).map { _ -> UInt8 in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return UInt8(truncatingIfNeeded: state >> 56)
        }
        let probability = Double(number % 900 + 50) / 1000
        let milliseconds = epoch + Int64(number) * 250
        let fields = [
            #""id":"\#(id ?? name(number))""#,
            #""time":"\#(time(milliseconds))""#,
            #""model":"test""#,
            #""user":"\#(user)""#,
            #""input":{"shape":[8,8,1],"dtype":"uint8","data":"\#(Data(pixels).base64EncodedString())"}"#,
            #""prediction":{"class":"a","probability":\#(probability)}"#,
        ]
        let filler = padding > 0 ? #","filler":"\#(String(repeating: "x", count: padding))""# : ""
        return "{" + fields.joined(separator: ",") + filler + "}\n"
    }

    /// The id of record `number`.
    static func name(_ number: Int) -> String { "r-\(number)" }

    /// Lines for a range of records, over five users in turn.
    static func records(_ range: Range<Int>) -> String {
        range.map { record($0, user: "user-\($0 % 5)") }.joined()
    }

    /// The ids of a range of records.
    static func names(_ range: Range<Int>) -> Set<String> { Set(range.map(name)) }

    private static func time(_ milliseconds: Int64) -> String {
        let formatter = ISO8601DateFormatter()
        formatter.formatOptions = [.withInternetDateTime, .withFractionalSeconds]
        return formatter.string(from: Date(timeIntervalSince1970: Double(milliseconds) / 1000))
    }
}
