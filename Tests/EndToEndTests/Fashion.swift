import Foundation
import Recordings
import RiskdTesting
import Testing

/// The recorded trace of the fixtures, calibrated and replayed once for all tests.
actor Fashion {
    /// The tables that depend on the records and their order alone.
    static let tables = [
        "observation", "tick_histogram", "sample", "level_change", "campaign", "alert", "alert_event",
        "alert_notice",
    ]
    static let shared = Fashion()

    private var calibratingPlainly: Task<String, any Error>?
    private var calibrating: Task<String, any Error>?
    private var replaying: Task<(String, [String: String]), any Error>?

    /// A file of the fixtures.
    static func path(_ name: String) -> String {
        URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Fixtures/fashion/\(name)").path
    }

    static let trace = path("fashion-dev.ndjson.xz")

    /// The lines of the trace, so that its last record is of now.
    static func recentTrace() throws -> [String] {
        let lines = try RecordedText.read(trace).split(separator: "\n")
        let format = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
        func time(_ line: Substring) throws -> (Range<Substring.Index>, Date) {
            let match = try #require(try /"time":"([^"]+)"/.firstMatch(in: line))
            return (match.1.startIndex..<match.1.endIndex, try format.parse(String(match.1)))
        }
        let last = try time(try #require(lines.last)).1
        let shift = Date.now.timeIntervalSince(last)
        return try lines.map { line in
            let (range, date) = try time(line)
            return line[..<range.lowerBound] + format.format(date + shift) + line[range.upperBound...]
                + "\n"
        }
    }

    /// The ONNX Runtime library: the environment's, else the one that `make setup` fetches.
    static let runtime: String = {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let fetched = root.appending(path: ".deps/onnxruntime/libonnxruntime.so").path
        return ProcessInfo.processInfo.environment["RISKD_ONNXRUNTIME"] ?? fetched
    }()

    /// Second opinions of all three kinds of input, and a window smaller than the trace: images are forgotten.
    private static let configuration = """
        similarity:
          history:
            entries: 1500
        opinions:
          runtime: \(runtime)
        models:
          fashion:
            opinions:
              - {name: encoder, input: features, model: \(path("models/fashion-encoder.onnx"))}
              - {name: full, input: image, model: \(path("models/fashion-full.onnx"))}
              - name: backbone
                input: backbone
                backbone: \(path("models/fashion-backbone.onnx"))
                model: \(path("models/fashion-encoder-adv.onnx"))

        """

    /// A sandbox with a copy of a database in which the calibration is in force and nothing is scored.
    static func calibrated() async throws -> Sandbox {
        try await sandbox(TestCluster.copy(of: shared.calibratedDatabase()))
    }

    /// The same with riskd's defaults: no opinions, and a history that holds the whole trace.
    static func plain() async throws -> Sandbox {
        let sandbox = try await Sandbox(database: TestCluster.copy(of: shared.plainDatabase()))
        sandbox.settings = ["workers=2", "http.listen=127.0.0.1:0", "api.listen=127.0.0.1:0"]
        return sandbox
    }

    /// A sandbox with a copy of the database of an uninterrupted replay.
    static func replayed() async throws -> Sandbox {
        try await sandbox(TestCluster.copy(of: shared.replayedDatabase().database))
    }

    /// What `riskd dump` prints of an uninterrupted replay, by table.
    static func dumps() async throws -> [String: String] { try await shared.replayedDatabase().dumps }

    /// What `riskd dump` prints of a sandbox's database, by table.
    static func dumps(_ sandbox: Sandbox) async throws -> [String: String] {
        var dumps: [String: String] = [:]
        for table in tables { dumps[table] = try await sandbox.succeed(["dump", table]).output }
        return dumps
    }

    private static func sandbox(_ database: String) async throws -> Sandbox {
        let sandbox = try await Sandbox(database: database)
        try sandbox.append(configuration, to: "riskd.yaml")
        sandbox.settings = ["workers=2", "http.listen=127.0.0.1:0", "api.listen=127.0.0.1:0"]
        sandbox.configuration = sandbox.path("riskd.yaml")
        return sandbox
    }

    private func plainDatabase() async throws -> String {
        if let calibratingPlainly { return try await calibratingPlainly.value }
        let task = Task {
            let sandbox = try await Sandbox()
            sandbox.settings = ["workers=2"]
            try await sandbox.succeed(
                ["calibrate", "build", "--log", Self.path("fashion-calibration.ndjson.xz")]
            )
            return sandbox.database
        }
        calibratingPlainly = task
        return try await task.value
    }

    private func calibratedDatabase() async throws -> String {
        if let calibrating { return try await calibrating.value }
        let task = Task {
            let sandbox = try await Self.sandbox(TestCluster.freshDatabase())
            let log = Self.path("fashion-calibration.ndjson.xz")
            try await sandbox.succeed(["calibrate", "build", "--log", log])
            return sandbox.database
        }
        calibrating = task
        return try await task.value
    }

    private func replayedDatabase() async throws -> (database: String, dumps: [String: String]) {
        if let replaying { return try await replaying.value }
        let task = Task {
            let sandbox = try await Self.calibrated()
            try await sandbox.succeed(["replay", Self.trace])
            return (sandbox.database, try await Self.dumps(sandbox))
        }
        replaying = task
        return try await task.value
    }
}
