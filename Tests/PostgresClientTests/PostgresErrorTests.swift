import RiskdTesting
import Testing

@testable import PostgresClient

@Suite(.timeLimit(.minutes(3)))
struct PostgresErrorTests {
    static let secret = "s3cr3t-value"

    @Test(
        arguments: [
            ("select \(secret)::int8", "22P02"),
            ("insert into t values (\(secret)), (\(secret))", "23505"),
            ("insert into c values (\(secret))", "23514"),
            ("select raise(\(secret))", "P0001"),
            ("select \(secret) from nowhere", "42P01"),
            ("select decode(\(secret), 'hex')", "22023"),
        ] as [(PostgresQuery, String)]
    )
    func `an error names the SQLSTATE and no value`(query: PostgresQuery, sqlState: String) async throws {
        let session = try await PostgresSession.connect(try await TestCluster.freshDatabase())
        try await session.execute(
            unsafeSQL: """
                create table t (a text primary key);
                create table c (a text check (a = ''));
                create function raise(x text) returns int language plpgsql as
                    $$ begin raise notice '%', x; raise exception '%', x; end $$;
                """
        )
        let error = try await #require(throws: PostgresError.self) { try await session.run(query) }
        #expect(error.sqlState == sqlState)
        #expect(!error.isTransient)
        for text in [error.description, error.debugDescription, "\(error)", String(reflecting: error)] {
            #expect(!text.contains(Self.secret))
            #expect(text.contains(sqlState))
        }
        #expect(error.debugDescription.contains("$1"))
    }

    @Test(
        arguments: [
            // Connections, resources, shutdowns and cancels, lost races, a standby, the server's disk.
            "08000", "08006", "53100", "53200", "53300", "57014", "57P01", "57P02", "57P03", "57P05", "40001",
            "40P01",
            "55P03", "25006", "58000", "58030",
        ].map { ($0, true) }
            + [
                "40002", "57P04", "42501", "42P01", "23505", "22P05", "3D000", "28P01", "25P02", "XX000",
                "0A000",
            ]
            .map { ($0, false) }
    )
    func `what a server says of itself is waited for, what it says of the work is not`(
        sqlState: String,
        isTransient: Bool
    ) {
        #expect(PostgresError(.refused, sqlState: sqlState, message: "").isTransient == isTransient)
    }

    @Test(arguments: [
        "host=/nowhere/at/all password=\(secret)", "postgresql://u:\(secret)@127.0.0.1:1/x",
        "password=\(secret) nonsense", "postgresql://[\(secret)", "\(secret)=1",
    ])
    func `a failed connection never prints the connection string`(connectionString: String) async throws {
        let error = try await #require(throws: PostgresError.self) {
            _ = try await PostgresSession.connect(connectionString)
        }
        #expect(!String(reflecting: error).contains(Self.secret))
        #expect(!error.description.contains("\n"))
    }
}
