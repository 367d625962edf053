import Domain
import Foundation
import PostgresClient
import RiskdTesting
import Testing

@testable import Storage

/// The auditors' views: keys that order them, pages, exports, and who may read them.
@Suite(.timeLimit(.minutes(3)))
struct AuditDatasetTests {
    /// Records, samples and a deed of somebody.
    private func filled() async throws -> (store: Store, connection: String) {
        let (store, connection) = try await makeStore()
        let observations = (1...25).map { number in
            makeObservation(Int64(number), user: "user-\(number % 3)", time: start + .seconds(number * 60))
        }
        try await store.commit(makeBatch(0, observations))
        for (number, actor) in ["ada", "=cmd|'/C calc'!A0", "Zoë"].enumerated() {
            try await store.write(
                AuditEntry(time: start + .seconds(number), actor: actor, what: "silence.add", object: awkward)
            )
        }
        return (store, connection)
    }

    private final class Collected: @unchecked Sendable {
        // Written by one export at a time, read when it is over.
        var rows: [String: [AuditRow]] = [:]
        var columns: [String: [String]] = [:]
    }

    private func exported(_ store: Store, _ selection: AuditSelection = .init()) async throws -> Collected {
        let collected = Collected()
        try await store.auditExport(AuditDataset.all, selection, hasValues: true) { dataset, columns, rows in
            collected.rows[dataset.name, default: []] += rows
            collected.columns[dataset.name] = columns
        }
        return collected
    }

    @Test func `every dataset is a view with a time, and its key is one`() async throws {
        let (store, connection) = try await filled()
        let session = try await makeSession(connection)
        let views = try await session.query(
            "select table_name::text from information_schema.views where table_schema = 'riskd_audit' order by 1"
        ).map { try $0.only(String.self) }
        #expect(Set(views) == Set(AuditDataset.all.map(\.name)) && views.count == AuditDataset.all.count)
        let all = try await exported(store)
        for dataset in AuditDataset.all {
            let columns = try #require(all.columns[dataset.name])
            #expect(columns.contains("time"), "\(dataset.name)")
            #expect(dataset.keys.allSatisfy { columns.contains($0.column) }, "\(dataset.name)")
            let keys = all.rows[dataset.name, default: []].map(\.key)
            #expect(Set(keys).count == keys.count, "\(dataset.name)")
        }
        #expect(all.rows["observations"]?.count == 25 && all.rows["actions"]?.count == 3)
        await session.close()
        await store.close()
    }

    @Test func `pages put together are the export`() async throws {
        let (store, _) = try await filled()
        let all = try await exported(store)
        for name in ["observations", "actions", "artefacts"] {
            let dataset = try #require(AuditDataset.named(name))
            for size in [1, 7, 1000] {
                var rows: [AuditRow] = []
                while true {
                    let page = try await store.auditRows(dataset, .init(), after: rows.last?.key, limit: size)
                    rows += page
                    if page.count < size { break }
                }
                #expect(rows == all.rows[name])
            }
        }
        await store.close()
    }

    @Test func `rows are cut by time and by value, and text stays text`() async throws {
        let (store, _) = try await filled()
        let dataset = try #require(AuditDataset.named("observations"))
        var selection = AuditSelection(since: start + .seconds(120), until: start + .seconds(600))
        selection.matches = [.init(column: "name", value: "user-2")]
        let rows = try await store.auditRows(dataset, selection, limit: 100)
        #expect(rows.map(\.key) == [["2"], ["5"], ["8"]])
        selection.matches = [.init(column: "name", value: "x' or true --")]
        #expect(try await store.auditRows(dataset, selection, limit: 100).isEmpty)
        selection.matches = [.init(column: "name' or true --", value: "x")]
        await #expect(throws: StorageError.self) { try await store.auditRows(dataset, selection, limit: 1) }

        let actions = try #require(AuditDataset.named("actions"))
        for row in try await store.auditRows(actions, .init(), limit: 10) {
            let object = try #require(
                try JSONSerialization.jsonObject(with: Data(row.json.utf8)) as? [String: Any]
            )
            #expect(object["object"] as? String == awkward)
            #expect(!row.json.contains("\n") && row.values.contains(awkward))
        }
        await store.close()
    }

    @Test func `an export sees one moment, and what came later does not change an earlier one`() async throws
    {
        let (store, connection) = try await filled()
        let until = AuditSelection(until: start + .seconds(600))
        let before = try await exported(store, until)
        let other = try await Store.connect(connection)
        let late = makeObservation(26, user: "user-9", time: start + .seconds(6000))
        try await store.commit(makeBatch(1, [late]))
        let after = try await exported(other, until)
        for name in ["observations", "samples", "actions"] { #expect(after.rows[name] == before.rows[name]) }
        #expect(try await exported(other).rows["observations"]?.count == 26)
        await other.close()
        await store.close()
    }

    @Test func `a missing query is a gap`() async throws {
        let (store, connection) = try await filled()
        let session = try await makeSession(connection)
        #expect(try await exported(store).rows["gaps"] == [])
        try await session.execute(unsafeSQL: "delete from observation where sequence in (7, 8, 20)")
        let gaps = try await exported(store).rows["gaps", default: []].map { $0.values.prefix(2).map { $0 } }
        #expect(gaps == [["7", "8"], ["20", "20"]])
        await session.close()
        await store.close()
    }
}
