import Domain
import Foundation
import Runtime
import Testing

@testable import Ingest

/// What stands in one field costs that field, and as little of it as can be.
@Suite struct LeastSacrificeTests {
    private let decoder = RecordDecoder()

    private static let unread = [
        "340282366920938463463374607431768211455", "-18446744073709551616", "18446744073709551615", "1e400",
        "-1e400",
        "1e-400", "NaN", "Infinity", "-Infinity", "nan", "inf", "undefined", "None", "True", "01", "+1", ".5",
        "1.",
        #""\ud83d""#, #""\udc00\ud800""#, #""\ud83dx""#, #""\ud83d\u00e9""#, #""\x22""#, #""\u12""#, #""\'""#,
        "\"a\tb\"",
        "[NaN,{\"a\":Infinity,\"a\":NaN}]", "{\"a\":1,\"a\":2}", #"{"user":"other","time":1}"#, "[[[[]]],{}]",
    ]

    @Test(arguments: unread)
    func `a field that is not read never costs the record, nor changes it`(value: String) {
        let expected = decoder.decode(Array(sample().utf8))
        for line in [sample(["extra": value]), sample(["a": value, "extra": "[\(value),{\"b\":\(value)}]"])] {
            #expect(decoder.decode(Array(line.utf8)) == expected, "\(line)")
        }
        let inside = sample(["prediction": "{\"class\":\"cat\",\"logits\":\(value),\"probability\":0.5}"])
        #expect(decoder.decode(Array(inside.utf8)) == expected, "\(inside)")
    }

    private struct Case: Sendable {
        let line: String
        let degraded: [String]
        let holds: @Sendable (Record) -> Bool
    }

    private static func answer(_ text: String) -> String { sample(["prediction": text]) }

    private static let cases: [Case] = [
        Case(line: sample(["id": "4371269560742534245"]), degraded: []) {
            $0.id.name == "4371269560742534245"
        },
        Case(line: sample(["id": "340282366920938463463374607431768211455"]), degraded: []) {
            $0.id.name == "340282366920938463463374607431768211455"
        },
        Case(line: sample(["user": "12"]), degraded: []) { $0.user.name == "12" },
        Case(line: sample(["user": "-18446744073709551616"]), degraded: []) {
            $0.user.name == "-18446744073709551616"
        },
        Case(line: sample(["user": "12.0"]), degraded: []) { $0.user.name == "12" },
        Case(line: sample(["user": "0.5"]), degraded: []) { $0.user.name == "0.5" },
        Case(line: sample(["user": #""a\ud83d""#]), degraded: ["user:replaced_characters"]) {
            $0.user.name == "a\u{FFFD}"
        },
        Case(line: sample(["user": #""a\u0000""#]), degraded: ["user:replaced_characters"]) {
            $0.user.name == "a\u{FFFD}"
        },
        Case(line: String(sample().dropLast()) + #","user":"v"}"#, degraded: ["user:repeated_key"]) {
            $0.user.name == "v"
        },
        Case(line: String(sample().dropLast()) + #","\u0069d":"r2"}"#, degraded: ["id:repeated_key"]) {
            $0.id.name == "r2"
        },
        Case(line: String(sample().dropLast()) + #","user":null}"#, degraded: ["user:repeated_key"]) {
            $0.user.name == "u"
        },
        Case(line: String(sample().dropLast()) + #","user":["v"]}"#, degraded: ["user:repeated_key"]) {
            $0.user.name == "u"
        },
        Case(
            line: #"{"user":null,"time":null,"# + sample().dropFirst(),
            degraded: ["time:repeated_key", "user:repeated_key"]
        ) {
            $0.user.name == "u"
        },
        Case(line: String(sample().dropLast()) + #","time":"never"}"#, degraded: ["time:repeated_key"]) {
            $0.user.name == "u"
        },
        Case(line: String(sample().dropLast()) + #","prediction":7}"#, degraded: ["prediction:repeated_key"])
        {
            $0.prediction.label == "cat"
        },
        Case(
            line: answer(#"{"class":"c","probability":0.7,"probability":"x"}"#),
            degraded: ["prediction.probability:repeated_key"]
        ) {
            $0.prediction.probability == 0.7
        },
        Case(line: sample(["source": "7"]), degraded: []) { $0.source == "7" },
        Case(line: sample(["source": #"["10.0.0.1"]"#]), degraded: ["source:wrong_type"]) {
            $0.source == nil
        },
        Case(line: sample(["model_version": "3"]), degraded: []) { $0.modelVersion == "3" },
        Case(line: answer(#"{"class":3,"probability":0.9}"#), degraded: []) { $0.prediction.label == "3" },
        Case(line: answer(#"{"class":3.0,"probability":0.9}"#), degraded: []) { $0.prediction.label == "3" },
        Case(line: answer(#"{"class":false,"probability":0.9}"#), degraded: []) {
            $0.prediction.label == "false"
        },
        Case(line: answer(#"{"class":"c","probability":"0.93"}"#), degraded: []) {
            $0.prediction.probability == 0.93
        },
        Case(line: answer(#"{"class":"c","probability":" 0,93 "}"#), degraded: []) {
            $0.prediction.probability == 0.93
        },
        Case(line: answer(#"{"class":"c","probability":.5}"#), degraded: []) {
            $0.prediction.probability == 0.5
        },
        Case(
            line: answer(#"{"class":"c","probability":1.0000001192092896}"#),
            degraded: ["prediction.probability:clamped"]
        ) {
            $0.prediction.probability == 1
        },
        Case(
            line: answer(#"{"class":"c","probability":1.001}"#),
            degraded: ["prediction.probability:clamped"]
        ) {
            $0.prediction.probability == 1
        },
        Case(
            line: answer(#"{"class":"c","probability":-0.001}"#),
            degraded: ["prediction.probability:clamped"]
        ) {
            $0.prediction.probability == 0
        },
        Case(line: answer(#"{"class":"c","probability":-0.0}"#), degraded: []) {
            $0.prediction.probability.sign == .plus
        },
        Case(line: answer(#"{"class":"c","probability":5e-324}"#), degraded: []) {
            $0.prediction.probability == .leastNonzeroMagnitude
        },
        Case(
            line: answer(#"{"class":"c","probability":1,"probabilities":[1,-2.2e-16]}"#),
            degraded: ["prediction.probabilities:clamped"]
        ) { $0.prediction.probabilities == [1, 0] },
        Case(line: answer(#"{"class":"c","probability":1,"probabilities":["1","0"]}"#), degraded: []) {
            $0.prediction.probabilities == [1, 0]
        },
        Case(
            line: answer(#"{"class":"c","probability":0.9,"probabilities":[0.9,null]}"#),
            degraded: ["prediction.probabilities:wrong_type"]
        ) { $0.prediction.probabilities == nil && $0.prediction.probability == 0.9 },
        Case(
            line: answer(#"{"class":"c","probability":0.9,"probabilities":[0.9,NaN]}"#),
            degraded: ["prediction.probabilities:wrong_type"]
        ) { $0.prediction.probabilities == nil },
        Case(
            line: answer(#"{"class":"c","probability":0.9,"probabilities":[4.1,-2.5]}"#),
            degraded: ["prediction.probabilities:out_of_range"]
        ) { $0.prediction.probabilities == nil },
        Case(
            line: answer(#"{"class":"c","probability":0.9,"probabilities":[]}"#),
            degraded: ["prediction.probabilities:wrong_size"]
        ) { $0.prediction.probabilities == nil },
        Case(
            line: answer(#"{"class":"b","probability":null,"probabilities":[0.7,0.3],"classes":["a","b"]}"#),
            degraded: ["prediction.probability:from_probabilities"]
        ) { $0.prediction.probability == 0.3 && $0.prediction.labelIndex == 1 },
        Case(
            line: answer(#"{"class":"c","probability":0.3,"probabilities":[0.7,0.3],"classes":["a","b"]}"#),
            degraded: ["prediction.classes:no_such_class"]
        ) { $0.prediction.labelIndex == 1 },
        Case(line: sample(["id": ""]), degraded: ["id:missing_field"]) {
            $0.id.name == "~" + $0.digest.hexadecimal
        },
        Case(line: sample(["id": "null"]), degraded: ["id:unreadable"]) {
            $0.id.name == "~" + $0.digest.hexadecimal
        },
        Case(line: sample(["id": #""""#]), degraded: ["id:unreadable"]) {
            $0.id.name == "~" + $0.digest.hexadecimal
        },
        Case(
            line: sample(["features": #"{"dtype":"float32","shape":[1],"data":"AADAfw=="}"#]),
            degraded: ["features:out_of_range"]
        ) {
            $0.features == nil
        },
        Case(line: sample(["features": "7"]), degraded: ["features:wrong_type"]) { $0.features == nil },
        Case(line: sample(["input": "[]"]), degraded: ["input:wrong_type"]) { $0.image == nil },
        Case(line: sample(["input": #"{"image":"iVBORw0KGgo="}"#]), degraded: ["input:unsupported_input"]) {
            $0.image == nil
        },
    ]

    @Test func `what is read as it can be keeps the record, and is flagged where something was lost`() {
        for one in Self.cases {
            guard case .record(let record) = decoder.decode(Array(one.line.utf8)) else {
                Issue.record("lost \(one.line)")
                continue
            }
            #expect(record.degraded.map(\.description) == one.degraded, "\(one.line)")
            #expect(one.holds(record) as Bool, "\(one.line): \(record)")
        }
    }

    @Test(arguments: [
        ("[1,3]", "AAE", "bad_base64"), ("[1,3]", "AAE-", "bad_base64"), ("[1,3]", "A===", "bad_base64"),
        ("[1,3]", "====", "bad_base64"), ("[2,3]", "AA==AAEC", "bad_base64"),
        ("[1,3]", "AAECAw==", "wrong_size"),
        ("[1,3]", "", "wrong_size"), ("[3]", "AAEC", "wrong_size"), ("[]", "", "wrong_size"),
        ("[0,3]", "", "wrong_size"),
        ("[-1,3]", "", "wrong_size"), ("[4097,1]", "", "wrong_size"), ("[1,1,17]", "", "wrong_size"),
        ("[4096,4096,5]", "", "wrong_size"), ("[1,1,1,1]", "", "wrong_size"),
        ("[9223372036854775808,1]", "", "wrong_size"),
        ("[1,1,1,1,1,1,1,1,1]", "", "wrong_size"), ("3", "", "wrong_type"), ("[1.5,1]", "", "wrong_type"),
        ("[1e400,1]", "", "wrong_type"), ("[340282366920938463463374607431768211455,1]", "", "wrong_type"),
    ])
    func `an image that cannot be read is left out`(shape: String, data: String, reason: String) {
        let line = sample(["input": #"{"shape":\#(shape),"data":"\#(data)","dtype":"uint8"}"#])
        guard case .record(let record) = decoder.decode(Array(line.utf8)) else {
            Issue.record("lost \(line)")
            return
        }
        #expect(record.image == nil && record.degraded == [DegradedField("input", reason)])
    }

    @Test func `pixels that are no numbers count as the lowest, and the image is compared all the same`() {
        let values: [Float] = [.nan, .infinity, -.infinity, 0.5]
        let data = values.withUnsafeBytes { Data($0) }.base64EncodedString()
        let line = sample(["input": #"{"shape":[2,2],"dtype":"float32","range":[0,1],"data":"\#(data)"}"#])
        guard case .record(let record) = decoder.decode(Array(line.utf8)) else {
            Issue.record("lost")
            return
        }
        #expect(record.image?.pixels == [0, 255, 0, 128])
        #expect(record.degraded == [DegradedField("input", "not_finite")])
    }

    @Test func `the loggers' oddities are records, but for what has no answer`() throws {
        let path = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Fixtures/logger-oddities.ndjson")
        let lines = try String(contentsOf: path, encoding: .utf8).split(separator: "\n")
        let records = lines.compactMap { line -> Record? in
            if case .record(let record) = decoder.decode(Array(line.utf8)) { record } else { nil }
        }
        #expect(lines.count == 20 && records.count == 20)
        let start = try #require(Timestamp(rfc3339: "2026-11-30T20:00:00Z"))
        let milliseconds = records.map { $0.time.milliseconds - start.milliseconds }
        #expect(
            milliseconds == [
                0, 1000, 2000, 3000, 4000, 5000, 6000, 7000, 8123, -287_500, 10_123, 11_000, 12_000, 13_000,
                14_000, 15_000,
                16_000, 17_000, 18_000, 19_000,
            ]
        )
        let degraded = records.map { $0.degraded.map(\.description).joined(separator: " ") }
        #expect(
            degraded == [
                "", "", "", "", "", "prediction.probability:clamped", "prediction.probabilities:wrong_type",
                "time:zone_assumed", "time:zone_assumed", "", "", "", "", "", "user:replaced_characters", "",
                "", "",
                "prediction.probability:clamped", "",
            ]
        )
    }
}
