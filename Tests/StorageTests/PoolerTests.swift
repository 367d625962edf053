import Foundation
import PostgresClient
import RiskdTesting
import Testing

@testable import Storage

/// The real PgBouncer before a real server.
@Suite(.timeLimit(.minutes(3)))
struct PoolerTests {
    static let program = "/usr/sbin/pgbouncer"
    static let isThere = ConditionTrait.enabled(
        if: FileManager.default.isExecutableFile(atPath: program),
        "SKIPPED: PgBouncer is missing; .ci/setup installs it"
    )

    /// A PgBouncer before the test's server, which ends with it.
    private final class Pooler {
        let connectionString: String
        private let program: SpawnedProgram
        private let directory: String

        init(mode: String, before database: String) async throws {
            directory = TestCluster.temporaryDirectory("pool")
            let name = database.databaseName
            // As root it becomes the user whom the server knows.
            let user = geteuid() == 0 ? "user = postgres" : ""
            try """
            [databases]
            \(name) = \(database)
            [pgbouncer]
            \(user)
            pool_mode = \(mode)
            auth_type = any
            listen_addr =
            listen_port = 6432
            unix_socket_dir = \(directory)
            ignore_startup_parameters = extra_float_digits
            """.write(toFile: directory + "/pool.ini", atomically: false, encoding: .utf8)
            chmod(directory, 0o777)
            chmod(directory + "/pool.ini", 0o644)
            program = try SpawnedProgram(
                [PoolerTests.program, "-q", directory + "/pool.ini"],
                output: directory + "/out",
                errors: directory + "/errors"
            )
            connectionString = "host=\(directory) port=6432 user=riskd dbname=\(name)"
            for _ in 0..<500 where !FileManager.default.fileExists(atPath: directory + "/.s.PGSQL.6432") {
                try await Task.sleep(for: .milliseconds(20))
            }
        }

        var errors: String { (try? String(contentsOfFile: directory + "/errors", encoding: .utf8)) ?? "" }

        deinit {
            program.wait(after: SIGKILL)
            try? FileManager.default.removeItem(atPath: directory)
        }
    }

    @Test(
        isThere,
        arguments: ["transaction", "statement"]
    )
    func `a pooler that lends connections to others is refused`(
        mode: String
    ) async throws {
        let database = try await TestCluster.freshDatabase()
        let pooler = try await Pooler(mode: mode, before: database)
        for purpose in [Store.Purpose.anything, .questions(atMost: .seconds(5))] {
            let error = await #expect(throws: StorageError.self, "\(pooler.errors)") {
                _ = try await Store.connect(pooler.connectionString, for: purpose)
            }
            #expect("\(try #require(error))".contains("pool_mode = session"), "\(pooler.errors)")
            #expect(error?.isTransient == false)
        }
    }

    @Test(isThere)
    func `a pooler that keeps a connection for its client serves`() async throws {
        let database = try await TestCluster.freshDatabase()
        let pooler = try await Pooler(mode: "session", before: database)
        let store = try await Store.connect(pooler.connectionString)
        try await store.migrate()
        try await store.takeOwnership(name: "a", tickLength: .seconds(1))
        #expect(try await store.schemaVersion() == Store.newestSchema)
        await store.close()
    }
}
