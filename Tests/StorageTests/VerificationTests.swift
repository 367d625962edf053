import Domain
import PostgresClient
import RiskdTesting
import Testing

@testable import Storage

/// Endpoints that are new take a test before anything else (docs/alerts.md#the-outbox).
@Suite(.timeLimit(.minutes(3)))
struct VerificationTests {
    private func message(_ number: UInt8, _ type: MessageType = .endpointTest) -> Message {
        Message(
            id: MessageID(ULID(time: start, digest: [number] + [UInt8](repeating: 1, count: 9))),
            type: type,
            timestamp: start,
            dedupKey: type == .endpointTest ? "test" : "other",
            alerts: type == .endpointTest ? [] : [makeAlert(1).snapshot]
        )
    }

    private func attempt(
        _ message: Message,
        _ outcome: DeliveryAttempt.Outcome,
        _ number: Int = 1
    ) -> DeliveryAttempt {
        DeliveryAttempt(
            message: message.id,
            endpoint: "soc",
            number: number,
            startedAt: start,
            duration: .zero,
            outcome: outcome,
            nextAttemptAt: outcome == .failed ? start + .seconds(number) : nil
        )
    }

    private func due(_ store: Store, _ seconds: Int = 0) async throws -> [MessageID] {
        try await store.dueDeliveries(to: "soc", now: start + .seconds(seconds), limit: 10).map(
            \.message.id
        )
    }

    private func raised(_ store: Store) async throws -> [String] {
        try await store.pendingActions().map(\.action).map { action in
            switch action.kind {
            case .raise(let subject, _, _): "raise \(subject.id)"
            case .clear(let subject): "clear \(subject.id)"
            default: "other"
            }
        }
    }

    @Test func `a new endpoint gets a test, and the rest when it has taken that`() async throws {
        let (store, _) = try await makeStore()
        let alert = message(9, .alertFiring)
        #expect(try await !store.register("soc", as: "a", test: message(1), at: start))
        var batch = RoutingBatch(expectedNotice: 0, lastNotice: 0, time: start)
        batch.messages = [AddressedMessage(endpoint: "soc", message: alert)]
        try await store.route(batch)
        #expect(try await due(store) == [message(1).id])
        #expect(try await store.endpointStatuses().map(\.isVerified) == [false])
        // After a restart it is the same test, at once.
        try await store.record([attempt(message(1), .failed)])
        #expect(try await due(store).isEmpty)
        #expect(try await store.nextDue(at: "soc") == start + .seconds(1))
        #expect(try await !store.register("soc", as: "a", test: message(2), at: start))
        #expect(try await due(store) == [message(1).id])
        // The others are told when it goes on.
        try await store.record([attempt(message(1), .failed, 2)])
        #expect(try await raised(store).isEmpty)
        try await store.record([attempt(message(1), .failed, 3)])
        #expect(try await raised(store) == ["raise soc"])
        try await store.record([attempt(message(1), .delivered, 4)])
        #expect(try await raised(store) == ["raise soc", "clear soc"])
        #expect(try await due(store) == [alert.id])
        #expect(try await store.endpointStatuses().map(\.isVerified) == [true])
        // It stays what it is.
        #expect(try await store.register("soc", as: "a", test: message(3), at: start))
        #expect(try await due(store) == [alert.id])
        await store.close()
    }

    @Test
    func `one that leads elsewhere is new, and one that was given up is tried again when it is enabled`()
        async throws
    {
        let (store, _) = try await makeStore()
        try await store.verify("soc", as: "a", at: start)
        #expect(try await store.register("soc", as: "a", test: message(1), at: start))
        #expect(try await due(store).isEmpty)
        #expect(try await !store.register("soc", as: "b", test: message(2), at: start))
        #expect(try await due(store) == [message(2).id])
        try await store.record([attempt(message(2), .gone)])
        try await store.setEndpoint("soc", isEnabled: false, reason: "410", by: "riskd", at: start)
        #expect(try await due(store).isEmpty)
        try await store.setEndpoint("soc", isEnabled: true, reason: "", by: "ada", at: start)
        #expect(try await due(store) == [message(2).id])
        // What an endpoint was a moment ago does not count for what it is.
        try await store.verify("soc", as: "b", at: start)
        #expect(try await store.register("soc", as: "b", test: message(3), at: start))
        await store.close()
    }

    @Test func `what took messages before there were tests needs none`() async throws {
        let (store, connection) = try await makeStore()
        let session = try await makeSession(connection)
        try await session.execute(
            unsafeSQL: """
                insert into riskd.endpoint (name, enabled, reason, changed, changed_by, verified)
                values ('soc', true, '', now(), 'riskd', now())
                """
        )
        #expect(try await store.register("soc", as: "a", test: message(1), at: start))
        #expect(try await !store.register("soc", as: "b", test: message(1), at: start))
        await session.close()
        await store.close()
    }
}
