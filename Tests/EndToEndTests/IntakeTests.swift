import Foundation
import Recordings
import RiskdTesting
import Testing

extension RecordedTests {
    /// What a caller may write into a record's keys and fields hides no attack (docs/design/trials.md#cases).
    @Suite(.serialized, .timeLimit(.minutes(5)))
    struct IntakeTests {
        private static let attackers = ["007", "024", "030", "035", "037", "039", "041"]

        /// The trace with the records of its attackers changed.
        private func trace(_ change: (inout [String: Any], Int) -> Void) throws -> String {
            var lines: [String] = []
            for (number, line) in try RecordedText.read(Fashion.trace).split(separator: "\n").enumerated() {
                var record = try #require(
                    JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
                )
                let user = try #require(record["user"] as? String)
                guard Self.attackers.contains(where: { user.hasSuffix($0) }) else {
                    lines.append(String(line))
                    continue
                }
                change(&record, number)
                lines.append(
                    String(decoding: try JSONSerialization.data(withJSONObject: record), as: UTF8.self)
                )
            }
            return lines.joined(separator: "\n") + "\n"
        }

        private func replayed(_ trace: String) async throws -> (sandbox: Sandbox, output: String) {
            let sandbox = try await Fashion.calibrated()
            try sandbox.append(trace, to: "trace.ndjson")
            let output = try await sandbox.succeed(["replay", sandbox.path("trace.ndjson")]).output
            #expect(
                try await sandbox.succeed(["recompute", "--all"]).output.contains("every sample is identical")
            )
            return (sandbox, output)
        }

        /// What is scored is what the plain trace's replay scores, to the byte.
        private func expectPlainScores(_ sandbox: Sandbox) async throws {
            let expected = try await Fashion.dumps()
            for table in ["tick_histogram", "sample", "level_change"] {
                #expect(try await sandbox.succeed(["dump", table]).output == expected[table], "\(table)")
            }
        }

        // Case 6.
        @Test func `attackers who give all their records one id are scored as ever`() async throws {
            let (sandbox, output) = try await replayed(try trace { record, _ in record["id"] = "1" })
            #expect(output.contains("3193 records scored and stored"), "\(output)")
            #expect(output.contains(" have the ids of other records, and were scored"), "\(output)")
            try await expectPlainScores(sandbox)
            // The same log from another place: every record is a repeat.
            try sandbox.append(try trace { record, _ in record["id"] = "1" }, to: "copy.ndjson")
            let again = try await sandbox.succeed(["replay", sandbox.path("copy.ndjson")]).output
            #expect(again.contains("0 records scored and stored"), "\(again)")
            #expect(again.contains("3193 left out: the same records were stored already"), "\(again)")
            try await expectPlainScores(sandbox)
        }

        // Cases 7, 9 and 12a.
        @Test func `attackers whose addresses, ids and other fields are anything are scored as ever`()
            async throws
        {
            let trace = try self.trace { record, number in
                record["source"] = String(repeating: "é", count: 200)
                record["id"] = String(repeating: "x", count: 300) + "\(number)"
                record["trace"] = "HERE"
            }
            let odd = [
                "340282366920938463463374607431768211455", "NaN", "-Infinity", "1e400", "\"\\ud83d\"",
                String(repeating: "[", count: 100) + String(repeating: "]", count: 100),
            ]
            var number = 0
            let lines = trace.split(separator: "\n").map { line in
                number += 1
                return line.replacingOccurrences(of: "\"HERE\"", with: odd[number % odd.count])
            }
            let (sandbox, output) = try await replayed(lines.joined(separator: "\n") + "\n")
            #expect(!output.contains("dead letters"), "\(output)")
            try await expectPlainScores(sandbox)
            let cut = try await sandbox.numbers(
                "select count(*) from riskd.observation where degraded = '{source:cut,id:cut}'"
            )
            #expect(
                cut.first ?? 0 > 1000 && output.contains("\(cut[0]) with a degraded id: cut"),
                "\(output)"
            )
        }

        // Case 8.
        @Test func `a user of any length is one user`() async throws {
            let long = String(repeating: "n", count: 400)
            let (sandbox, _) = try await replayed(
                try trace { record, _ in
                    record["user"] = (record["user"] as? String ?? "") + long
                }
            )
            let names = """
                select entity_name from riskd.level_change where entity_kind = 'user' and to_level = 4 order by 1
                """
            let critical = Set(try await sandbox.texts(names))
            let plain = try await Fashion.replayed()
            let expected = Set(try await plain.texts(names))
            let attackers = critical.filter { $0.utf8.count == 256 && $0.contains("nnn~") }
            #expect(
                attackers.count == expected.count { name in Self.attackers.contains { name.hasSuffix($0) } }
            )
            #expect(attackers.count > 3)
            #expect(critical.count == expected.count)
            #expect(Set(critical.map { $0.prefix(8) }) == Set(expected.map { $0.prefix(8) }))
            // Samples but for the names are those of the plain trace.
            let scores = "select sum(score)::bigint from riskd.sample where entity_kind = 'user'"
            #expect(try await sandbox.numbers(scores) == (try await plain.numbers(scores)))
        }

        // Case 8.
        @Test func `a user with a long name is erased by the whole name`() async throws {
            let sandbox = try await Sandbox()
            let long = String(repeating: "n", count: 4000)
            for number in 0..<6 {
                let user = "\"\(long)\(number % 2)\""
                try sandbox.append(LogLine.record(number, ["user": user]) + "\n")
            }
            try await sandbox.succeed(["replay", sandbox.path()])
            let names = "select distinct user_name from riskd.observation order by 1"
            let before = try await sandbox.texts(names)
            #expect(before.count == 2 && before.allSatisfy { $0.utf8.count == 256 })
            try await sandbox.served(["audit", "erase", long + "1", "--reason", "a test", "--yes"])
            let after = try await sandbox.texts(names)
            #expect(Set(after).intersection(before).count == 1 && after.count == 2)
        }

        @Test
        func `an input of a shape that was not there before is counted and shown as compared with nothing`()
            async throws
        {
            let sandbox = try await Sandbox()
            for (number, sides) in [(8, 8), (4, 16), (8, 8), (16, 4), (4, 16)].enumerated() {
                let data = Data(repeating: UInt8(number), count: 64).base64EncodedString()
                let input = #"{"shape":[\#(sides.0),\#(sides.1)],"dtype":"uint8","data":"\#(data)"}"#
                try sandbox.append(LogLine.record(number, ["input": input]) + "\n")
            }
            try sandbox.append(LogLine.record(5, ["input": ""]) + "\n")
            let daemon = try await sandbox.startReading()
            try await sandbox.stores(6, daemon)
            let port = try #require(daemon.port)
            for (reason, count) in [("no_other_of_shape", 3), ("no_input", 1)] {
                let name = "riskd_uncompared_records_total{model=\"test\",reason=\"\(reason)\"}"
                try await eventually("\(name) is counted", { daemon.errors }) {
                    Probe.metric(name, port: port) == Double(count)
                }
            }
            #expect(try await daemon.terminate().code == 0)
        }

        /// A line of one user that asks about an image of the trace, changed.
        private func line(
            _ number: Int,
            _ values: [Float],
            _ prediction: String,
            as dtype: String = "float32"
        ) -> String {
            let data = values.withUnsafeBytes { Data($0) }.base64EncodedString()
            let input = #"{"shape":[28,28,1],"dtype":"float32","range":[0,1],"data":"\#(data)"}"#
            return LogLine.record(
                number,
                [
                    "id": "\"q-\(number)\"", "model": #""fashion""#, "user": #""caller""#, "input": input,
                    "prediction": prediction,
                ]
            ) + "\n"
        }

        private func image() throws -> [Float] {
            let first = try #require(try RecordedText.read(Fashion.trace).split(separator: "\n").first)
            let record = try #require(JSONSerialization.jsonObject(with: Data(first.utf8)) as? [String: Any])
            let input = try #require(record["input"] as? [String: Any])
            let data = try #require(Data(base64Encoded: input["data"] as? String ?? ""))
            try #require(data.count == 784)
            return data.map { Float($0) / 255 }
        }

        private func highest(_ log: String) async throws -> (level: Int, sandbox: Sandbox) {
            let (sandbox, _) = try await replayed(log)
            let levels = try await sandbox.numbers(
                "select coalesce(max(to_level), 0)::bigint from riskd.level_change where entity_name = 'caller'"
            )
            return (levels.first ?? 0, sandbox)
        }

        // Case 11.
        @Test(arguments: [Float(0.45), 1.5, 0.001])
        func `steps that no grey level shows are steps`(size: Float) async throws {
            let base = try image()
            var signs = Signs()
            var log = ""
            for number in 0..<600 {
                let values = base.map { value in
                    number == 0 ? value : min(1, max(0, value + signs.next() * size / 255))
                }
                let probability = 0.9997 - 0.8997 * Double(number) / 599
                log += line(number, values, #"{"class":"bag","probability":\#(probability)}"#)
            }
            let (level, sandbox) = try await highest(log)
            #expect(level == 4)
            #expect(
                try await sandbox.numbers("select max(m_exact_repeats)::bigint from riskd.observation") == [0]
            )
        }

        // Case 11: a log that rounds what the model saw shows the same image again and again.
        @Test func `a repeat whose answer falls is evidence, and one whose answer stays is none`()
            async throws
        {
            let base = try image()
            var (falling, steady) = ("", "")
            for number in 0..<600 {
                let probability = 0.9997 - 0.8997 * Double(number) / 599
                falling += line(number, base, #"{"class":"bag","probability":\#(probability)}"#)
                steady += line(number, base, #"{"class":"bag","probability":0.9997}"#)
            }
            #expect(try await highest(falling).level == 4)
            let (level, sandbox) = try await highest(steady)
            #expect(level == 0)
            #expect(
                try await sandbox.numbers("select max(m_exact_repeats)::bigint from riskd.observation") == [
                    599
                ]
            )
        }

        // Case 12.
        @Test(arguments: [#","classes":["benign","malignant"]"#, ""])
        func `the class that a threshold chose is watched, not the likeliest`(classes: String) async throws {
            let base = try image()
            var signs = Signs()
            var log = ""
            for number in 0..<400 {
                let values = base.map { min(1, max(0, ($0 * 255 + signs.next()) / 255)) }
                let probability = 0.31 - 0.305 * Double(number) / 399
                let prediction = """
                    {"class":"malignant","probability":\(probability),"probabilities":[\(1 - probability),\(probability)]\(classes)}
                    """
                log += line(number, values, prediction)
            }
            let (level, sandbox) = try await highest(log)
            #expect(level == 4)
            let descents = try await sandbox.numbers(
                "select count(*) from riskd.observation where u_descent > 0"
            )
            #expect(descents.first ?? 0 > 380, "\(descents)")
        }
    }
}

/// Signs that look random and are the same in every run.
private struct Signs {
    private var state: UInt64 = 42

    mutating func next() -> Float {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state >> 63 == 0 ? 1 : -1
    }
}
