import Console
import Domain
import Pipeline
import Recordings

extension Command {
    /// `riskd play`: a recorded log as if it were happening now.
    static let play = Command(
        "play",
        "Write a recorded log into a growing file, as if it were happening now",
        discussion: """
            Every line is written when its time has come, with its time moved to now; everything else stays as it is. \
            Point ingest.paths of a running daemon at the file.
            """,
        arguments: [Argument("LOG", "The recorded log; .gz and .xz are decompressed")],
        flags: [
            Flag("to", value: "FILE", "The file to append to"),
            Flag("speed", value: "FACTOR", "How many times faster than recorded; 1 unless given"),
        ]
    ) { invocation in
        guard let path = invocation.value("to") else { throw UsageError("expected --to FILE") }
        let text = invocation.value("speed") ?? "1"
        guard let speed = Double(text), (0.001...1_000_000).contains(speed) else {
            throw UsageError("--speed must be between 0.001 and 1000000, got '\(text)'")
        }
        let bar = ProgressBar("playing", invocation.terminal)
        let count = try await TracePlayer(speed: speed, start: .now).play(invocation.arguments[0], into: path)
        {
            bar.update($1, of: $2)
        }
        bar.finish()
        invocation.terminal.writeLine("\(count) lines written to \(path)")
        return .ok
    }
}
