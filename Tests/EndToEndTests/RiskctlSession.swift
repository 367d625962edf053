import Console
import Foundation
import Glibc
import RiskctlCLI
import RiskdTesting
import Runtime
import Testing

/// A `riskd run` that follows an attack of a moment ago, and everybody who asks it with `riskctl`; one for all tests.
///
/// Commands run within the test's process, but for those that need a terminal or are followed.
struct RiskctlSession: Sendable {
    private let kept: Kept
    /// Where riskd runs.
    var sandbox: Sandbox { kept.sandbox }
    private let url: String

    /// What is kept until the process ends.
    ///
    /// Unchecked: nothing of it changes after it was made.
    private final class Kept: @unchecked Sendable {
        let sandbox: Sandbox
        let daemon: DaemonProcess
        let receiver: ReceiverStub

        init(_ sandbox: Sandbox, _ daemon: DaemonProcess, _ receiver: ReceiverStub) {
            self.sandbox = sandbox
            self.daemon = daemon
            self.receiver = receiver
        }
    }

    private static let shared = Shared<Task<RiskctlSession, any Error>?>(nil)
    /// The daemon's process, which has to go when the tests' process ends.
    private static let leftover = Shared<Int32>(0)

    /// The session, which the first test opens; somebody has reached high by then.
    static func open() async throws -> RiskctlSession {
        let task = shared.withLock { shared in
            let task = shared ?? Task { try await start() }
            shared = task
            return task
        }
        return try await task.value
    }

    /// Records of the trace in which user-024 attacks, played faster than they happened, the last one now.
    private static func attack() throws -> String {
        let lines = try Fashion.recentTrace()[780..<1290]
        let format = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
        let now = Date.now
        return try lines.enumerated().map { index, line in
            let time = try #require(try /"time":"([^"]+)"/.firstMatch(in: line)).1
            let moved = format.format(now - Double(lines.count - index) * 0.07)
            return line[..<time.startIndex] + moved + line[time.endIndex...]
        }.joined()
    }

    private static func start() async throws -> RiskctlSession {
        let sandbox = try await Fashion.calibrated()
        let receiver = try ReceiverStub()
        try sandbox.append(
            """
            alerting:
              minimum_level: medium
              endpoints:
                - name: soc
                  url: http://127.0.0.1:\(receiver.port)/hook
                  signing: none
                  allow_http: true
                  allow_networks: [127.0.0.0/8]
                  allow_ports: [\(receiver.port)]

            """,
            to: "riskd.yaml"
        )
        sandbox.settings += ["api.requests_per_minute=100000", "scoring.lateness=1s"]
        try sandbox.append(try attack())
        let daemon = try sandbox.begin(["run"] + sandbox.flags + ["--follow", sandbox.path()])
        leftover.withLock { $0 = daemon.identifier }
        atexit {
            let process = RiskctlSession.leftover.withLock { $0 }
            if process > 0 { _ = Glibc.kill(process, SIGKILL) }
        }
        try await eventually("the API is served", { daemon.errors }) {
            try #require(daemon.isRunning, "\(daemon.errors)")
            return daemon.errors.contains("serving the API")
        }
        let line = try #require(daemon.errors.split(separator: "\n").first { $0.contains("serving the API") })
        let text = try #require(line.split(separator: " ").first { $0.hasPrefix("port=") })
        for (name, roles) in [("ruth", ["responder", "auditor"]), ("root", ["admin"])] {
            try await sandbox.mustRiskctl(
                ["token", "create", name, "--out", sandbox.path(name)] + roles.flatMap { ["--role", $0] }
            )
        }
        let riskctl = RiskctlSession(
            kept: Kept(sandbox, daemon, receiver),
            url: "http://127.0.0.1:\(text.dropFirst(5))"
        )
        try await eventually("user-024 is high", { daemon.errors }) {
            try await riskctl.json("get users --level high").elements.contains { $0["name"] == "user-024" }
        }
        return riskctl
    }

    func path(_ name: String) -> String { kept.sandbox.path(name) }

    func append(_ line: String) throws { try kept.sandbox.append(line) }

    // MARK: Asking

    /// How a `riskctl` ended, and what it wrote.
    struct Result {
        let code: Int32
        let output: String
        let errors: String
    }

    private func words(_ text: String, _ more: [String], as name: String) -> [String] {
        text.split(separator: " ").map(String.init) + more + ["--url", url, "--token-file", path(name)]
    }

    /// Runs a command; `columns` makes it write to a terminal.
    func result(_ text: String, more: [String] = [], as name: String = "ruth", columns: Int? = nil) async
        -> Result
    {
        let screen = Screen(columns: columns)
        let code = await Riskctl.program.run(words(text, more, as: name), on: screen.terminal)
        return Result(code: code.rawValue, output: screen.text, errors: screen.errors)
    }

    /// What a command that must succeed prints.
    func run(_ text: String, more: [String] = [], as name: String = "ruth", columns: Int? = nil) async
        -> String
    {
        let result = await result(text, more: more, as: name, columns: columns)
        #expect(result.code == 0, "riskctl \(text): \(result.errors)")
        return result.output
    }

    func json(_ text: String) async throws -> JSONValue {
        try JSONValue(parsing: Array(await run(text + " -o json").utf8))
    }

    /// Where riskd is.
    var address: String { url }

    /// What bash is told of an unfinished line.
    func completions(_ line: String) async -> String {
        let screen = Screen()
        _ = await Riskctl.program.run(["__complete", "bash", line], on: screen.terminal)
        return screen.text
    }

    // MARK: Formats

    /// What commands print, by command and format.
    typealias Printed = [String: [String: String]]

    /// Runs a command as a table and in every format.
    func formats(of text: String, isList: Bool) async -> [String: String] {
        // A doctor who finds something says so with its code.
        let fine: Set<Int32> = text == "doctor" ? [0, 1] : [0]
        let table = await result(text, columns: 80)
        #expect(fine.contains(table.code), "\(text): \(table.errors)")
        #expect(!table.output.isEmpty || table.errors == "none\n", "\(text)")
        var printed: [String: String] = [:]
        for format in ["json", "yaml", "ndjson"] + (isList ? ["csv"] : []) {
            let result = await result("\(text) -o \(format)")
            #expect(fine.contains(result.code), "\(text) -o \(format): \(result.errors)")
            printed[format] = result.output
        }
        if !isList {
            let refused = await result("\(text) -o csv")
            #expect(refused.code == 2, "\(text)")
        }
        return printed
    }

    /// What Python makes of what programs read: a line for each command whose formats do not agree.
    func disagreements(_ printed: Printed) throws -> String {
        let script = """
            import sys, json, csv, yaml, io
            for command, formats in json.load(open(sys.argv[1])).items():
                whole = json.loads(formats["json"])
                lines = [json.loads(line) for line in formats["ndjson"].splitlines()]
                rows = list(csv.reader(io.StringIO(formats["csv"], newline=""))) if "csv" in formats else None
                items = whole if isinstance(whole, list) else whole["points"] if rows else [whole]
                # Scores fall while one asks: the same things, whatever they stand at.
                same = lambda a, b: type(a) == type(b) and (a.keys() == b.keys() if isinstance(a, dict) else len(a) == len(b))
                if len(lines) != len(items) or not all(map(same, lines, items)):
                    print(command, "ndjson", len(lines), len(items))
                if not same(yaml.safe_load(formats["yaml"]), whole):
                    print(command, "yaml")
                if rows is not None and (len(rows) != len(items) + 1 or any(len(row) != len(rows[0]) for row in rows)):
                    print(command, "csv", len(rows))
            """
        let file = path("printed.json")
        let all = printed.map { command, formats in
            JSONValue.Member(command, .object(formats.map { JSONValue.Member($0.key, .string($0.value)) }))
        }
        try JSONValue.object(all).text.write(toFile: file, atomically: true, encoding: .utf8)
        // Debian's own, which has the packages that .ci/setup installs.
        return String(
            decoding: try SpawnedProgram.output(of: ["/usr/bin/python3", "-c", script, file]),
            as: UTF8.self
        )
    }

    // MARK: Processes

    /// A `riskctl` of its own that may go on.
    final class Running: Sendable {
        private let program: SpawnedProgram
        private let files: (output: String, errors: String)

        fileprivate init(_ words: [String], _ environment: [String: String], in folder: String) throws {
            let name = folder + "/" + UUID().uuidString.prefix(8)
            files = (name + ".out", name + ".err")
            program = try SpawnedProgram(
                words,
                in: folder,
                environment: environment,
                output: files.output,
                errors: files.errors
            )
        }

        var isRunning: Bool { program.code == nil }
        var output: String { (try? String(contentsOfFile: files.output, encoding: .utf8)) ?? "" }
        var lines: [Substring] { output.split(separator: "\n") }
        var errors: String { (try? String(contentsOfFile: files.errors, encoding: .utf8)) ?? "" }

        func stop() { program.wait(after: SIGTERM) }

        func code() async throws -> Int32 {
            try await eventually("riskctl ends", { self.errors }) { !isRunning }
            return program.wait()
        }
    }

    private static let executable = DaemonProcess.executable.deletingLastPathComponent()
        .appending(path: "riskctl").path

    private var environment: [String: String] {
        [
            "PATH": "/usr/bin:/bin", "HOME": kept.sandbox.directory.path, "TERM": "xterm-256color",
            "LANG": "C.UTF-8",
            "RISKCTL_URL": url, "RISKCTL_TOKEN_FILE": path("ruth"),
        ]
    }

    /// Starts a command in a process of its own.
    func begin(_ text: String) throws -> Running {
        let words = [Self.executable] + text.split(separator: " ").map(String.init)
        return try Running(words, environment, in: kept.sandbox.directory.path)
    }

    /// What `riskctl top` draws on a terminal of 100 × 30, and how it ends on a key or a signal.
    func top(key: String = "", signal: Int32? = nil) async throws -> (screen: String, code: Int32) {
        let name = UUID().uuidString.prefix(8)
        let (pressed, ended, process) = (path("\(name).go"), path("\(name).code"), path("\(name).pid"))
        // The terminal's modes before and after must be the same.
        let script = """
            stty cols 100 rows 30; before=$(stty -g); sh -c 'echo $$ > \(process); exec \(Self.executable) top -d 1s'; \
            echo $? > \(ended); [ "$before" = "$(stty -g)" ] && echo modes as before
            """
        var variables = environment
        variables["KEY"] = key
        variables["SCRIPT"] = script
        let typing =
            "until [ -e \(pressed) ]; do sleep 0.1; done; printf '%s' \"$KEY\"; until [ -e \(ended) ]; do sleep 0.1; done"
        let running = try Running(
            ["sh", "-c", "(\(typing)) | script -qec \"$SCRIPT\" /dev/null"],
            variables,
            in: kept.sandbox.directory.path
        )
        try await eventually("a picture is there", { running.output }) {
            running.output.contains("space pause")
        }
        if let signal {
            let text = try String(contentsOfFile: process, encoding: .utf8)
            Glibc.kill(try #require(pid_t(text.filter(\.isNumber))), signal)
        }
        try "".write(toFile: pressed, atomically: true, encoding: .utf8)
        _ = try await running.code()
        let code = try String(contentsOfFile: ended, encoding: .utf8)
        return (running.output, Int32(code.filter(\.isNumber)) ?? -1)
    }
}
