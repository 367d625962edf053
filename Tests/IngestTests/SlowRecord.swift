import Foundation

/// A record as a slow reader sees it: written for the tests, without any of the room's code.
struct SlowRecord: Equatable {
    var id: String?
    var user = ""
    var model = ""
    var milliseconds: Int64 = 0
    var label = ""
    var probability = 0.0
    var probabilities: [Double]?
    var source: String?
    var pixels: [UInt8]?
    var features: [Float]?

    /// Reads a line; nil where nobody, nothing or no time can be read.
    init?(_ line: [UInt8]) {
        guard case .object(let fields)? = SlowJSON.read(line) else { return nil }
        // Of a repeated key the last value counts that is one, unless no record comes of that.
        guard
            let record = Self(fields, { $1.isNothing ? $0 : $1 })
                ?? Self(fields, { $0.isNothing ? $1 : $0 })
        else { return nil }
        self = record
    }

    private init?(
        _ fields: [(String, SlowJSON)],
        _ choose: (_ first: SlowJSON, _ second: SlowJSON) -> SlowJSON
    ) {
        let last = Dictionary(fields, uniquingKeysWith: choose)
        guard case .object(let answers)? = last["prediction"] else { return nil }
        let answer = Dictionary(answers, uniquingKeysWith: choose)
        guard let user = Self.name(last["user"]), let model = Self.name(last["model"]),
            let time = Self.time(last["time"]), let label = Self.name(answer["class"], orBoolean: true)
        else { return nil }
        (self.user, self.model, self.label, milliseconds) = (user, model, label, time)
        id = Self.name(last["id"])
        source = Self.name(last["source"])
        if case .array(let entries)? = answer["probabilities"], !entries.isEmpty {
            let numbers = entries.compactMap(Self.probability)
            if numbers.count == entries.count { probabilities = numbers }
        }
        guard let probability = Self.probability(answer["probability"]) else { return nil }
        self.probability = probability
        pixels = Self.tensor(last["input"], "uint8", choose).flatMap { shape, data in
            let sides = shape.count == 2 || shape.count == 3
            return sides && shape.allSatisfy { $0 > 0 } && shape.reduce(1, *) == data.count ? data : nil
        }
        features = Self.tensor(last["features"], "float32", choose).flatMap { shape, data in
            guard shape.count > 0, shape.allSatisfy({ $0 > 0 }), shape.reduce(4, *) == data.count else {
                return nil
            }
            let values = stride(from: 0, to: data.count, by: 4).map { place in
                Float(bitPattern: (0..<4).reduce(0) { $0 | UInt32(data[place + $1]) << UInt32(8 * $1) })
            }
            return values.allSatisfy(\.isFinite) ? values : nil
        }
    }

    private static func name(_ value: SlowJSON?, orBoolean: Bool = false) -> String? {
        switch value {
        case .text(let text): text.isEmpty ? nil : text.replacingOccurrences(of: "\0", with: "\u{FFFD}")
        case .word("true") where orBoolean, .word("false") where orBoolean:
            if case .word(let word)? = value { word } else { nil }
        case .word(let word):
            if let match = word.wholeMatch(of: /(-?)0*(\d+)/) {
                String(match.1 + match.2)
            } else if word.contains(where: \.isNumber), let number = Double(word), number.isFinite {
                number == number.rounded() && abs(number) < 9e18 ? String(Int64(number)) : "\(number)"
            } else {
                nil
            }
        default: nil
        }
    }

    private static func number(_ value: SlowJSON?) -> Double? {
        let text: String
        switch value {
        case .text(let given):
            text = given.trimmingCharacters(in: .whitespaces).replacingOccurrences(of: ",", with: ".")
        case .word(let given): text = given
        default: return nil
        }
        guard text.wholeMatch(of: /[-+]?[0-9.]+([eE][-+]?\d+)?/) != nil else { return nil }
        return Double(text).flatMap { $0.isFinite ? $0 : nil }
    }

    private static func probability(_ value: SlowJSON?) -> Double? {
        guard let number = number(value), number >= -0.001, number <= 1.001 else { return nil }
        return number < 0 ? 0 : number > 1 ? 1 : number
    }

    private static func time(_ value: SlowJSON?) -> Int64? {
        var text: String
        switch value {
        case .text(let given), .word(let given): text = given.trimmingCharacters(in: .whitespaces)
        default: return nil
        }
        if text.wholeMatch(of: /[-+]?\d+/) != nil {
            guard let whole = Int64(text) else { return nil }
            let powers = [("1e3", 11), ("1", 14), ("1e-3", 17), ("1e-6", 99)]
            let digits = String(whole.magnitude).count
            guard let unit = powers.first(where: { digits <= $0.1 }), let factor = Decimal(string: unit.0)
            else { return nil }
            var (exact, floor) = (Decimal(whole) * factor, Decimal())
            NSDecimalRound(&floor, &exact, 0, .down)
            return inRange((floor as NSDecimalNumber).int64Value)
        }
        if text.wholeMatch(of: /[-+]?(\d+\.\d*|\.\d+|\d+(?=[eE]))([eE][-+]?\d+)?/) != nil {
            guard let number = Double(text), number.magnitude < 1e11 else { return nil }
            return inRange(Int64((number * 1000).rounded()))
        }
        let form =
            /(\d{4})[-\/](\d\d)[-\/](\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:[.,](\d+))?\s?(Z|z|UTC|[-+]\d\d:?\d\d)?/
        guard let match = text.wholeMatch(of: form) else { return nil }
        var parts = DateComponents()
        (parts.year, parts.month, parts.day) = (Int(match.1), Int(match.2), Int(match.3))
        (parts.hour, parts.minute, parts.second) = (Int(match.4), Int(match.5), Int(match.6))
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        guard parts.isValidDate(in: calendar), let date = calendar.date(from: parts) else { return nil }
        text = String(match.8 ?? "Z")
        var minutes: Int64 = 0
        if let sign = text.first, "+-".contains(sign) {
            let digits = text.filter(\.isNumber)
            minutes = (Int64(digits.prefix(2)) ?? 0) * 60 + (Int64(digits.suffix(2)) ?? 0)
            if sign == "-" { minutes = -minutes }
        }
        let fraction = Int64(((match.7.map(String.init) ?? "") + "000").prefix(3)) ?? 0
        return Int64(date.timeIntervalSince1970) * 1000 + fraction - minutes * 60_000
    }

    private static func inRange(_ milliseconds: Int64) -> Int64? {
        milliseconds < 253_402_300_800_000 && milliseconds >= -62_135_596_800_000 ? milliseconds : nil
    }

    private static func tensor(
        _ value: SlowJSON?,
        _ dtype: String,
        _ choose: (SlowJSON, SlowJSON) -> SlowJSON
    ) -> (shape: [Int], data: [UInt8])? {
        guard case .object(let fields)? = value else { return nil }
        let parts = Dictionary(fields, uniquingKeysWith: choose)
        guard parts["image"] == nil, case .text(dtype)? = parts["dtype"],
            case .text(let text)? = parts["data"],
            let data = Data(base64Encoded: text), case .array(let sides)? = parts["shape"]
        else { return nil }
        let shape = sides.compactMap { side -> Int? in
            if case .word(let word) = side { Int(word) } else { nil }
        }
        return shape.count == sides.count ? (shape, Array(data)) : nil
    }
}

/// JSON, and what loggers write instead, taken apart by recursion over scalars.
indirect enum SlowJSON: Equatable {
    case object([(String, SlowJSON)])
    case array([SlowJSON])
    case text(String)
    /// A number, true, false, null, or whatever else stands without quotes.
    case word(String)

    /// Whether it is null, or a word that JSON has no value for (`NaN`, `1e400`).
    var isNothing: Bool {
        guard case .word(let word) = self, !["true", "false"].contains(word.lowercased()) else {
            return false
        }
        return word.wholeMatch(of: /-?\d+/) == nil && Double(word)?.isFinite != true
    }

    static func == (left: SlowJSON, right: SlowJSON) -> Bool { "\(left)" == "\(right)" }

    static func read(_ bytes: [UInt8]) -> SlowJSON? {
        var rest = bytes[...]
        guard let value = value(&rest) else { return nil }
        space(&rest)
        return rest.isEmpty ? value : nil
    }

    private static func space(_ rest: inout ArraySlice<UInt8>) {
        rest = rest.drop { [9, 10, 13, 32].contains($0) }
    }

    private static func take(_ byte: Character, _ rest: inout ArraySlice<UInt8>) -> Bool {
        space(&rest)
        guard rest.first == byte.asciiValue else { return false }
        rest.removeFirst()
        return true
    }

    private static func value(_ rest: inout ArraySlice<UInt8>) -> SlowJSON? {
        space(&rest)
        switch rest.first.map({ Character(Unicode.Scalar($0)) }) {
        case "{":
            var fields: [(String, SlowJSON)] = []
            rest.removeFirst()
            if take("}", &rest) { return .object([]) }
            repeat {
                space(&rest)
                guard let key = text(&rest), take(":", &rest), let value = value(&rest) else { return nil }
                fields.append((key, value))
            } while take(",", &rest)
            return take("}", &rest) ? .object(fields) : nil
        case "[":
            var entries: [SlowJSON] = []
            rest.removeFirst()
            if take("]", &rest) { return .array([]) }
            repeat {
                guard let entry = value(&rest) else { return nil }
                entries.append(entry)
            } while take(",", &rest)
            return take("]", &rest) ? .array(entries) : nil
        case "\"": return text(&rest).map { .text($0) }
        default:
            let word = rest.prefix { !Array(",]} \t\r\n\"{[:".utf8).contains($0) }
            rest = rest.dropFirst(word.count)
            return word.isEmpty ? nil : .word(String(decoding: word, as: UTF8.self))
        }
    }

    /// A text; what is no character in it becomes U+FFFD.
    private static func text(_ rest: inout ArraySlice<UInt8>) -> String? {
        guard rest.popFirst() == UInt8(ascii: "\"") else { return nil }
        var units: [UInt16] = []
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "\"") { return String(decoding: units, as: UTF16.self) }
            guard byte == UInt8(ascii: "\\") else {
                // Only what is written as UTF-8 is written by the generator.
                var scalar = [byte]
                while let next = rest.first, next & 0xC0 == 0x80 { scalar.append(next); rest.removeFirst() }
                units += String(decoding: scalar, as: UTF8.self).utf16
                continue
            }
            guard let kind = rest.popFirst() else { return nil }
            switch Character(Unicode.Scalar(kind)) {
            case "n": units.append(10)
            case "t": units.append(9)
            case "r": units.append(13)
            case "b": units.append(8)
            case "f": units.append(12)
            case "u":
                guard let unit = UInt16(String(decoding: rest.prefix(4), as: UTF8.self), radix: 16) else {
                    return nil
                }
                units.append(unit)
                rest = rest.dropFirst(4)
            default: units.append(UInt16(kind))
            }
        }
        return nil
    }
}
