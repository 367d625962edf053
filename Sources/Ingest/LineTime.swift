package import Domain

/// Where the text of the member `time` of the outermost object stands, without its quotes.
///
/// - Parameter line: one JSON object.
/// - Returns: the place in `line`; nil where there is none.
package func timeValue(in line: [UInt8]) -> Range<Int>? {
    var depth = 0
    var index = 0
    while index < line.count {
        switch line[index] {
        case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
        case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
        case UInt8(ascii: "\""):
            guard let text = string(in: line, openedAt: index) else { return nil }
            index = text.upperBound
            let isTime = depth == 1 && line[text].elementsEqual("time".utf8)
            if isTime, let value = value(in: line, after: index + 1) { return value }
        default: break
        }
        index += 1
    }
    return nil
}

/// Where the value of the member `time` of the outermost object stands, whatever it is.
///
/// Of several it is the last, which counts.
///
/// - Parameter line: one JSON object.
/// - Returns: the place in `line`, with the quotes of a text; nil where there is none.
package func timeMember(in line: [UInt8]) -> Range<Int>? {
    var depth = 0
    var index = 0
    var member: Range<Int>?
    while index < line.count {
        switch line[index] {
        case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
        case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
        case UInt8(ascii: "\""):
            guard let text = string(in: line, openedAt: index) else { return member }
            index = text.upperBound
            let isTime = depth == 1 && line[text].elementsEqual("time".utf8)
            if isTime, let start = valueStart(in: line, after: index + 1) {
                member = start..<valueEnd(in: line, from: start)
            }
        default: break
        }
        index += 1
    }
    return member
}

/// Where a scalar that begins at `start` ends.
private func valueEnd(in line: [UInt8], from start: Int) -> Int {
    if line[start] == UInt8(ascii: "\"") {
        return string(in: line, openedAt: start).map { $0.upperBound + 1 } ?? line.count
    }
    return line[start...].firstIndex { isSpace($0) || $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "}") }
        ?? line.count
}

private func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

/// Where a value begins, when `start` stands before its colon.
private func valueStart(in line: [UInt8], after start: Int) -> Int? {
    guard let colon = line[start...].firstIndex(where: { !isSpace($0) }), line[colon] == UInt8(ascii: ":")
    else { return nil }
    return line[(colon + 1)...].firstIndex { !isSpace($0) }
}

/// The text of the string whose opening quote is at `start`; its upper bound is the closing quote.
private func string(in line: [UInt8], openedAt start: Int) -> Range<Int>? {
    var index = start + 1
    while index < line.count {
        switch line[index] {
        case UInt8(ascii: "\\"): index += 1
        case UInt8(ascii: "\""): return start + 1..<index
        default: break
        }
        index += 1
    }
    return nil
}

/// The text of the string after a colon, when `start` stands before one.
private func value(in line: [UInt8], after start: Int) -> Range<Int>? {
    guard let quote = valueStart(in: line, after: start), line[quote] == UInt8(ascii: "\"")
    else { return nil }
    return string(in: line, openedAt: quote)
}

/// The time that a line says of itself, without decoding the rest; nil where there is none to read.
///
/// - Parameter line: one JSON object.
/// - Returns: the time.
package func time(of line: [UInt8]) -> Timestamp? {
    timeValue(in: line).flatMap { Timestamp(rfc3339: String(decoding: line[$0], as: UTF8.self)) }
}
