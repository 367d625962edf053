import Domain
import Foundation
import Testing

@testable import Ingest

@Suite struct RecordDecoderTests {
    private let decoder = RecordDecoder()

    @Test func `decodes the smallest record`() {
        let expected = Record(
            id: RecordID("r1"),
            time: Timestamp(milliseconds: 1_772_438_897_995),
            model: ModelID("m"),
            user: UserID("u"),
            prediction: Prediction(label: "cat", probability: 0.5)
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

    @Test func `refuses bad UTF-8, even where nobody looks`() {
        let cases: [[UInt8]] = [[0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80]]
        for bad in cases {
            var bytes = Array(sample().utf8.dropLast())
            bytes += Array(#","extra":""#.utf8) + bad + Array(#""}"#.utf8)
            #expect(reason(bytes) == .invalidUTF8)
        }
    }

    @Test func `refuses a NUL byte, a bare carriage return in a text and a byte order mark`() {
        let text = sample()
        #expect(reason(Array(text.replacingOccurrences(of: "\"r1\"", with: "\"r\0\"").utf8)) == .invalidJSON)
        #expect(reason(Array(text.replacingOccurrences(of: "\"r1\"", with: "\"r\r\"").utf8)) == .invalidJSON)
        #expect(reason(Array((text + "\r" + text).utf8)) == .invalidJSON)
        #expect(reason([0xEF, 0xBB, 0xBF] + Array(text.utf8)) == .invalidJSON)
        #expect(decoded(text.replacingOccurrences(of: ",", with: ",\r")) != nil)
    }

    @Test func `allows 64 levels of nesting and refuses 65`() {
        func nested(_ levels: Int) -> String {
            // The record itself is the first level.
            let brackets = levels - 1
            return sample([
                "extra": String(repeating: "[", count: brackets) + "1"
                    + String(repeating: "]", count: brackets)
            ])
        }
        #expect(decoded(nested(64)) != nil)
        #expect(decode(nested(65)) == .rejected(Rejection(.tooDeep, rejection(nested(65))?.detail ?? "")))
        #expect(rejection(nested(100_000))?.reason == .tooDeep)
    }

    @Test func `refuses every truncation of a record`() {
        let bytes = Array(sample(["input": #"{"shape":[1,3],"dtype":"uint8","data":"AAEC"}"#]).utf8)
        for count in bytes.indices { #expect(reason(Array(bytes[..<count])) == .invalidJSON) }
    }

    @Test func `keeps texts of 256 bytes and refuses 257`() {
        #expect(decoded(sample(["user": "\"" + String(repeating: "é", count: 128) + "\""])) != nil)
        let long = sample(["user": "\"" + String(repeating: "é", count: 128) + "x\""])
        #expect(rejection(long) == Rejection(.badText, "/user"))
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
    (sample(["extra": "NaN"]), .invalidJSON, ""), (sample(["extra": "01"]), .invalidJSON, ""),
    (sample(["extra": "1e999"]), .invalidJSON, ""), (sample(["extra": #""\ud800""#]), .invalidJSON, ""),
    (prediction(#"{"class":"c","probability":NaN}"#), .invalidJSON, ""),
    ("[]", .notAnObject, ""), ("1", .notAnObject, ""), ("\"{}\"", .notAnObject, ""),
    ("null", .notAnObject, ""),
    ("{}", .missingField, "/id"),
    (sample(["id": ""]), .missingField, "/id"), (sample(["time": ""]), .missingField, "/time"),
    (sample(["model": ""]), .missingField, "/model"), (sample(["user": ""]), .missingField, "/user"),
    (sample(["prediction": ""]), .missingField, "/prediction"),
    (prediction(#"{"probability":1}"#), .missingField, "/prediction/class"),
    (prediction(#"{"class":"c"}"#), .missingField, "/prediction/probability"),
    (sample(["input": #"{"dtype":"uint8","data":""}"#]), .missingField, "/input/shape"),
    (sample(["input": #"{"shape":[1,1],"data":""}"#]), .missingField, "/input/dtype"),
    (sample(["input": #"{"shape":[1,1],"dtype":"uint8"}"#]), .missingField, "/input/data"),
    (input("[1,1]", "AAAAAA==", #""dtype":"float32""#), .missingField, "/input/range"),
    (sample(["features": #"{"shape":[1],"data":""}"#]), .missingField, "/features/dtype"),
    (sample(["id": "1"]), .wrongType, "/id"), (sample(["id": "null"]), .wrongType, "/id"),
    (sample(["time": "1772438897"]), .wrongType, "/time"), (prediction("[]"), .wrongType, "/prediction"),
    (prediction(#"{"class":3,"probability":1}"#), .wrongType, "/prediction/class"),
    (prediction(#"{"class":"c","probability":"1"}"#), .wrongType, "/prediction/probability"),
    (prediction(#"{"class":"c","probability":true}"#), .wrongType, "/prediction/probability"),
    (
        prediction(#"{"class":"c","probability":1,"probabilities":[null]}"#), .wrongType,
        "/prediction/probabilities"
    ),
    (sample(["input": "[]"]), .wrongType, "/input"), (input("3", ""), .wrongType, "/input/shape"),
    (input("[1.5,1]", ""), .wrongType, "/input/shape"), (sample(["source": "7"]), .wrongType, "/source"),
    (sample(["time": #""yesterday""#]), .badTime, "/time"), (sample(["time": #""""#]), .badTime, "/time"),
    (input("[1,3]", "AAE"), .badBase64, "/input/data"), (input("[1,3]", "AA\\nC"), .badBase64, "/input/data"),
    (input("[1,3]", "AAE-"), .badBase64, "/input/data"), (input("[1,3]", "A==="), .badBase64, "/input/data"),
    (input("[1,3]", "===="), .badBase64, "/input/data"),
    (input("[2,3]", "AA==AAEC"), .badBase64, "/input/data"),
    (input("[1,3]", "AAECAw=="), .wrongSize, "/input/data"), (input("[1,3]", ""), .wrongSize, "/input/data"),
    (input("[3]", "AAEC"), .wrongSize, "/input/shape"), (input("[]", ""), .wrongSize, "/input/shape"),
    (input("[0,3]", ""), .wrongSize, "/input/shape"), (input("[-1,3]", ""), .wrongSize, "/input/shape"),
    (input("[4097,1]", ""), .wrongSize, "/input/shape"), (input("[1,1,17]", ""), .wrongSize, "/input/shape"),
    (input("[4096,4096,5]", ""), .wrongSize, "/input/shape"),
    (input("[1,1,1,1]", ""), .wrongSize, "/input/shape"),
    (input("[9223372036854775808,1]", ""), .wrongSize, "/input/shape"),
    (input("[1,1,1,1,1,1,1,1,1]", ""), .wrongSize, "/input/shape"),
    (
        input("[1,1]", "AAAAAA==", #""dtype":"float32","range":[0]"#), .wrongSize, "/input/range"
    ),
    (features("[2]", "AACAPw=="), .wrongSize, "/features/data"),
    (features("[]", ""), .wrongSize, "/features/shape"), (features("[0]", ""), .wrongSize, "/features/shape"),
    (features("[67108864,67108864]", ""), .wrongSize, "/features/shape"),
    (
        prediction(#"{"class":"c","probability":1,"probabilities":[]}"#), .wrongSize,
        "/prediction/probabilities"
    ),
    (input("[1,3]", "AAEC", #""dtype":"int8""#), .badDtype, "/input/dtype"),
    (features("[1]", "AACAPw==", "float64"), .badDtype, "/features/dtype"),
    (prediction(#"{"class":"c","probability":1.5}"#), .outOfRange, "/prediction/probability"),
    (prediction(#"{"class":"c","probability":-1e-9}"#), .outOfRange, "/prediction/probability"),
    (
        prediction(#"{"class":"c","probability":1,"probabilities":[0,2]}"#), .outOfRange,
        "/prediction/probabilities/1"
    ),
    (
        input("[1,1]", "AAAAAA==", #""dtype":"float32","range":[1,1]"#), .outOfRange, "/input/range"
    ),
    (
        input("[1,1]", "AADAfw==", #""dtype":"float32","range":[0,1]"#), .outOfRange, "/input/data"
    ),
    (features("[1]", "AADAfw=="), .outOfRange, "/features/data"),
    (features("[1]", "AACAfw=="), .outOfRange, "/features/data"),
    (sample(["user": #""""#]), .badText, "/user"), (sample(["id": #""a\u0000b""#]), .badText, "/id"),
    (prediction(#"{"class":"","probability":1}"#), .badText, "/prediction/class"),
    (sample(["source": #""\u0000""#]), .badText, "/source"),
    (sample(["input": #"{"image":"iVBORw0KGgo="}"#]), .unsupportedInput, "/input/image"),
    (String(sample().dropLast()) + #","id":"r1"}"#, .duplicateKey, "/id"),
    (String(sample().dropLast()) + #","\u0069d":"r1"}"#, .duplicateKey, "/id"),
    (prediction(#"{"class":"c","class":"c","probability":1}"#), .duplicateKey, "/prediction/class"),
    (
        input("[1,3]", "AAEC", #""dtype":"uint8","dtype":"uint8""#), .duplicateKey, "/input/dtype"
    ),
    (
        sample(["features": #"{"dtype":"float32","shape":[1],"shape":[1],"data":"AACAPw=="}"#]),
        .duplicateKey,
        "/features/shape"
    ),
]
