import Configuration
import Console
import Domain
import Foundation
import Glibc
import RiskdDaemon
import Runtime
import Storage

/// The demo: commands that anybody could type, run one after the other, and a look at what they do.
struct Demo {
    /// Where the demo keeps its files.
    let directory: String
    /// Where the recorded trace is.
    let fixture: String
    /// How many times faster than recorded it is played.
    let speed: Double
    let terminal: Terminal

    private var file: String { directory + "/riskd.yaml" }
    private var growing: String { directory + "/inference.ndjson" }
    /// Where the demo's riskd is asked without a token; short, as such addresses have to be.
    private var socket: String {
        let path = absolute(directory) + "/api.sock"
        return path.utf8.count <= 103 ? path : "/tmp/riskd-demo-\(getpid())/api.sock"
    }
    /// The file with the demo's token, which only its owner reads.
    private var token: String { directory + "/token" }
    /// riskctl, which lies beside this program.
    private var riskctlProgram: String {
        let folder =
            riskd.contains("/")
            ? riskd.split(separator: "/", omittingEmptySubsequences: false).dropLast() : []
        return (folder + ["riskctl"]).joined(separator: "/")
    }
    /// How riskctl is called for the demo.
    private var riskctl: String { "\(riskctlProgram) --socket \(socket)" }
    /// How this program was called, so that its commands can be copied.
    private var riskd: String { CommandLine.arguments.first ?? "riskd" }

    func run() async throws {
        guard FileManager.default.fileExists(atPath: fixture + "/fashion-dev.ndjson.xz") else {
            throw CommandFailure(
                "there is no trace in \(fixture): run the demo in riskd's folder, or name --fixture"
            )
        }
        try removeLastDemo()
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        let descriptor = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw CommandFailure("\(file) cannot be written") }
        writeAll(configurationText, to: descriptor)
        close(descriptor)
        terminal.writeLine("The configuration is \(file). Each command below could be typed by hand.")
        try step([
            "calibrate", "build", "--config", file, "--log", fixture + "/fashion-calibration.ndjson.xz",
        ])
        let signals = await Signals.take([SIGINT, SIGTERM])
        let daemon = try start(["run", "--config", file])
        defer { daemon.stop() }
        let configuration = try Configuration.load(file)
        try await waitUntilReady(daemon, configuration)
        terminal.writeLine("  probes and metrics: http://\(configuration.http.listen)/metrics")
        try await waitUntilThere(socket, daemon)
        try makeToken()
        terminal.writeLine(
            "  The link signs a browser in once, within 10 minutes; the dashboard is there while this runs."
        )
        terminal.writeLine(
            "  In another terminal: \(riskctl) top     (also status, get users, events -f; q ends top)"
        )
        let play = ["play", fixture + "/fashion-dev.ndjson.xz", "--to", growing, "--speed", "\(speed)"]
        let player = try start(play)
        defer { player.stop() }
        terminal.writeLine("")
        terminal.writeLine(
            "4 hours of a served model's queries: 41 users, 34 attempts to make an adversarial example."
        )
        terminal.writeLine("Levels as they change:")
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                guard await signals.next() != nil else { return }
                throw CancellationError()
            }
            group.addTask { try await watch(configuration, player, daemon) }
            try await group.next()
            group.cancelAll()
        }
        guard player.wait() == 0 else { throw CommandFailure("the trace could not be played") }
        try ask(["get", "entities", "--level", "low"])
        daemon.stop()
        try step(["recompute", "--all", "--config", file])
        for line in whereToLook.split(separator: "\n", omittingEmptySubsequences: false) {
            terminal.writeLine(String(line))
        }
    }

    private var configurationText: String {
        let models = absolute(fixture) + "/models"
        return """
            \(Self.mark)
            state_directory: \(stateDirectory)
            ingest:
              paths: [\(absolute(growing))]
            log:
              level: warning
            http:
              listen: 127.0.0.1:9471
            api:
              listen: 127.0.0.1:9480
              socket: \(socket)
            # Shorter than the defaults, because the trace is played faster than it happened.
            scoring:
              tick: 1s
              lateness: 2s
            # Four detectors share the evidence of few ticks: what reaches medium is shown as an alert.
            alerting:
              minimum_level: medium
            opinions:
              runtime: \(runtime)
            models:
              fashion:
                opinions:
                  - {name: encoder, input: features, model: \(models)/fashion-encoder.onnx}
                  - {name: encoder-adv, input: features, model: \(models)/fashion-encoder-adv.onnx}

            """
    }

    /// Removes what an earlier demo left; a folder that holds anything else is not touched.
    private func removeLastDemo() throws {
        let manager = FileManager.default
        if manager.fileExists(atPath: directory) {
            let text = manager.contents(atPath: file).map { String(decoding: $0, as: UTF8.self) } ?? ""
            let isEmpty = try manager.contentsOfDirectory(atPath: directory).isEmpty
            guard isEmpty || text.hasPrefix(Self.mark) else {
                throw CommandFailure("\(directory) is not a demo's: name another --directory")
            }
            try manager.removeItem(atPath: directory)
        }
        if stateDirectory == Self.reachable, manager.fileExists(atPath: Self.reachable) {
            try manager.removeItem(atPath: Self.reachable)
        }
    }

    /// The first line of a demo's configuration, by which it is known again.
    private static let mark = "# Written by riskd demo."
    /// Where root's demo keeps its database when the database's account cannot reach the demo's folder.
    private static let reachable = "/var/lib/riskd-demo"

    /// Beside the rest; but root's PostgreSQL runs under another account, which may not reach a folder in /root.
    private var stateDirectory: String {
        let path = absolute(directory)
        guard geteuid() == 0 else { return path + "/state" }
        var folder = URL(fileURLWithPath: path)
        while folder.path != "/" {
            var status = stat()
            guard stat(folder.path, &status) == 0, status.st_mode & S_IXOTH != 0 else {
                return Self.reachable
            }
            folder.deleteLastPathComponent()
        }
        return path + "/state"
    }

    private var runtime: String {
        let named = ProcessInfo.processInfo.environment["RISKD_ONNXRUNTIME"]
        return named ?? absolute(".deps/onnxruntime/libonnxruntime.so")
    }

    private func absolute(_ path: String) -> String { URL(fileURLWithPath: path).path }

    private var whereToLook: String {
        """

        Look further (the database starts for a moment when nothing else runs it):
          \(riskd) serve --config \(file)                  answers what follows, and the dashboard, from what is stored
          \(riskctl) samples service
          \(riskctl) samples model:fashion --all -o csv
          \(riskctl) samples USER           a user of the list above
          \(riskctl) explain SAMPLE         a sample's number from these
          \(riskd) evaluate --truth \(fixture)/fashion-dev.truth.csv.gz --config \(file)
          \(riskd) run --config \(file)                    goes on where this stopped
          \(riskctl) status     how it stands; also get users, alert list, top
          \(riskctl) token link demo        prints another link to its dashboard, http://127.0.0.1:9480
        """
    }

    /// Prints level changes as they are committed, until the trace has been played and scored.
    private func watch(_ configuration: Configuration, _ player: Child, _ daemon: Child) async throws {
        let access = try await DatabaseAccess.open(configuration, for: .visit, log: Log(threshold: .warning))
        let store = try await Store.connect(access.connectionString)
        var last: Int64 = 0
        var quietSince: ContinuousClock.Instant?
        while true {
            let changes = try await store.levelChanges(after: last, limit: 100)
            for stored in changes {
                last = stored.change.sample
                let score = try await store.sample(stored.change.sample).map { points($0.sample.score) } ?? 0
                write(stored, score)
            }
            guard daemon.isRunning else { throw CommandFailure("riskd run ended; see what it printed above") }
            if player.isRunning || !changes.isEmpty {
                quietSince = nil
            } else if let since = quietSince {
                // Ticks of 1 s, open for another 2 s: after 6 s all is closed.
                if ContinuousClock.now - since > .seconds(6) { break }
            } else {
                quietSince = .now
            }
            try await Task.sleep(for: .milliseconds(250))
        }
        await store.close()
        await access.close()
    }

    private func write(_ stored: StoredLevelChange, _ score: Double) {
        let change = stored.change
        let style: Terminal.Style =
            switch change.to {
            case .info: .dim
            case .low: .cyan
            case .medium: .yellow
            case .high, .critical: .red
            }
        let clock = stored.time.description.dropFirst(11).prefix(8)
        let text = "  \(clock)  \(change.entity)  \(change.from) -> \(change.to)  \(score)"
        terminal.write(terminal.styled(printable(text), style) + "\n")
    }

    private func waitUntilReady(_ daemon: Child, _ configuration: Configuration) async throws {
        let deadline = ContinuousClock.now + .seconds(60)
        while ContinuousClock.now < deadline, daemon.isRunning {
            if isAnswering(configuration.http.listen) { return }
            try await Task.sleep(for: .milliseconds(100))
        }
        throw CommandFailure("riskd run did not become ready; see what it printed above")
    }

    private func isAnswering(_ address: Configuration.Address) -> Bool {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard socket >= 0 else { return false }
        defer { close(socket) }
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_port = address.port.bigEndian
        inet_pton(AF_INET, address.host, &name.sin_addr)
        return withUnsafePointer(to: &name) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }

    private func waitUntilThere(_ path: String, _ daemon: Child) async throws {
        let deadline = ContinuousClock.now + .seconds(60)
        while ContinuousClock.now < deadline, daemon.isRunning {
            if access(path, F_OK) == 0 { return }
            try await Task.sleep(for: .milliseconds(100))
        }
        throw CommandFailure("riskd run made no socket \(path); see what it printed above")
    }

    /// Lets riskctl make a token, as anybody who runs riskd may.
    private func makeToken() throws {
        try ask([
            "token", "create", "demo", "--role", "responder", "--role", "auditor",
            "--link",
            "--out", token,
        ])
    }

    /// Runs a riskctl against the demo's riskd.
    private func ask(_ arguments: [String]) throws {
        let words = ["--socket", socket] + arguments
        terminal.writeLine("")
        terminal.writeLine("$ \(riskctlProgram) \(words.joined(separator: " "))")
        let child = try Child(words, isQuiet: false, program: "riskctl")
        let status = child.wait()
        guard status == 0 else {
            throw CommandFailure("riskctl \(arguments.joined(separator: " ")) ended with \(status)")
        }
    }

    private func step(_ arguments: [String], isQuiet: Bool = false) throws {
        let child = try start(arguments, isQuiet: isQuiet)
        let status = child.wait()
        guard status == 0 else {
            throw CommandFailure("riskd \(arguments.joined(separator: " ")) ended with \(status)")
        }
    }

    private func start(_ arguments: [String], isQuiet: Bool = false) throws -> Child {
        terminal.writeLine("")
        terminal.writeLine("$ \(riskd) \(arguments.joined(separator: " "))")
        return try Child(arguments, isQuiet: isQuiet)
    }
}

/// Another riskd, or the riskctl beside it, that this one started.
///
/// Unchecked: `Process` may be asked and signalled from any thread; nothing else here changes.
private final class Child: @unchecked Sendable {
    private let process = Process()

    init(_ arguments: [String], isQuiet: Bool, program: String? = nil) throws {
        let own = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        let folder = own.deletingLastPathComponent()
        process.executableURL = program.map { folder.appendingPathComponent($0) } ?? own
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        if isQuiet { process.standardOutput = FileHandle.nullDevice }
        try process.run()
    }

    var isRunning: Bool { process.isRunning }

    func wait() -> Int32 {
        process.waitUntilExit()
        return process.terminationStatus
    }

    func stop() {
        guard process.isRunning else { return }
        process.terminate()
        process.waitUntilExit()
    }
}
