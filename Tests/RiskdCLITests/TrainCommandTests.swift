import Console
import Foundation
import RiskdTesting
import Testing

@testable import RiskdCLI

@Suite struct TrainCommandTests {
    private static let fashion = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent()
        .appending(path: "Fixtures/fashion").path
    private static let log = fashion + "/fashion-calibration.ndjson.xz"
    private static let truth = fashion + "/fashion-calibration.truth.csv.gz"

    @Test func `an encoder is trained, written with its card, and the same bytes come again`() async throws {
        let folder = try folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var files: [Data] = []
        for name in ["a.onnx", "b.onnx"] {
            let words = [
                "train", "encoder", Self.log, "--epochs", "3", "--code", "16", "--out", "\(folder)/\(name)",
            ]
            let (code, text, errors) = await run(words)
            #expect(code == .ok, "\(errors)")
            #expect(text.hasPrefix("VALIDATION RECORDS"))
            #expect(errors.contains("fashion: 924 clean and 0 adversarial records"))
            files.append(try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)")))
        }
        #expect(files[0] == files[1] && files[0].count > 10_000)
        let card = try String(contentsOfFile: "\(folder)/a.onnx.md", encoding: .utf8)
        for part in [
            "# a.onnx", "| second opinion on | fashion |", "| seed | 1 |", "| data hash (SHA-256) | ",
        ] {
            #expect(card.contains(part), "\(part)")
        }
        #expect(card.contains("clean disagreement with the served model | "))
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder).count == 4)
    }

    @Test func `an autoencoder in the middle is cut into the classifier and compared with it`() async throws {
        let folder = try folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let out = folder + "/middle.onnx"
        let words = [
            "train", "autoencoder", "--at", "middle", Self.log, "--classifier",
            Self.fashion + "/models/fashion-full.onnx",
            "--cut", "/0/0.15/Relu_output_0", "--epochs", "3", "--out", out,
        ]
        let trained = await run(words)
        #expect(trained.code == .ok, "\(trained.errors)")
        let compared = await run([
            "evaluate", "opinion", Self.log, "--truth", Self.truth, "--split", "test", "--opinion",
            "middle=\(out)",
            "--opinion", "original=\(Self.fashion)/models/fashion-full.onnx", "-o", "json",
        ])
        #expect(compared.code == .ok, "\(compared.errors)")
        let json = try #require(
            try JSONSerialization.jsonObject(with: Data(compared.text.utf8)) as? [String: [[String: Any]]]
        )
        let rows = try #require(json["opinions"])
        #expect(rows.map { $0["opinion"] as? String } == ["middle", "original"])
        // The original never contradicts itself.
        #expect(rows[1]["clean_disagreement_percent"] as? Double == 0)
        #expect((rows[0]["clean"] as? Int ?? 0) > 300)
    }

    @Test(arguments: [
        ("train encoder LOG", "expected --out FILE"),
        (
            "train encoder LOG --out x --adversarial LOG",
            "--adversarial needs --truth, which says what each record came from"
        ),
        (
            "train encoder LOG --out x --split train",
            "--split needs --truth, which says what each record came from"
        ),
        ("train encoder LOG --out x --epochs 0", "--epochs must be 1 to 100000, got '0'"),
        ("train autoencoder LOG --out x", "expected --at initial or --at middle"),
        ("train autoencoder LOG --out x --at middle", "expected --classifier FILE"),
        ("evaluate opinion LOG --truth LOG", "expected --opinion NAME=FILE"),
        ("evaluate opinion LOG --truth LOG --opinion x", "expected --opinion NAME=FILE, got 'x'"),
        ("evaluate", "expected --truth FILE"),
    ])
    func `refuses`(_ words: String, _ message: String) async {
        let (code, _, errors) = await run(
            words.split(separator: " ").map { $0 == "LOG" ? Self.log : String($0) }
        )
        #expect(code == .usage)
        #expect(errors == "error: \(message)\n")
    }

    private func folder() throws -> String {
        let path = FileManager.default.temporaryDirectory.appending(path: "riskd-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        return path
    }

    private func run(_ words: [String]) async -> (code: ExitCode, text: String, errors: String) {
        let (output, errors) = (Collected(), Collected())
        let code = await Riskd.program.run(words, on: Terminal(output: output.append, error: errors.append))
        return (code, output.text, errors.text)
    }
}
