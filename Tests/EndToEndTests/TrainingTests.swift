import Foundation
import Glibc
import Recordings
import Testing

extension RecordedTests {
    /// Issue 4: training can be interrupted, and what was confirmed comes back as a lesson.
    @Suite(.serialized, .timeLimit(.minutes(5)))
    struct TrainingTests {
        @Test func `Ctrl-C keeps the best so far, and resuming ends at the bytes of an uninterrupted run`()
            async throws
        {
            let sandbox = try await Sandbox()
            func words(_ output: String) -> [String] {
                [
                    "train", "encoder", Fashion.path("fashion-calibration.ndjson.xz"), "--epochs", "150",
                    "--patience", "150", "--noise", "0.1", "--out", sandbox.path(output),
                ]
            }
            let whole = try await DaemonProcess.run(words("whole.onnx"), in: sandbox.directory)
            #expect(whole.code == 0, "\(whole.errors)")

            let training = try sandbox.begin(words("cut.onnx"))
            try await eventually("the second network is in training", { training.errors }) {
                try #require(training.isRunning, "it ended: \(training.errors)")
                return training.errors.contains("autoencoder trained: ")
            }
            kill(training.identifier, SIGINT)
            let cut = try await training.result()
            #expect(cut.code == 1)
            #expect(cut.errors.contains("interrupted; --resume goes on from"), "\(cut.errors)")
            #expect(FileManager.default.fileExists(atPath: sandbox.path("cut.onnx.checkpoint")))
            let best = try Data(contentsOf: URL(fileURLWithPath: sandbox.path("cut.onnx")))
            let final = try Data(contentsOf: URL(fileURLWithPath: sandbox.path("whole.onnx")))
            #expect(best.count == final.count)
            let card = try String(contentsOfFile: sandbox.path("cut.onnx.md"), encoding: .utf8)
            #expect(card.contains(", interrupted |"))
            let resumed = try await DaemonProcess.run(words("cut.onnx") + ["--resume"], in: sandbox.directory)
            #expect(resumed.code == 0 && resumed.errors.contains("resuming after "), "\(resumed.errors)")
            #expect(try Data(contentsOf: URL(fileURLWithPath: sandbox.path("cut.onnx"))) == final)
            #expect(!FileManager.default.fileExists(atPath: sandbox.path("cut.onnx.checkpoint")))
        }

        @Test func `what a confirmed attacker sent is exported and trained with`() async throws {
            let sandbox = try await Fashion.replayed()
            let out = sandbox.path("attack.ndjson")
            let words = ["export", "adversarial", "--out", out, "--model", "fashion"]
            #expect(try await sandbox.run(words).errors.contains("which inputs were the attack?"))
            let nobody = try await sandbox.run(words + ["--user", "nobody"])
            #expect(nobody.code == 1 && nobody.errors.contains("nothing to export"), "\(nobody.errors)")
            // Nobody has judged any alert yet.
            #expect(try await sandbox.run(words + ["--confirmed"]).code == 1)
            let ids = try await sandbox.texts(
                "select id from riskd.alert where subject_kind = 'user' and name = 'user-039' order by id limit 1"
            )
            try await sandbox.served(
                ["alert", "resolve", try #require(ids.first), "--verdict", "attack"],
                as: "operator"
            )
            let exported = try await sandbox.succeed(words + ["--confirmed"])
            #expect(exported.errors.contains(" attempts, "), "\(exported.errors)")
            try await sandbox.succeed([
                "export", "adversarial", "--out", sandbox.path("named.ndjson"), "--model", "fashion",
                "--user", "user-039",
            ])
            #expect(FileManager.default.contentsEqual(atPath: out, andPath: sandbox.path("named.ndjson")))

            // The truth of the trace says what every record really was.
            var known: [Substring: [Substring]] = [:]
            for row in try RecordedText.read(Fashion.path("fashion-dev.truth.csv.gz")).split(separator: "\n")
            {
                let fields = row.split(separator: ",", omittingEmptySubsequences: false)
                known[fields[0]] = fields
            }
            let rows = try String(contentsOfFile: out + ".truth.csv", encoding: .utf8).split(separator: "\n")
                .dropFirst().map { $0.split(separator: ",", omittingEmptySubsequences: false) }
            let lines = try String(contentsOfFile: out, encoding: .utf8).split(separator: "\n")
            #expect(rows.count == lines.count && rows.count > 20)
            var agreed = 0
            for fields in rows {
                let truth = try #require(known[fields[0]])
                #expect(truth[2] == "bim")
                agreed += truth[7] == fields[7] && truth[5] == fields[5] ? 1 : 0
            }
            #expect(agreed == rows.count)
            #expect(Set(rows.map { $0[3] }).count >= 2)
            #expect(rows.contains { $0[5] == "1" } && rows.contains { $0[9] == "0" })

            let trained = try await sandbox.succeed(
                [
                    "train", "encoder", Fashion.path("fashion-calibration.ndjson.xz"), "--epochs", "2",
                    "--backbone", Fashion.path("models/fashion-backbone.onnx"), "--adversarial", out,
                    "--truth", out + ".truth.csv", "--out", sandbox.path("encoder.onnx"),
                ]
            )
            #expect(
                trained.errors.contains("924 clean and \(rows.count) adversarial records"),
                "\(trained.errors)"
            )
        }
    }
}
