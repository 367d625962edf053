import Foundation
import RiskdTesting
import Testing

extension RecordedTests {
    /// Metrics other than SSIM, on the recorded trace.
    @Suite(.serialized, .timeLimit(.minutes(3)))
    struct MetricTests {
        private func sandbox(_ database: String?, _ metric: String, _ limits: (Double, Double)) async throws
            -> Sandbox
        {
            let sandbox = try await Sandbox(database: database)
            sandbox.settings = [
                "workers=2", "similarity.metric=\(metric)", "similarity.threshold=\(limits.0)",
                "similarity.cap=\(limits.1)", "similarity.history.entries=1500",
            ]
            return sandbox
        }

        @Test(arguments: [("fsim", (0.05, 0.15), 25, true), ("features", (0.1, 0.3), 20, false)])
        func `finds attacks, and a restart changes no byte`(
            metric: String,
            limits: (Double, Double),
            detected: Int,
            isUnbounded: Bool
        ) async throws {
            let fresh = try await sandbox(nil, metric, limits)
            let checked = try await fresh.succeed(["check", "--follow", fresh.path()])
            #expect(checked.output.contains("similarity.metric fsim has no bound") == isUnbounded)
            try await fresh.succeed([
                "calibrate", "build", "--log", Fashion.path("fashion-calibration.ndjson.xz"),
            ])
            let whole = try await sandbox(TestCluster.copy(of: fresh.database), metric, limits)
            let replayed = try await whole.succeed(["replay", Fashion.trace])
            #expect(replayed.errors.contains("similarity.metric fsim has no bound") == isUnbounded)
            let truth = Fashion.path("fashion-dev.truth.csv.gz")
            let json = try await whole.succeed([
                "evaluate", "--truth", truth, "--alarm-rung", "1", "-o", "json",
            ]).output
            let object = try #require(
                try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any]
            )
            let attacks = try #require(object["attacks"] as? [[String: Any]])
            let all = try #require(attacks.first { $0["attack"] as? String == "all" })
            #expect((all["detected"] as? Int ?? 0) >= detected)

            let cut = try await sandbox(TestCluster.copy(of: fresh.database), metric, limits)
            cut.settings.append("batch.records=4")
            let replay = try cut.begin(["replay", Fashion.trace] + cut.flags)
            try await eventually("a part is scored", { replay.errors }) {
                try await cut.count() >= 400 || !replay.isRunning
            }
            try #require(replay.isRunning, "it ended before it was killed: \(replay.errors)")
            try await replay.kill()
            try await cut.succeed(["replay", Fashion.trace])
            let (expected, found) = (try await Fashion.dumps(whole), try await Fashion.dumps(cut))
            for table in Fashion.tables { #expect(found[table] == expected[table], "\(table)") }
        }

        @Test func `a record without features is stored, counted, and compared with nothing`() async throws {
            let sandbox = try await sandbox(nil, "features", (0.1, 0.3))
            for number in 0..<20 {
                let vector = withUnsafeBytes(of: (Float(number), Float(7))) { Data($0).base64EncodedString() }
                let features = #"{"dtype":"float32","shape":[2],"data":"\#(vector)"}"#
                // Every third has no features; the others need no image.
                let changes = number % 3 == 0 ? [:] : ["features": features, "input": ""]
                try sandbox.append(LogLine.record(number, changes) + "\n")
            }
            let replayed = try await sandbox.succeed(["replay", sandbox.path()])
            #expect(replayed.output.contains("7 without what similarity compares, of test"))
            let searched = try await sandbox.numbers(
                "select coalesce(m_searched, -1) from riskd.observation order by sequence"
            )
            #expect(searched == (0..<20).map { $0 % 3 == 0 ? -1 : $0 - 1 - $0 / 3 })
            let remembered = try await sandbox.numbers(
                "select octet_length(features) from riskd.history_image where pixels is null"
            )
            #expect(remembered == Array(repeating: 8, count: 13))
        }
    }
}
