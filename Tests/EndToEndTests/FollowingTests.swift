import Foundation
import Glibc
import RiskdTesting
import Testing

extension LiveTests {
    /// Growing files: rows 1, 2, 3, 7, 8, 10 and 16 of
    /// docs/design/trials.md.
    @Suite(.serialized, .timeLimit(.minutes(3)))
    struct FollowingTests {
        // Rows 1 and 2.
        @Test func `reads what is there and what is appended, each record once`() async throws {
            let sandbox = try await Sandbox()
            try sandbox.append(LogLine.records(0..<1000))
            let daemon = try await sandbox.startReading()
            try await sandbox.stores(1000, daemon)
            try await sandbox.holdsExactly(LogLine.written(0..<1000))
            try sandbox.append(LogLine.records(1000..<2000))
            try await sandbox.stores(2000, daemon)
            let port = try #require(daemon.port)
            try await eventually("the lag is gone", { daemon.errors }) {
                Probe.metric("riskd_ingest_lag_bytes", port: port) == 0
            }
            // The counters follow the commit.
            try await eventually("the records are counted", { daemon.errors }) {
                Probe.metric("riskd_records_total", port: port) == 2000
                    && Probe.metric("riskd_ingest_caught_up", port: port) == 1
            }
            #expect(try await daemon.terminate().code == 0)
            try await sandbox.holdsExactly(LogLine.written(0..<2000))
            #expect(try await sandbox.deadLetters().isEmpty)
        }

        // Row 3.
        @Test func `goes on after a stop without reading anything twice`() async throws {
            let sandbox = try await Sandbox()
            let (first, second) = (LogLine.records(0..<500), LogLine.records(500..<1000))
            try sandbox.append(first)
            var daemon = try await sandbox.startReading()
            try await sandbox.stores(500, daemon)
            var port = try #require(daemon.port)
            // The counter follows the commit.
            try await eventually("the bytes are counted", { daemon.errors }) {
                Probe.metric("riskd_ingest_bytes_total", port: port) == Double(first.utf8.count)
            }
            #expect(try await daemon.terminate().code == 0)
            try sandbox.append(second)
            daemon = try await sandbox.startReading()
            try await sandbox.stores(1000, daemon)
            port = try #require(daemon.port)
            try await eventually("the records are counted", { daemon.errors }) {
                Probe.metric("riskd_records_total", port: port) == 500
            }
            #expect(Probe.metric("riskd_ingest_bytes_total", port: port) == Double(second.utf8.count))
            #expect(Probe.metric("riskd_duplicate_ids_total", port: port) == 0)
            #expect(try await daemon.terminate().code == 0)
            try await sandbox.holdsExactly(LogLine.written(0..<1000))
            let offsets = try await sandbox.numbers("select position_offset from riskd.source_file")
            #expect(offsets == [(first + second).utf8.count])
        }

        // Row 7.
        @Test func `makes one record of a line that is written in three pieces`() async throws {
            let sandbox = try await Sandbox()
            try sandbox.append(LogLine.records(0..<1))
            let daemon = try await sandbox.startReading()
            try await sandbox.stores(1, daemon)
            let known = LogLine.records(0..<1).utf8.count
            let line = Array((LogLine.record(1) + "\n").utf8)
            for piece in [line[..<40], line[40..<200]] {
                // What was read before is read again with every piece, to see that it is still the same.
                let before = try #require(daemon.bytesRead)
                try sandbox.append(Array(piece))
                try await eventually("the piece is read", { daemon.errors }) {
                    (daemon.bytesRead ?? 0) >= before + known + piece.count
                }
                #expect(try await sandbox.count() == 1, "a record came early")
            }
            try sandbox.append(Array(line[200...]))
            try await sandbox.stores(2, daemon)
            #expect(try await daemon.terminate().code == 0)
            try await sandbox.holdsExactly(LogLine.written(0..<2))
            #expect(try await sandbox.deadLetters().isEmpty)
        }

        // Row 8.
        @Test func `completes half a line after a restart`() async throws {
            let sandbox = try await Sandbox()
            let line = Array((LogLine.record(1) + "\n").utf8)
            try sandbox.append(Array((LogLine.record(0) + "\n").utf8) + line[..<100])
            var daemon = try await sandbox.startReading()
            try await sandbox.stores(1, daemon)
            #expect(try await daemon.terminate().code == 0)
            #expect(try await sandbox.deadLetters().isEmpty)
            try sandbox.append(Array(line[100...]))
            daemon = try await sandbox.startReading()
            try await sandbox.stores(2, daemon)
            #expect(try await daemon.terminate().code == 0)
            try await sandbox.holdsExactly(LogLine.written(0..<2))
            #expect(try await sandbox.deadLetters().isEmpty)
        }

        // Row 10.
        @Test func `reads a renamed file while its writer still appends, and its successor`() async throws {
            let sandbox = try await Sandbox()
            try sandbox.append(LogLine.records(0..<100))
            let daemon = try await sandbox.startReading()
            try await sandbox.stores(100, daemon)
            #expect(rename(sandbox.path(), sandbox.path("app.ndjson.1")) == 0)
            try sandbox.append(LogLine.records(100..<200), to: "app.ndjson.1")
            try await sandbox.stores(200, daemon)
            try sandbox.append(LogLine.records(300..<400))
            try sandbox.append(LogLine.records(200..<300), to: "app.ndjson.1")
            try await sandbox.stores(400, daemon)
            let port = try #require(daemon.port)
            let rotated = "riskd_source_notices_total{kind=\"rotated\"}"
            #expect(Probe.metric(rotated, port: port) == 1)
            #expect(try await daemon.terminate().code == 0)
            // The two files are two streams: each keeps its own order.
            let ids = try await sandbox.texts("select record_id from riskd.observation order by sequence")
            let old = LogLine.written(0..<300).map(\.id)
            let new = LogLine.written(300..<400).map(\.id)
            #expect(ids.filter(Set(old).contains) == old && ids.filter(Set(new).contains) == new)
            #expect(ids.count == 400)
            #expect(try await sandbox.deadLetters().isEmpty)
        }

        // Row 16.
        @Test func `reads new and longer content of a file that was cut while stopped`() async throws {
            let sandbox = try await Sandbox()
            try sandbox.append(LogLine.records(0..<3))
            var daemon = try await sandbox.startReading()
            try await sandbox.stores(3, daemon)
            #expect(try await daemon.terminate().code == 0)
            #expect(truncate(sandbox.path(), 0) == 0)
            try sandbox.append(LogLine.records(3..<50))
            daemon = try await sandbox.startReading()
            try await sandbox.stores(50, daemon)
            #expect(try await daemon.terminate().code == 0)
            try await sandbox.holdsExactly(LogLine.written(0..<50))
            #expect(daemon.errors.contains("source truncated"))
        }
    }
}
