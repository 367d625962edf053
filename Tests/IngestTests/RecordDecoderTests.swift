import Domain
import Foundation
import Testing

@testable import Ingest

@Suite struct RecordDecoderTests {
    private let decoder = RecordDecoder()

    @Test func `decodes the smallest record`() throws {
        let expected = Record(
            id: RecordID("r1"),
            time: Timestamp(milliseconds: 1_772_438_897_995),
            model: ModelID("m"),
            user: UserID("u"),
            prediction: Prediction(label: "cat", probability: 0.5),
            digest: try #require(decoded(sample())).digest
        )
        #expect(decode(sample()) == .record(expected))
    }

    @Test func `decodes every field`() throws {
        let line = sample([
            "source": #""10.0.0.1""#, "model_version": #""7""#, "extra": #"{"a":[1,{"b":null}]}"#,
            "input": #"{"shape":[1,2,3],"dtype":"uint8","data":"AAEC/f7/"}"#,
            "features": #"{"dtype":"float32","shape":[2],"data":"AACAPwAAAMA="}"#,
            "prediction": #"{"class":"cat","probability":1,"probabilities":[1,0,0.25]}"#,
        ])
        let record = try #require(decoded(line))
        #expect(record.source == "10.0.0.1")
        #expect(record.modelVersion == "7")
        #expect(record.image?.shape == ImageShape(height: 1, width: 2, channels: 3))
        #expect(record.image?.pixels == [0, 1, 2, 253, 254, 255])
        #expect(record.features == [1, -2])
        #expect(record.prediction.probability == 1)
        #expect(record.prediction.probabilities == [1, 0, 0.25])
    }

    @Test func `maps float pixels to bytes, half away from zero, clamped to the range`() throws {
        let values: [Float] = [-1, -2, 1, 2, 0, Float(1.0 / 255 * 2 - 1), Float(0.4 / 255 * 2 - 1)]
        let line = sample([
            "input": #"{"shape":[1,7],"dtype":"float32","range":[-1,1],"data":"\#(base64(values))"}"#
        ])
        let record = try #require(decoded(line))
        #expect(record.image?.shape == ImageShape(height: 1, width: 7, channels: 1))
        // 0 lies at 127.5, which goes up.
        #expect(record.image?.pixels == [0, 0, 255, 255, 128, 1, 0])
    }

    @Test func `takes optional fields that are null or empty as absent`() throws {
        let line = sample(["source": "null", "model_version": #""""#, "input": "null", "features": "null"])
        let record = try #require(decoded(line))
        #expect(record.source == nil && record.modelVersion == nil)
        #expect(record.image == nil && record.features == nil)
    }

    @Test(arguments: refusals)
    func `refuses with a stable reason and a pointer`(line: String, reason: RejectionReason, detail: String) {
        guard case .rejected(let rejection) = decode(line) else {
            Issue.record("accepted \(line)")
            return
        }
        #expect(rejection.reason == reason, "\(line)")
        #expect(reason == .invalidJSON || rejection.detail == detail, "\(line)")
    }

    @Test
    func `what is no UTF-8 costs the characters, in a field that is read, and nothing where nobody looks`()
        throws
    {
        let cases: [[UInt8]] = [[0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80]]
        for bad in cases {
            for (field, start) in [("extra", sample()), ("source", sample())] {
                var bytes = Array(start.utf8.dropLast())
                bytes += Array(#","\#(field)":"x"#.utf8) + bad + Array(#"y"}"#.utf8)
                guard case .record(let record) = decoder.decode(bytes) else {
                    Issue.record("\(bad) lost the record")
                    continue
                }
                let isRead = field == "source"
                let expected = "x" + String(repeating: "\u{FFFD}", count: bad.count) + "y"
                #expect(record.source == (isRead ? expected : nil))
                #expect(record.degraded == (isRead ? [DegradedField("source", "replaced_characters")] : []))
            }
        }
    }

    @Test
    func
        `reads a byte order mark, control characters in a text and a NUL, and refuses two records in a line`()
        throws
    {
        let text = sample()
        let nul = Array(text.replacingOccurrences(of: "\"u\"", with: "\"u\0\"").utf8)
        guard case .record(let record) = decoder.decode(nul) else {
            Issue.record("a NUL lost the record")
            return
        }
        #expect(record.user == UserID("u\u{FFFD}"))
        #expect(record.degraded == [DegradedField("user", "replaced_characters")])
        #expect(
            decoded(text.replacingOccurrences(of: "\"u\"", with: "\"u\r\t\u{1}\""))?.user
                == UserID("u\r\t\u{FFFD}")
        )
        #expect(reason(Array((text + "\r" + text).utf8)) == .invalidJSON)
        #expect(decoder.decode([0xEF, 0xBB, 0xBF] + Array(text.utf8)) == decode(text))
        #expect(decoded(text.replacingOccurrences(of: ",", with: ",\r")) != nil)
    }

    @Test func `levels of nesting that nobody reads cost nothing, however many`() {
        func nested(_ levels: Int) -> String {
            sample([
                "extra": String(repeating: "[", count: levels) + "1" + String(repeating: "]", count: levels)
            ])
        }
        for levels in [1, 62, 63, 64, 65, 1000, 100_000] {
            #expect(decode(nested(levels)) == decode(sample()))
        }
        let deep = String(repeating: "{\"a\":", count: 200) + "{}" + String(repeating: "}", count: 200)
        #expect(decode(sample(["extra": deep])) == decode(sample()))
        #expect(decode(String(nested(100).dropLast())) != decode(sample()))
    }

    @Test func `refuses every truncation of a record`() {
        let bytes = Array(sample(["input": #"{"shape":[1,3],"dtype":"uint8","data":"AAEC"}"#]).utf8)
        for count in bytes.indices { #expect(reason(Array(bytes[..<count])) == .invalidJSON) }
    }

    @Test func `keeps names of 256 bytes, and cuts longer ones so that names that differ still do`() throws {
        let short = String(repeating: "é", count: 128)
        #expect(decoded(sample(["user": "\"\(short)\""]))?.user == UserID(short))
        var met: Set<String> = []
        for field in ["user", "id", "model", "source", "model_version"] {
            for end in ["x", "y"] {
                let long = String(repeating: "é", count: 300) + end
                let record = try #require(decoded(sample([field: "\"\(long)\""])))
                let names = [
                    "user": record.user.name, "id": record.id.name, "model": record.model.name,
                    "source": record.source, "model_version": record.modelVersion,
                ]
                let name = try #require(names[field] ?? nil)
                #expect(name.utf8.count <= 256 && name == boundedName(long))
                #expect(name.hasPrefix(String(repeating: "é", count: 111) + "~"))
                #expect(record.degraded == [DegradedField(field, "cut")])
                met.insert(name)
            }
        }
        #expect(met.count == 2)
    }

    @Test func `a line that is mostly no text costs no more memory than its own`() {
        // Where nobody reads, nothing of it is written again; where somebody does, it is no name any more.
        let binary = [UInt8](repeating: 0xFE, count: 4 << 20)
        func line(_ field: String) -> [UInt8] {
            Array(sample().utf8.dropLast()) + Array(#","\#(field)":"#.utf8) + [0x22] + binary + [0x22, 0x7D]
        }
        #expect(decoder.decode(line("extra")) == decode(sample()))
        #expect(reason(line("source")) == .invalidUTF8)
    }

    @Test func `reads escapes`() throws {
        let record = try #require(
            decoded(sample(["user": #""a\/\u00e9\ud83d\ude00\n""#]))
        )
        #expect(record.user == UserID("a/é😀\n"))
    }

    @Test func `decodes the same from many threads`() async {
        let expected = decode(sample())
        await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<8 {
                group.addTask { [decoder] in
                    (0..<200).allSatisfy { _ in decoder.decode(Array(sample().utf8)) == expected }
                }
            }
            for await isSame in group { #expect(isSame) }
        }
    }

    @Test func `decodes a small record after a large one`() {
        let data = Data(repeating: 7, count: 2048 * 2048).base64EncodedString()
        let large = sample(["input": #"{"shape":[2048,2048],"dtype":"uint8","data":"\#(data)"}"#])
        for _ in 0..<2 {
            #expect(decoded(large)?.image?.pixels.count == 2048 * 2048)
            #expect(decoded(sample()) != nil)
        }
    }

    private func decode(_ line: String) -> DecodeResult { decoder.decode(Array(line.utf8)) }

    private func decoded(_ line: String) -> Record? {
        if case .record(let record) = decode(line) { record } else { nil }
    }

    private func rejection(_ line: String) -> Rejection? {
        if case .rejected(let rejection) = decode(line) { rejection } else { nil }
    }

    private func reason(_ bytes: [UInt8]) -> RejectionReason? {
        if case .rejected(let rejection) = decoder.decode(bytes) { rejection.reason } else { nil }
    }
}

/// A small record with some fields set, or left out where the value is empty.
func sample(_ changes: [String: String] = [:]) -> String {
    let plain = [
        ("id", #""r1""#), ("time", #""2026-03-02T08:08:17.995Z""#), ("model", #""m""#), ("user", #""u""#),
        ("prediction", #"{"class":"cat","probability":0.5}"#),
    ]
    var fields = plain.map { ($0, changes[$0] ?? $1) }
    fields += changes.filter { change in !plain.contains { $0.0 == change.key } }.sorted { $0.key < $1.key }
        .map { ($0.key, $0.value) }
    return "{" + fields.filter { !$0.1.isEmpty }.map { "\"\($0)\":\($1)" }.joined(separator: ",") + "}"
}

private func base64(_ values: [Float]) -> String {
    values.withUnsafeBytes { Data($0) }.base64EncodedString()
}

private func input(_ shape: String, _ data: String, _ rest: String = #""dtype":"uint8""#) -> String {
    sample(["input": #"{"shape":\#(shape),"data":"\#(data)",\#(rest)}"#])
}

private func prediction(_ text: String) -> String { sample(["prediction": text]) }

private func features(_ shape: String, _ data: String, _ dtype: String = "float32") -> String {
    sample(["features": #"{"dtype":"\#(dtype)","shape":\#(shape),"data":"\#(data)"}"#])
}

private let refusals: [(String, RejectionReason, String)] = [
    ("", .invalidJSON, ""), ("{", .invalidJSON, ""), ("nonsense", .invalidJSON, ""),
    (sample() + "x", .invalidJSON, ""), (sample() + sample(), .invalidJSON, ""),
    (sample(["extra": "["]), .invalidJSON, ""), (sample(["extra": "{1:2}"]), .invalidJSON, ""),
    (sample(["extra": "[1 2]"]), .invalidJSON, ""), (sample(["extra": "[1,]"]), .invalidJSON, ""),
    (sample(["extra": "'x'"]), .invalidJSON, ""), (sample(["extra": "(1)"]), .invalidJSON, ""),
    ("[]", .notAnObject, ""), ("1", .notAnObject, ""), ("\"{}\"", .notAnObject, ""),
    ("null", .notAnObject, ""),
    ("{}", .missingField, "/prediction"),
    (sample(["time": ""]), .missingField, "/time"), (sample(["model": ""]), .missingField, "/model"),
    (sample(["user": ""]), .missingField, "/user"),
    (sample(["prediction": ""]), .missingField, "/prediction"),
    (prediction(#"{"probability":1}"#), .missingField, "/prediction/class"),
    (prediction(#"{"class":"c"}"#), .missingField, "/prediction/probability"),
    (sample(["time": "true"]), .wrongType, "/time"), (sample(["time": "[1]"]), .wrongType, "/time"),
    (sample(["user": "NaN"]), .wrongType, "/user"), (sample(["user": "null"]), .wrongType, "/user"),
    (sample(["user": "true"]), .wrongType, "/user"), (sample(["model": "{}"]), .wrongType, "/model"),
    (prediction("[]"), .wrongType, "/prediction"), (prediction("null"), .wrongType, "/prediction"),
    (prediction(#"{"class":null,"probability":1}"#), .wrongType, "/prediction/class"),
    (prediction(#"{"class":["c"],"probability":1}"#), .wrongType, "/prediction/class"),
    (prediction(#"{"class":"c","probability":NaN}"#), .wrongType, "/prediction/probability"),
    (prediction(#"{"class":"c","probability":Infinity}"#), .wrongType, "/prediction/probability"),
    (prediction(#"{"class":"c","probability":1e400}"#), .wrongType, "/prediction/probability"),
    (prediction(#"{"class":"c","probability":"likely"}"#), .wrongType, "/prediction/probability"),
    (prediction(#"{"class":"c","probability":true}"#), .wrongType, "/prediction/probability"),
    (prediction(#"{"class":"c","probability":1.5}"#), .outOfRange, "/prediction/probability"),
    (prediction(#"{"class":"c","probability":1.002}"#), .outOfRange, "/prediction/probability"),
    (prediction(#"{"class":"c","probability":-0.002}"#), .outOfRange, "/prediction/probability"),
    (
        prediction(#"{"class":"c","probability":340282366920938463463}"#), .outOfRange,
        "/prediction/probability"
    ),
    (sample(["time": #""yesterday""#]), .badTime, "/time"), (sample(["time": #""""#]), .badTime, "/time"),
    (sample(["time": "18446744073709551615"]), .badTime, "/time"),
    (sample(["user": #""""#]), .badText, "/user"),
    (prediction(#"{"class":"","probability":1}"#), .badText, "/prediction/class"),
]
