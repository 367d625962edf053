import Foundation
import Glibc
import RiskdTesting
import Testing

extension LiveTests {
    /// `riskd run` as a service: start, stop, ownership, probes, the service manager, its own cluster.
    @Suite(.serialized, .timeLimit(.minutes(3)))
    struct ServiceTests {
        @Test func `a second riskd on the same database gives up, and nothing is written twice`() async throws
        {
            let sandbox = try await Sandbox()
            try sandbox.append(LogLine.records(0..<200))
            let daemon = try await sandbox.startReading()
            // All at once: each waits a while for the first to go.
            let others = [
                try sandbox.start(), try sandbox.begin(["replay", sandbox.path()] + sandbox.flags),
            ]
            try sandbox.append(LogLine.records(200..<400))
            try await sandbox.stores(400, daemon)
            for other in others {
                let result = try await other.result()
                #expect(result.code == 1)
                #expect(result.errors.contains("another riskd writes to this database: stop it first"))
            }
            try sandbox.append(LogLine.records(400..<500))
            try await sandbox.stores(500, daemon)
            #expect(try await daemon.terminate().code == 0)
            try await sandbox.holdsExactly(LogLine.written(0..<500))
        }

        @Test func `a riskd that was paused and replaced writes nothing any more`() async throws {
            let sandbox = try await Sandbox()
            sandbox.settings.append("batch.records=16")
            try sandbox.append(LogLine.records(0..<100))
            let paused = try await sandbox.startReading()
            try await sandbox.stores(100, paused)
            #expect(kill(paused.identifier, SIGSTOP) == 0)
            // Its server process goes, as after a broken network, and with it the lock.
            try await sandbox.execute(
                """
                select pg_terminate_backend(pid) from pg_stat_activity
                where application_name = 'riskd' and datname = current_database()
                """
            )
            let successor = try await sandbox.startReading()
            try sandbox.append(LogLine.records(100..<300))
            try await sandbox.stores(300, successor)
            #expect(kill(paused.identifier, SIGCONT) == 0)
            let result = try await paused.result()
            #expect(result.code == 1)
            #expect(result.errors.contains("another riskd has written to this database"), "\(result.errors)")
            try sandbox.append(LogLine.records(300..<400))
            try await sandbox.stores(400, successor)
            #expect(try await successor.terminate().code == 0)
            try await sandbox.holdsExactly(LogLine.written(0..<400))
        }

        @Test func `SIGTERM in the middle of its work commits what was read and exits with 0`() async throws {
            let sandbox = try await Sandbox()
            sandbox.settings.append("batch.records=50")
            let lines = LogLine.records(0..<5000)
            try sandbox.append(lines)
            var daemon = try await sandbox.startReading()
            try await sandbox.stores(100, daemon)
            let result = try await daemon.terminate()
            #expect(result.code == 0)
            #expect(result.errors.contains("stopping: what was read is committed first"))
            let stored = try await sandbox.count()
            #expect(stored < 5000, "it was done before it was stopped: the test shows nothing")
            // The position is where the stored records end.
            let offsets = try await sandbox.numbers("select position_offset from riskd.source_file")
            #expect(offsets == [LogLine.records(0..<stored).utf8.count])
            try await sandbox.holdsExactly(LogLine.written(0..<stored))
            daemon = try await sandbox.startReading()
            try await sandbox.stores(5000, daemon)
            #expect(try await daemon.terminate().code == 0)
            try await sandbox.holdsExactly(LogLine.written(0..<5000))
        }

        @Test func `says at the start which model file or library is missing`() async throws {
            let sandbox = try await Sandbox()
            try sandbox.append(LogLine.records(0..<1))
            func errors(_ text: String) async throws -> String {
                let name = "\(UUID().uuidString).yaml"
                try sandbox.append(text, to: name)
                sandbox.configuration = sandbox.path(name)
                let result = try await sandbox.start().result()
                #expect(result.code == 1)
                return result.errors
            }
            let model = Fashion.path("models/fashion-encoder.onnx")
            let models = "models:\n  test:\n    opinions:\n      - {name: encoder, model: "
            let missing = try await errors("opinions:\n  runtime: /nowhere/lib.so\n\(models)\(model)}\n")
            #expect(missing.contains("/nowhere/lib.so"), "\(missing)")
            let text = "opinions:\n  runtime: \(Fashion.runtime)\n\(models)/nowhere/model.onnx}\n"
            let unknown = try await errors(text)
            #expect(unknown.contains("/nowhere/model.onnx"), "\(unknown)")
            #expect(try await sandbox.count() == 0)
        }

        @Test func `answers probes and metrics on the loopback address`() async throws {
            let sandbox = try await Sandbox()
            try sandbox.append(LogLine.records(0..<10))
            let daemon = try await sandbox.startReading()
            try await sandbox.stores(10, daemon)
            let port = try #require(daemon.port)
            #expect(Probe.get("/livez", port: port) == Probe.Answer(status: 200, body: "ok\n"))
            #expect(Probe.get("/readyz", port: port) == Probe.Answer(status: 200, body: "ready\n"))
            #expect(Probe.get("/elsewhere", port: port)?.status == 404)
            let metrics = try #require(Probe.get("/metrics", port: port))
            #expect(metrics.status == 200)
            for name in ["riskd_records_total", "riskd_build_info", "riskd_commit_duration_seconds"] {
                #expect(metrics.body.contains("# TYPE \(name) "))
            }
            #expect(Probe.metric("riskd_calibrated_models", port: port) == 0)
            #expect(try await daemon.terminate().code == 0)
            #expect(Probe.get("/livez", port: port) == nil)
        }

        @Test func `tells the service manager when it is ready and when it stops`() async throws {
            let sandbox = try await Sandbox()
            let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
            defer { close(descriptor) }
            let path = sandbox.path("notify")
            #expect(withAddress(path) { bind(descriptor, $0, $1) } == 0)
            var messages = ""
            func hears(_ text: String, _ daemon: DaemonProcess) async throws {
                var buffer = [UInt8](repeating: 0, count: 4096)
                try await eventually("\(text) is heard", { "\(messages)\n\(daemon.errors)" }) {
                    let count = recv(descriptor, &buffer, buffer.count, 0)
                    if count > 0 { messages += String(decoding: buffer[..<count], as: UTF8.self) + "\n" }
                    return messages.contains(text)
                }
            }
            let daemon = try sandbox.start(
                environment: ["NOTIFY_SOCKET": path, "WATCHDOG_USEC": "1000000"]
            )
            try await hears("READY=1", daemon)
            #expect(daemon.errors.contains("reading after_sequence"))
            try await hears("WATCHDOG=1", daemon)
            #expect(kill(daemon.identifier, SIGTERM) == 0)
            try await hears("STOPPING=1", daemon)
            #expect(try await daemon.result().code == 0)
        }

        @Test func `without a database it runs its own, which survives kill -9`() async throws {
            let sandbox = try await Sandbox(database: "none")
            let state = sandbox.path("state")
            let own = sandbox.settings.flatMap { ["--set", $0] } + ["--set", "state_directory=\(state)"]
            let run = ["run", "--follow", sandbox.path()] + own
            func stored() async throws -> [String] {
                let dump = try await DaemonProcess.run(["dump", "observation"] + own, in: sandbox.directory)
                guard dump.code == 0 else { return [] }
                return dump.output.split(separator: "\n").dropFirst().map {
                    String($0.split(separator: "\t", omittingEmptySubsequences: false)[6])
                }
            }
            try sandbox.append(LogLine.records(0..<200))
            var daemon = try sandbox.begin(run)
            try await sandbox.isReading(daemon)
            #expect(FileManager.default.fileExists(atPath: state + "/postgres/data/PG_VERSION"))
            try await eventually("all is stored", { daemon.errors }) { try await stored().count == 200 }
            try sandbox.append(LogLine.records(200..<2000))
            try await daemon.kill()
            daemon = try sandbox.begin(run)
            try await sandbox.isReading(daemon)
            try await eventually("all is stored", { daemon.errors }) { try await stored().count == 2000 }
            #expect(try await daemon.terminate().code == 0)
            #expect(!FileManager.default.fileExists(atPath: state + "/postgres/data/postmaster.pid"))
            // The cluster starts for a moment for a question.
            #expect(try await stored() == LogLine.written(0..<2000).map(\.id))
        }
    }
}
