import EmbeddedPostgres
import Foundation
import Glibc
import PostgresClient
import RiskdTesting
import Runtime
import Testing

@Suite(.timeLimit(.minutes(5)))
struct EmbeddedClusterTests {
    static func options(_ change: (inout EmbeddedCluster.Options) -> Void = { _ in })
        -> EmbeddedCluster.Options
    {
        var options = EmbeddedCluster.Options()
        options.isDurable = false
        options.settings = ["shared_buffers": "16MB"]
        change(&options)
        return options
    }

    static func start(_ directory: String) async throws -> EmbeddedCluster {
        try await EmbeddedCluster.start(
            directory: directory,
            options: options(),
            log: Log(sink: { _ in })
        )
    }

    @Test
    func `what was committed is there after a restart, and one owner at a time may start`() async throws {
        let directory = TestCluster.temporaryDirectory("restart")
        defer { removeTemporaryDirectory(directory) }
        let first = try await Self.start(directory)
        let session = try await PostgresSession.connect(first.connectionString)
        try await session.execute(unsafeSQL: "create table t as select 7::int8 as a")
        await #expect(throws: EmbeddedPostgresError.inUse(directory: directory)) {
            _ = try await Self.start(directory)
        }
        #expect(try EmbeddedCluster.connectionString(of: directory) == first.connectionString)
        let settings = try await session.query(
            """
            select name, setting from pg_settings
            where name in ('listen_addresses', 'data_checksums', 'lc_collate', 'server_encoding') order by name
            """
        ).map { row in
            var fields = row.fields
            return "\(try fields.next(String.self))=\(try fields.next(String.self))"
        }
        #expect(settings.contains("data_checksums=on"))
        #expect(settings.contains("listen_addresses="))
        #expect(settings.contains("server_encoding=UTF8"))
        await first.stop()
        #expect(first.processID == nil)
        await first.stop()
        #expect(throws: EmbeddedPostgresError.notRunning(directory: directory)) {
            try EmbeddedCluster.connectionString(of: directory)
        }
        let second = try await Self.start(directory)
        let again = try await PostgresSession.connect(second.connectionString)
        #expect(try await again.query("select a from t").first?.only(Int.self) == 7)
        await second.stop()
    }

    @Test
    func `a server whose owner is killed shuts down, and the next start waits for it`() async throws {
        let directory = TestCluster.temporaryDirectory("killed")
        defer { removeTemporaryDirectory(directory) }
        await #expect(processExitsWith: .signal(SIGKILL)) { [directory = directory as String] in
            let cluster = try await EmbeddedClusterTests.start(directory)
            let session = try await PostgresSession.connect(cluster.connectionString)
            try await session.execute(unsafeSQL: "create table t as select 7::int8 as a")
            kill(getpid(), SIGKILL)
        }
        let cluster = try await Self.start(directory)
        let session = try await PostgresSession.connect(cluster.connectionString)
        #expect(try await session.query("select a from t").first?.only(Int.self) == 7)
        await cluster.stop()
    }

    @Test
    func `the server is riskd's own child, without a privilege and without a file of riskd's`()
        async throws
    {
        let directory = TestCluster.temporaryDirectory("plain")
        defer { removeTemporaryDirectory(directory) }
        // As a library might: without close-on-exec.
        let leaked = open("/dev/zero", O_RDONLY)
        defer { close(leaked) }
        let cluster = try await Self.start(directory)
        let process = try #require(cluster.processID)
        func read(_ name: String) throws -> String {
            try String(contentsOfFile: "/proc/\(process)/\(name)", encoding: .utf8)
        }
        let status = try read("status")
        func field(_ name: String) -> [Substring] {
            let line = status.split(separator: "\n").first { $0.hasPrefix(name + ":") }
            return line?.dropFirst(name.count + 1).split(whereSeparator: \.isWhitespace) ?? []
        }
        #expect(field("PPid") == ["\(getpid())"])
        #expect(field("Uid").allSatisfy { $0 != "0" })
        for name in ["CapInh", "CapPrm", "CapEff", "CapAmb"] {
            #expect(field(name) == ["0000000000000000"], "\(name)")
        }
        let files = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/fd").compactMap {
            try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(process)/fd/\($0)")
        }
        #expect(files.contains("/dev/null"))
        #expect(!files.contains("/dev/zero"))
        await cluster.stop()
    }

    @Test
    func `a killed server is noticed, and a stranger with its number does not stop the next start`()
        async throws
    {
        let directory = TestCluster.temporaryDirectory("stale")
        defer { removeTemporaryDirectory(directory) }
        let first = try await Self.start(directory)
        let process = try #require(first.processID)
        kill(process, SIGKILL)
        await first.waitUntilEnd()
        await first.stop()
        // The file of the killed server now names this test's own process.
        let path = directory + "/data/postmaster.pid"
        let file = open(path, O_WRONLY | O_TRUNC)
        let text = Array("\(getpid())\n\(directory)/data\n1\n5432\n\n\n\n".utf8)
        #expect(write(file, text, text.count) == text.count)
        close(file)
        let second = try await Self.start(directory)
        await second.stop()
    }

    @Test(
        "lock files that name a stranger, or what is left of a process, stop no start",
        arguments: ["data/postmaster.pid", "run/.s.PGSQL.5432.lock"],
        [true, false]
    )
    func staleLocks(name: String, isZombie: Bool) async throws {
        let directory = TestCluster.temporaryDirectory("locks")
        defer { removeTemporaryDirectory(directory) }
        let first = try await Self.start(directory)
        let before = try await PostgresSession.connect(first.connectionString)
        try await before.execute(unsafeSQL: "create table t as select 7::int8 as a")
        // The tests' servers write late, and this one is killed.
        try await before.execute(unsafeSQL: "checkpoint")
        kill(try #require(first.processID), SIGKILL)
        await first.waitUntilEnd()
        await first.stop()
        // The server's own account: of another's processes it takes no notice.
        let account =
            geteuid() == 0 ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] : []
        let stranger = try SpawnedProgram(account + ["sleep", isZombie ? "0" : "300"], output: "/dev/null")
        if isZombie {
            var information = siginfo_t()
            while waitid(P_PID, id_t(stranger.identifier), &information, WEXITED | WNOWAIT) != 0 {}
        }
        let path = directory + "/" + name
        let text = "\(stranger.identifier)\n\(directory)/data\n1\n5432\n\(directory)/run\n\n\n"
        let file = open(path, O_WRONLY | O_TRUNC | O_CREAT, 0o600)
        #expect(write(file, text, text.utf8.count) == text.utf8.count)
        close(file)
        if let entry = getpwnam("postgres")?.pointee, geteuid() == 0 {
            chown(path, entry.pw_uid, entry.pw_gid)
        }
        let second = try await Self.start(directory)
        let session = try await PostgresSession.connect(second.connectionString)
        #expect(try await session.query("select a from t").first?.only(Int.self) == 7)
        await second.stop()
        stranger.wait(after: SIGKILL)
    }

    @Test
    func `a folder with a long name has its socket elsewhere`() async throws {
        let parent = TestCluster.temporaryDirectory("long")
        defer { removeTemporaryDirectory(parent) }
        let directory = parent + "/" + String(repeating: "it's long ", count: 10) + "end"
        let cluster = try await Self.start(directory)
        let session = try await PostgresSession.connect(cluster.connectionString)
        #expect(try await session.query("select 1::int8").first?.only(Int.self) == 1)
        let first = cluster.connectionString
        #expect(!first.contains("long"))
        await cluster.stop()
        let again = try await Self.start(directory)
        #expect(again.connectionString == first)
        await again.stop()
        let socket = first.split(separator: "'")[1]
        removeTemporaryDirectory(String(socket))
    }

    @Test
    func `what is missing is named with its remedy`() async throws {
        let directory = TestCluster.temporaryDirectory("missing")
        defer { removeTemporaryDirectory(directory) }
        let options = Self.options { $0.binaries = "/nowhere" }
        let error = await #expect(throws: EmbeddedPostgresError.self) {
            _ = try await EmbeddedCluster.start(
                directory: directory,
                options: options,
                log: Log(sink: { _ in })
            )
        }
        #expect(error == .notInstalled(version: nil))
        #expect(error.map { "\($0)" }?.contains("install postgresql-15") == true)
    }

    @Test
    func `a server that cannot start says why`() async throws {
        let directory = TestCluster.temporaryDirectory("broken")
        defer { removeTemporaryDirectory(directory) }
        let options = Self.options { $0.settings["no_such_setting"] = "1" }
        let error = await #expect(throws: EmbeddedPostgresError.self) {
            _ = try await EmbeddedCluster.start(
                directory: directory,
                options: options,
                log: Log(sink: { _ in })
            )
        }
        #expect(error.map { "\($0)" }?.contains("no_such_setting") == true)
        let cluster = try await Self.start(directory)
        await cluster.stop()
    }

    @Test(.enabled(if: geteuid() == 0, "only root starts the server under another account"))
    func `a folder that the server's account cannot reach, or no such account, is told apart`() async throws {
        let parent = TestCluster.temporaryDirectory("closed")
        defer { removeTemporaryDirectory(parent) }
        chmod(parent, 0o700)
        await #expect(
            throws: EmbeddedPostgresError.unreachable(directory: parent + "/db", account: "postgres")
        ) {
            _ = try await Self.start(parent + "/db")
        }
        let options = Self.options { $0.account = "no-such-account" }
        await #expect(throws: EmbeddedPostgresError.noAccount(name: "no-such-account")) {
            _ = try await EmbeddedCluster.start(
                directory: parent + "/db",
                options: options,
                log: Log(sink: { _ in })
            )
        }
    }

    @Test(.enabled(if: geteuid() == 0, "only root can become somebody else"))
    func `nobody else may connect`() async throws {
        let directory = TestCluster.temporaryDirectory("private")
        defer { removeTemporaryDirectory(directory) }
        let cluster = try await Self.start(directory)
        var status = stat()
        #expect(lstat(directory + "/run", &status) == 0)
        #expect(status.st_mode & 0o777 == 0o700)
        #expect(lstat(directory + "/data", &status) == 0)
        #expect(status.st_mode & 0o777 == 0o700)
        #expect(status.st_uid != 0)
        let session = try await PostgresSession.connect(cluster.connectionString)
        let rules = try await session.query(
            "select type, auth_method, array_to_string(options, ' ') from pg_hba_file_rules"
        ).map { row in
            var fields = row.fields
            return try (0..<3).map { _ in try fields.next(String.self) }
        }
        #expect(rules == [["local", "peer", "map=riskd"]])
        let refused = await #expect(throws: PostgresError.self) {
            let other = cluster.connectionString + " user=postgres"
            _ = try await PostgresSession.connect(other)
        }
        #expect(refused?.kind == .connection)
        await cluster.stop()
    }
}
