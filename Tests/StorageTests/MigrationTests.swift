import Glibc
import PostgresClient
import RiskdTesting
import Runtime
import Testing

@testable import Storage

@Suite(.timeLimit(.minutes(3)))
struct MigrationTests {
    private func makeStore() async throws -> (store: Store, session: PostgresSession) {
        let connectionString = try await TestCluster.freshDatabase()
        return (try await Store.connect(connectionString), try await makeSession(connectionString))
    }

    @Test
    func `the program holds every file of the folder, in order`() throws {
        var folder = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        folder = "/" + folder + "/Sources/Storage/Migrations"
        let handle = try #require(opendir(folder))
        defer { closedir(handle) }
        var names: [String] = []
        while let entry = readdir(handle) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name.hasSuffix(".sql") { names.append(name) }
        }
        #expect(Migration.all.map(\.name) == names.sorted())
        for migration in Migration.all {
            let digits = "\(migration.number)"
            let prefix = String(repeating: "0", count: 4 - digits.count) + digits
            #expect(migration.name.hasPrefix("\(prefix)_"))
            #expect(migration.sql.contains(" table riskd."))
        }
    }

    @Test
    func `migrating twice runs each migration once`() async throws {
        let (store, _) = try await makeStore()
        #expect(try await store.schemaVersion() == 0)
        await #expect(throws: StorageError.self) { try await store.checkSchema() }
        let names = Names()
        try await store.migrate { names.append($0) }
        try await store.migrate { names.append($0) }
        #expect(names.all == Migration.all.map(\.name))
        #expect(try await store.schemaVersion() == Migration.all.count)
        try await store.checkSchema()
    }

    @Test
    func `two that migrate at once do it once`() async throws {
        let connectionString = try await TestCluster.freshDatabase()
        let names = Names()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    try await Store.connect(connectionString).migrate { names.append($0) }
                }
            }
            try await group.waitForAll()
        }
        #expect(names.all == Migration.all.map(\.name))
    }

    @Test
    func `a failed migration leaves those before it and nothing of its own`() async throws {
        let (store, session) = try await makeStore()
        let bad = Migration(
            number: 2,
            name: "0002_bad.sql",
            sql: "create table riskd.half (a int); select nothing"
        )
        await #expect(throws: StorageError.self) {
            try await store.migrate([Migration.all[0], bad])
        }
        #expect(try await store.schemaVersion() == 1)
        let half = try await session.query("select to_regclass('riskd.half') is null")
        #expect(try half.first?.only(Bool.self) == true)
        try await store.migrate()
        try await store.checkSchema()
    }

    @Test
    func `messages from before there was a table of their alerts are found by these`() async throws {
        let (store, session) = try await makeStore()
        try await store.migrate(Migration.all.filter { $0.number < 24 })
        let alerts = #"[{"id":"alert_1","name":"\u0001 \" alert_9"},{"id":"alert_2"}]"#
        let message = #"{"id":"msg_1","alerts":\#(alerts)}"#
        for endpoint in ["soc", "chat"] {
            try await session.run(
                """
                insert into riskd.outbox
                    (message_id, endpoint, dedup_key, type, level, created, state, due, attempts, message)
                values
                    ('msg_1', \(endpoint), '', 'alert.firing', 3, now(), 'pending', now(), 0, \(message)),
                    ('msg_2', \(endpoint), '', 'endpoint.test', 3, now(), 'pending', now(), 0,
                        '{"id":"msg_2","alerts":[]}')
                """
            )
        }
        try await store.migrate()
        func told() async throws -> [String] {
            try await session.query(
                """
                select concat_ws(' ', alert_id, endpoint, message_id) from riskd.outbox_alert
                order by alert_id, endpoint
                """
            ).map { try $0.only(String.self) }
        }
        #expect(
            try await told() == [
                "alert_1 chat msg_1", "alert_1 soc msg_1", "alert_2 chat msg_1", "alert_2 soc msg_1",
            ]
        )
        try await session.run("delete from riskd.outbox where endpoint = 'chat'")
        #expect(try await told() == ["alert_1 soc msg_1", "alert_2 soc msg_1"])
    }

    @Test
    func `a database that a newer program migrated is refused`() async throws {
        let (store, session) = try await makeStore()
        try await store.migrate()
        let next = Migration.all.count + 1
        try await session.run("insert into migration (number, name) values (\(next), 'future.sql')")
        var errors: [(any Error)?] = []
        errors.append(await #expect(throws: StorageError.self) { try await store.migrate() })
        errors.append(await #expect(throws: StorageError.self) { try await store.checkSchema() })
        errors.append(await #expect(throws: StorageError.self) { _ = try await store.loadState() })
        errors.append(
            await #expect(throws: StorageError.self) {
                try await store.takeOwnership(name: "x", tickLength: .seconds(60))
            }
        )
        for error in errors {
            guard case .newerSchema(found: next, known: next - 1) = error as? StorageError else {
                Issue.record("\(String(describing: error))")
                continue
            }
        }
        try await session.run("delete from migration where number = \(next)")
        try await session.run("update migration set name = '0002_other.sql' where number = 2")
        let error = await #expect(throws: StorageError.self) { try await store.migrate() }
        #expect(error.map { "\($0)" }?.contains("0002_other.sql") == true)
    }

    @Test
    func `every key of a fact table begins with vpart, and no table has a trigger`() async throws {
        let (store, session) = try await makeStore()
        try await store.migrate()
        let keys = try await session.query(
            """
            select c.relname::text, a.attname::text from pg_index i
            join pg_class c on c.oid = i.indrelid
            join pg_attribute a on a.attrelid = c.oid and a.attnum = i.indkey[0]
            where c.relnamespace = 'riskd'::regnamespace and (i.indisunique or i.indisexclusion)
            """
        ).map { row in
            var fields = row.fields
            return (table: try fields.next(String.self), column: try fields.next(String.self))
        }
        let facts = Set(FactTable.allCases.filter(\.isPartitioned).map(\.name) + ["seen", "track"])
        #expect(facts.isSubset(of: keys.map(\.table)))
        for key in keys where facts.contains(key.table) { #expect(key.column == "vpart", "\(key.table)") }
        let partitioned = try await session.query(
            "select relname::text from pg_class where relnamespace = 'riskd'::regnamespace and relkind = 'p'"
        ).map { try $0.only(String.self) }
        #expect(Set(partitioned) == Set(FactTable.allCases.filter(\.isPartitioned).map(\.name)))
        let triggers = try await session.query(
            """
            select tgname::text from pg_trigger join pg_class c on c.oid = tgrelid
            where c.relnamespace = 'riskd'::regnamespace and not tgisinternal
            """
        )
        #expect(triggers.isEmpty)
        let defaults = try await session.query(
            """
            select c.relname::text from pg_attrdef join pg_class c on c.oid = adrelid
            where c.relnamespace = 'riskd'::regnamespace
            """
        ).map { try $0.only(String.self) }
        #expect(Set(defaults) == ["migration", "pipeline", "router", "sample_summary_end"])
    }
}

/// Collects names that come from another task.
final class Names: Sendable {
    private let names = Locked<[String]>([])

    var all: [String] { names.withLock { $0 } }

    func append(_ name: String) { names.withLock { $0.append(name) } }
}
