import EmbeddedPostgres
import PostgresClient
import RiskdTesting
import Testing

@Suite(.timeLimit(.minutes(3)))
struct SessionTests {
    @Test
    func `a statement has its values apart`() async throws {
        let session = try await PostgresSession.connect(try await TestCluster.freshDatabase())
        let text = "'; drop table x; --"
        let rows = try await session.query("select \(text), \(nil as Int64?), \([1.5, -0.0]), \(true)")
        let row = try #require(rows.first)
        var fields = row.fields
        #expect(try fields.next(String.self) == text)
        #expect(try fields.next(Int64?.self) == nil)
        #expect(try fields.next([Double].self) == [1.5, -0.0])
        #expect(try fields.next(Bool.self))
        #expect(throws: PostgresError.self) { try fields.next(Bool.self) }
    }
}
