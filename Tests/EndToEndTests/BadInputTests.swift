import Foundation
import Glibc
import RiskdTesting
import Testing

extension LiveTests {
    /// Lines that cannot be used: rows 22 to 26 of docs/design/trials.md.
    @Suite(.serialized, .timeLimit(.minutes(3)))
    struct BadInputTests {
        // Row 22.
        @Test func `takes a line at the limit, refuses one beyond it, and goes on`() async throws {
            let sandbox = try await Sandbox()
            sandbox.settings.append("ingest.maximum_line=4KiB")
            for (number, length) in [4095, 4096, 4097].enumerated() {
                try sandbox.append(LogLine.record(number, length: length) + "\n")
            }
            try sandbox.append(LogLine.records(3..<20))
            let daemon = try await sandbox.startReading()
            try await sandbox.stores(19, daemon)
            #expect(try await daemon.terminate().code == 0)
            try await sandbox.holdsExactly(LogLine.written([0, 1] + Array(3..<20)))
            let letters = try await sandbox.deadLetters()
            let start = Int64(4096 + 4097)
            let body = Array(LogLine.record(2, length: 4097).utf8.prefix(4096))
            #expect(
                letters == [DeadLetterRow(offset: start, length: 4097, reason: "too_long", body: body)]
            )
        }

        // Row 23; 64 MiB instead of 1 GiB, with the limit lowered to match.
        @Test func `keeps its memory bounded when no line feed comes, and resumes at the next one`()
            async throws
        {
            let sandbox = try await Sandbox()
            sandbox.settings += ["ingest.maximum_line=1MiB", "batch.bytes=1MiB"]
            try sandbox.append(LogLine.records(0..<1))
            let daemon = try await sandbox.startReading()
            try await sandbox.stores(1, daemon)
            let port = try #require(daemon.port)
            let before = try #require(daemon.residentBytes)
            let start = Int64(LogLine.records(0..<1).utf8.count)
            let hole: Int64 = 64 << 20
            // Sparse but for one byte, so that it is not a hole at a line's start.
            try sandbox.append("{")
            #expect(truncate(sandbox.path(), off_t(start + hole)) == 0)
            try await eventually("all of it has been read", { daemon.errors }) {
                Probe.metric("riskd_ingest_lag_bytes", port: port) == 0
            }
            #expect(
                try await sandbox.numbers("select position_offset from riskd.source_file") == [Int(start)]
            )
            try sandbox.append("}\n" + LogLine.records(1..<10))
            try await sandbox.stores(10, daemon)
            let growth = try #require(daemon.residentBytes) - before
            #expect(growth < 24 << 20, "grew by \(growth >> 20) MiB")
            // Counted when the rows are there already.
            try await eventually("the line is counted", { daemon.errors }) {
                Probe.metric("riskd_dead_letters_total{reason=\"too_long\"}", port: port) == 1
            }
            #expect(try await daemon.terminate().code == 0)
            try await sandbox.holdsExactly(LogLine.written(0..<10))
            let letters = try await sandbox.deadLetters()
            #expect(letters.map(\.reason) == ["too_long"] && letters.map(\.offset) == [start])
            #expect(letters.first?.length == hole + 1)
            #expect(letters.first?.body == [UInt8(ascii: "{")] + [UInt8](repeating: 0, count: 4095))
        }

        // Row 24.
        @Test func `keeps odd bytes as they are, and the line after them is fine`() async throws {
            let sandbox = try await Sandbox()
            func plain(_ number: Int) -> [UInt8] { Array(LogLine.record(number).utf8) }
            func replaced(_ number: Int, _ text: String, with bytes: [UInt8]) -> [UInt8] {
                let parts = LogLine.record(number).components(separatedBy: text)
                var line = Array(parts[0].utf8)
                line += bytes
                line += parts.dropFirst().joined(separator: text).utf8
                return line
            }
            let nested = String(repeating: "[", count: 100).appending(String(repeating: "]", count: 100))
            // Each with what becomes of it: nil is a record, or nothing at all.
            var lines: [(bytes: [UInt8], reason: String?)] = []
            func add(_ bytes: [UInt8], _ reason: String? = nil) { lines.append((bytes, reason)) }
            add([0xEF, 0xBB, 0xBF] + plain(0))
            add(replaced(1, "\"test\"", with: [0x22, 0xFF, 0xFE, 0x22]))
            add(plain(2) + [0x0D])
            add(replaced(3, "\"test\"", with: [0x22, 0, 0x22]))
            add([])
            add(replaced(4, "\"test\"", with: Array("\"a\rb\"".utf8)))
            add(replaced(5, ",\"user\"", with: Array(",\r\"user\"".utf8)))
            add(Array("  \t ".utf8))
            add(Array("{}".utf8), "missing_field")
            add(Array(plain(6).dropLast(20)), "invalid_json")
            add(Array("\(LogLine.record(7).dropLast()),\"user\":\"other\"}".utf8))
            add(Array(LogLine.record(8, ["extra": nested]).utf8))
            add(plain(9))
            try sandbox.append(Array(lines.map(\.bytes).joined(separator: [10])) + [10])
            let daemon = try await sandbox.startReading()
            try await sandbox.stores(9, daemon)
            try await sandbox.refuses(2, daemon)
            #expect(try await daemon.terminate().code == 0)
            let stored = LogLine.written([0, 1, 2, 3, 4, 5, 7, 8, 9])
            try await sandbox.holdsExactly(stored.map { $0.id == "r-7" ? ("r-7", "other") : $0 })
            let degraded = try await sandbox.texts(
                "select record_id || ' ' || array_to_string(degraded, ',') from riskd.observation where degraded <> '{}' order by 1"
            )
            #expect(
                degraded == [
                    "r-1 model:replaced_characters", "r-3 model:replaced_characters", "r-7 user:repeated_key",
                ]
            )
            let letters = try await sandbox.deadLetters()
            let refused = lines.filter { $0.reason != nil }
            #expect(letters.map(\.reason) == refused.compactMap(\.reason))
            #expect(letters.map(\.body) == refused.map(\.bytes))
            var offset = 0
            var offsets: [Int64] = []
            for line in lines {
                if line.reason != nil { offsets.append(Int64(offset)) }
                offset += line.bytes.count + 1
            }
            #expect(letters.map(\.offset) == offsets)
        }

        // Row 25.
        @Test func `says what is wrong with a value, and takes the corrected line once`() async throws {
            let sandbox = try await Sandbox()
            func input(_ shape: String, _ data: String) -> [String: String] {
                ["input": #"{"shape":\#(shape),"dtype":"uint8","data":"\#(data)"}"#]
            }
            func probability(_ text: String) -> [String: String] {
                ["prediction": #"{"class":"a","probability":\#(text)}"#]
            }
            let bad: [(changes: [String: String], reason: String)] = [
                (probability("1.5"), "out_of_range"), (probability("NaN"), "wrong_type"),
                (probability("-0.1"), "out_of_range"), (["time": #""tomorrow""#], "bad_time"),
                (["time": #""2999-01-01T00:00:00Z""#], "time_in_future"),
            ]
            for (number, line) in bad.enumerated() {
                try sandbox.append(LogLine.record(number, line.changes) + "\n")
            }
            let worn = [input("[2,2,1]", "AAE*"), input("[3,3,1]", "AAECAw==")]
            for (number, changes) in worn.enumerated() {
                try sandbox.append(LogLine.record(100 + number, changes) + "\n")
            }
            try sandbox.append(LogLine.records(102..<103))
            let daemon = try await sandbox.startReading()
            try await sandbox.refuses(bad.count, daemon)
            try await sandbox.stores(3, daemon)
            #expect(try await sandbox.deadLetters().map(\.reason) == bad.map(\.reason))
            let port = try #require(daemon.port)
            for (reason, same) in Dictionary(grouping: bad, by: \.reason) {
                let name = "riskd_dead_letters_total{reason=\"\(reason)\"}"
                // Counted once the batch is durable, so a moment after its rows can be read.
                try await eventually("\(name) is counted", { daemon.errors }) {
                    Probe.metric(name, port: port) == Double(same.count)
                }
            }
            // The writer sends the corrected lines, twice for good measure.
            try sandbox.append(LogLine.records(0..<bad.count) + LogLine.records(0..<bad.count))
            try await sandbox.stores(3 + bad.count, daemon)
            try await eventually("the repeats are counted", { daemon.errors }) {
                Probe.metric("riskd_duplicate_ids_total", port: port) == Double(bad.count)
            }
            #expect(try await daemon.terminate().code == 0)
            try await sandbox.holdsExactly(LogLine.written(Array(100..<103) + Array(0..<bad.count)))
            #expect(try await sandbox.deadLetters().count == bad.count)
        }

        // Row 26.
        @Test func `counts a record that its writer sent twice once`() async throws {
            let sandbox = try await Sandbox()
            try sandbox.append(LogLine.records(0..<10))
            var daemon = try await sandbox.startReading()
            try await sandbox.stores(10, daemon)
            try sandbox.append(LogLine.records(3..<4) + LogLine.records(10..<11))
            try await sandbox.stores(11, daemon)
            var port = try #require(daemon.port)
            try await eventually("the repeat is counted", { daemon.errors }) {
                Probe.metric("riskd_duplicate_ids_total", port: port) == 1
            }
            #expect(try await daemon.terminate().code == 0)
            // Known after a restart too.
            try sandbox.append(LogLine.records(10..<12))
            daemon = try await sandbox.startReading()
            try await sandbox.stores(12, daemon)
            port = try #require(daemon.port)
            try await eventually("the repeat is counted", { daemon.errors }) {
                Probe.metric("riskd_duplicate_ids_total", port: port) == 1
            }
            #expect(try await daemon.terminate().code == 0)
            try await sandbox.holdsExactly(LogLine.written(0..<12))
        }
    }
}
