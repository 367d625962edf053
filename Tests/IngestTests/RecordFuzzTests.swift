import Domain
import Foundation
import Testing

@testable import Ingest

/// Valid and nearly valid records, read by the room and by a slow reader of the tests' own.
@Suite struct RecordFuzzTests {
    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func `no record with a readable user, model, time and answer is lost, and what both read is equal`(
        seed: UInt64
    ) throws {
        var writer = RecordWriter(seed: seed)
        let decoder = RecordDecoder()
        var (kept, refused, degraded) = (0, 0, 0)
        for round in 0..<4000 {
            let line = writer.line()
            let bytes = Array(line.utf8)
            let wanted = SlowRecord(bytes)
            switch decoder.decode(bytes) {
            case .rejected(let rejection):
                refused += 1
                #expect(wanted == nil, "round \(round): \(rejection) lost \(line)")
            case .record(let record):
                kept += 1
                if !record.degraded.isEmpty { degraded += 1 }
                let wanted = try #require(wanted, "round \(round): kept \(line)")
                #expect(record.user.name == boundedName(wanted.user), "round \(round): \(line)")
                #expect(record.model.name == boundedName(wanted.model), "round \(round): \(line)")
                #expect(record.time.milliseconds == wanted.milliseconds, "round \(round): \(line)")
                #expect(record.prediction.label == boundedName(wanted.label), "round \(round): \(line)")
                #expect(record.prediction.probability == wanted.probability, "round \(round): \(line)")
                #expect(record.prediction.probabilities == wanted.probabilities, "round \(round): \(line)")
                #expect(record.source == wanted.source.map { boundedName($0) }, "round \(round): \(line)")
                #expect(record.image?.pixels == wanted.pixels, "round \(round): \(line)")
                #expect(record.features == wanted.features, "round \(round): \(line)")
                let id = wanted.id.map { boundedName($0) } ?? "~" + record.digest.hexadecimal
                #expect(record.id.name == id, "round \(round): \(line)")
            }
        }
        #expect(kept > 1000 && refused > 200 && degraded > 500, "\(kept) \(refused) \(degraded)")
    }
}

/// Writes records as all kinds of loggers do.
struct RecordWriter {
    private var generator: SplitMix

    init(seed: UInt64) { generator = SplitMix(seed: seed) }

    private mutating func chance(_ one: Int, in many: Int) -> Bool {
        Int.random(in: 0..<many, using: &generator) < one
    }

    private mutating func pick(_ texts: [String]) -> String {
        texts[Int.random(in: 0..<texts.count, using: &generator)]
    }

    mutating func line() -> String {
        var fields = [
            ("id", name()), ("time", time()), ("model", name()), ("user", name()),
            ("prediction", prediction()),
        ]
        if chance(1, in: 60) { fields.remove(at: Int.random(in: 0..<5, using: &generator)) }
        if chance(1, in: 2) { fields.append(("source", name())) }
        if chance(1, in: 3) { fields.append(("input", tensor("uint8", bytes: 1))) }
        if chance(1, in: 3) { fields.append(("features", tensor("float32", bytes: 4))) }
        if chance(1, in: 20) { fields.append((pick(["user", "id", "time", "source"]), name())) }
        for _ in 0..<Int.random(in: 0..<4, using: &generator) {
            fields.append((pick(["trace_id", "latency", "x", "ünread", "a\\u0062c"]), junk(depth: 0)))
        }
        fields.shuffle(using: &generator)
        return object(fields)
    }

    private mutating func object(_ fields: [(String, String)]) -> String {
        let space = pick(["", "", " ", "\t", " \r "])
        return "{" + fields.map { "\(space)\"\($0.0)\"\(space):\(space)\($0.1)" }.joined(separator: ",")
            + space + "}"
    }

    private mutating func name() -> String {
        if chance(1, in: 40) { return junk(depth: 3) }
        let length =
            Int.random(in: 0..<10, using: &generator) == 0 ? Int.random(in: 200...400, using: &generator) : 3
        let stem = String(repeating: pick(["a", "é", "李"]), count: length)
        return pick([
            "\"\(stem)\"", "\"\(stem)\"", "\"\(stem)x\"", "\"\(stem)\\ud83d\"", "\"\\udc00\(stem)\"",
            "\"\(stem)\\ud83d\\ude00\"",
            "\"\(stem)\\u0000y\"", "\"\(stem)\\n\\\"\\\\\"", "12", "-7", "4371269560742534245",
            "18446744073709551615",
            "340282366920938463463374607431768211455", "2.5", "3.0", "007",
        ])
    }

    private mutating func time() -> String {
        if chance(1, in: 40) { return junk(depth: 3) }
        let milliseconds = Int64.random(in: 1_600_000_000_000..<1_900_000_000_000, using: &generator)
        let text = Timestamp(milliseconds: milliseconds).description
        let (date, clock) = (text.prefix(10), text.dropFirst(11).dropLast())
        let comma = clock.replacingOccurrences(of: ".", with: ",")
        return pick([
            "\"\(text)\"", "\"\(text)\"", "\"\(date) \(comma)\"", "\"\(date)T\(clock)\"",
            "\"\(date)T\(clock)456789+0000\"",
            "\"\(date) \(clock)-05:30\"", "\"\(date)T\(comma)+0145\"",
            "\"\(date.replacing("-", with: "/")) \(clock) UTC\"",
            "\(milliseconds / 1000).\(String(1000 + milliseconds % 1000).dropFirst())", "\(milliseconds)",
            "\(milliseconds)123",
            "\(milliseconds)123456", "\"\(milliseconds)\"", "\(milliseconds / 1000)",
            "\"\(date)T\(clock.prefix(8))Z\"",
            "\"2026-02-30T10:00:00Z\"", "\"yesterday\"",
        ])
    }

    private mutating func probability() -> String {
        if chance(1, in: 40) { return junk(depth: 3) }
        let value = Double.random(in: 0...1, using: &generator)
        return pick([
            "\(value)", "\(value)", "\"\(value)\"", "\(Double(Float(value)))", "1", "0", "1.0000001192092896",
            "-2.2e-16", "1.001",
            "-0.001", "1.5", "-1", "1e-400", "5e-324", ".5", "1.", "\"0,25\"", "\" 0.5 \"", "97",
        ])
    }

    private mutating func prediction() -> String {
        var fields = [
            ("class", chance(1, in: 10) ? pick(["true", "false", "3"]) : name()),
            ("probability", probability()),
        ]
        if chance(1, in: 2) {
            let entries = (0..<Int.random(in: 0..<4, using: &generator)).map { _ in probability() }
            fields.append(("probabilities", "[" + entries.joined(separator: ",") + "]"))
        }
        if chance(1, in: 5) { fields.append(("logits", junk(depth: 1))) }
        fields.shuffle(using: &generator)
        return chance(1, in: 60) ? junk(depth: 2) : object(fields)
    }

    private mutating func tensor(_ dtype: String, bytes: Int) -> String {
        if chance(1, in: 20) { return junk(depth: 2) }
        let (height, width) = (
            Int.random(in: 0..<4, using: &generator), Int.random(in: 1..<4, using: &generator)
        )
        let count = height * width * bytes + (chance(1, in: 8) ? 1 : 0)
        let data = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
        var fields = [
            ("shape", chance(1, in: 10) ? pick(["[1e400]", "[-1,3]", "7", "[]"]) : "[\(height),\(width)]"),
            ("dtype", "\"\(chance(1, in: 12) ? "int4" : dtype)\""),
            ("data", "\"\(Data(data).base64EncodedString())\(chance(1, in: 12) ? "*" : "")\""),
        ]
        fields.shuffle(using: &generator)
        return object(fields)
    }

    /// Whatever a logger may write where nobody reads.
    private mutating func junk(depth: Int) -> String {
        if depth < 3, chance(1, in: 3) {
            let count = Int.random(in: 0..<3, using: &generator)
            let entries = (0..<count).map { ("k\($0 % 2)", junk(depth: depth + 1)) }
            return chance(1, in: 2) ? object(entries) : "[" + entries.map(\.1).joined(separator: ", ") + "]"
        }
        if chance(1, in: 12) {
            let levels = Int.random(in: 60...300, using: &generator)
            return String(repeating: "[", count: levels) + "1" + String(repeating: "]", count: levels)
        }
        return pick([
            "NaN", "Infinity", "-Infinity", "1e400", "-1e999", "null", "true", "false",
            "340282366920938463463374607431768211455",
            "18446744073709551616", "-9223372036854775809", "0.1", "\"\\ud83d\"", "\"\\udc00\"",
            "\"\\u0000\"", "\"{\\\"user\\\":\\\"\"",
            "None", "nan", "-inf", "00", "+1", "[]", "{}", "\"\"",
        ])
    }
}
