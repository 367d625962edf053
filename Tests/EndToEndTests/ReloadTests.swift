import Foundation
import Glibc
import RiskdTesting
import Testing

extension LiveTests {
    /// SIGHUP: second opinions that are replaced while riskd runs.
    @Suite(.serialized, .timeLimit(.minutes(3)))
    struct ReloadTests {
        @Test func `a new model is used from the next batch on, and one that fails its checks never`()
            async throws
        {
            let sandbox = try await Sandbox()
            try FileManager.default.copyItem(
                atPath: Fashion.path("models/fashion-encoder.onnx"),
                toPath: sandbox.path("encoder.onnx")
            )
            try sandbox.append(
                """
                opinions: {runtime: \(Fashion.runtime)}
                models:
                  fashion:
                    opinions:
                      - {name: encoder, input: features, model: encoder.onnx}

                """,
                to: "riskd.yaml"
            )
            sandbox.configuration = sandbox.path("riskd.yaml")
            sandbox.settings.append("batch.records=32")
            try await sandbox.succeed([
                "calibrate", "build", "--log", Fashion.path("fashion-calibration.ndjson.xz"),
            ])
            let text = try SpawnedProgram.output(of: ["xz", "-dc", Fashion.trace])
            let lines = text.split(separator: UInt8(ascii: "\n")).prefix(600).map { Array($0) + [0x0A] }
            let daemon = try await sandbox.startReading()
            let port = try #require(daemon.port)
            func write(_ range: Range<Int>) async throws {
                try sandbox.append(Array(lines[range].joined()))
                try await sandbox.stores(range.upperBound, daemon)
            }
            func reload(_ result: String) async throws {
                #expect(kill(daemon.identifier, SIGHUP) == 0)
                try await eventually("the reload is \(result)", { daemon.errors }) {
                    Probe.metric("riskd_reloads_total{result=\"\(result)\"}", port: port) == 1
                }
            }
            try await write(0..<200)
            try await reload("unchanged")
            try Data("no model".utf8).write(to: URL(filePath: sandbox.path("encoder.onnx")))
            try await reload("refused")
            #expect(daemon.errors.contains("the models in use stay"))
            try await write(200..<300)
            try Data(contentsOf: URL(filePath: Fashion.path("models/fashion-encoder-adv.onnx")))
                .write(to: URL(filePath: sandbox.path("encoder.onnx")))
            try await reload("changed")
            try await eventually("riskd reads again", { daemon.errors }) {
                daemon.errors.components(separatedBy: "reading after_sequence").count == 3
            }
            try await write(300..<600)
            #expect(try await daemon.terminate().code == 0)

            // Every record says which model answered: one change, at the reload.
            let models = try await sandbox.texts(
                "select opinion_models[1] from riskd.observation order by sequence"
            )
            #expect(models.count == 600 && Set(models).count == 2)
            #expect(Set(models[..<300]).count == 1 && Set(models[300...]).count == 1)
            #expect(models.allSatisfy { $0.utf8.count == 16 })
            // The new one is not calibrated and does not count; the other detectors still do.
            let counting = try await sandbox.texts(
                """
                select distinct array_to_string(user_detectors, ' ') from riskd.observation
                where sequence > 300 and u_searched is not null
                """
            )
            #expect(counting == ["similarity.user.descent"])
            #expect(
                try await sandbox.numbers(
                    "select count(*) from riskd.observation where sequence <= 300 and user_detectors[1] = 'opinion.encoder'"
                ) == [300]
            )
            let recomputed = try await sandbox.succeed(["recompute", "--all"])
            #expect(recomputed.output.contains("every sample is identical"), "\(recomputed.output)")
        }
    }
}
