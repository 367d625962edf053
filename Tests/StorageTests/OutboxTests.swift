import Domain
import PostgresClient
import RiskdTesting
import Testing

@testable import Storage

@Suite(.timeLimit(.minutes(3)))
struct OutboxTests {
    private func message(_ number: Int, key: String = "k", level: Level = .high) -> Message {
        var alert = makeAlert(number).snapshot
        alert.level = level
        return Message(
            id: MessageID(
                ULID(
                    time: start,
                    digest: [UInt8(number / 256), UInt8(number % 256)] + [UInt8](repeating: 1, count: 8)
                )
            ),
            type: .alertFiring,
            timestamp: start,
            dedupKey: key,
            groupKey: awkward,
            groupLabels: [AlertLabel("model", awkward)],
            reason: .changed,
            alerts: [alert],
            truncatedAlerts: 3
        )
    }

    private func attempt(
        _ message: Message,
        _ outcome: DeliveryAttempt.Outcome,
        next: Timestamp? = nil
    ) -> DeliveryAttempt {
        DeliveryAttempt(
            message: message.id,
            endpoint: "soc",
            number: 1,
            startedAt: start,
            duration: .milliseconds(12),
            outcome: outcome,
            status: outcome == .delivered ? 200 : 503,
            detail: awkward,
            nextAttemptAt: next
        )
    }

    private func routed(_ store: Store, _ messages: [(String, Message)]) async throws {
        var batch = RoutingBatch(expectedNotice: 0, lastNotice: 0, time: start)
        batch.messages = messages.map { AddressedMessage(endpoint: $0, message: $1) }
        try await store.route(batch)
    }

    private func due(_ store: Store, _ now: Timestamp = start, limit: Int = 10) async throws -> [Message] {
        try await store.dueDeliveries(to: "soc", now: now, limit: limit).map(\.message)
    }

    @Test func `what a wrong clock put off for years is due again, and nothing else`() async throws {
        let (store, _) = try await makeStore()
        let put = message(1, key: "a")
        let soon = message(2, key: "b")
        try await routed(store, [("soc", put), ("soc", soon)])
        try await store.record([
            attempt(put, .failed, next: start + .seconds(315_360_000)),
            attempt(soon, .failed, next: start + .seconds(86_400)),
        ])
        let now = start + .seconds(60)
        #expect(try await due(store, now) == [])
        #expect(try await store.bringForward(dueAfter: now + .seconds(90_000), to: now) == 1)
        #expect(try await due(store, now) == [put])
        #expect(try await store.bringForward(dueAfter: now + .seconds(90_000), to: now) == 0)
        await store.close()
    }

    @Test func `messages of one key are due one after the other, others beside them`() async throws {
        let (store, _) = try await makeStore()
        let first = message(1)
        let second = message(2)
        let other = message(3, key: "other")
        try await routed(store, [("soc", first), ("soc", second), ("soc", other), ("chat", message(4))])
        #expect(try await due(store) == [first, other])
        #expect(try await due(store, limit: 1) == [first])
        #expect(try await due(store, start - .seconds(1)).isEmpty)

        try await store.record([attempt(first, .failed, next: start + .seconds(5))])
        #expect(try await due(store) == [other], "the second waits for the first")
        #expect(try await store.nextDue(at: "soc") == start)
        let again = try await store.dueDeliveries(to: "soc", now: start + .seconds(5), limit: 10)
        #expect(again.map(\.message) == [other, first] && again.map(\.attempts) == [0, 1])
        #expect(again.map(\.failingSince) == [start, start])

        try await store.record([attempt(first, .delivered), attempt(other, .refused)])
        #expect(try await due(store) == [second])
        #expect(try await store.dueDeliveries(to: "chat", now: start, limit: 9).map(\.failingSince) == [nil])
        let attempts = try await store.attemptPage(at: "soc", PageBounds(limit: 10)).map(\.attempt)
        #expect(attempts.map(\.outcome) == [.refused, .delivered, .failed])
        let ofFirst = try await store.attemptPage(
            at: "soc",
            with: first.id,
            PageBounds(limit: 10)
        )
        #expect(ofFirst.map(\.attempt.outcome) == [.delivered, .failed])
        #expect(attempts.last == attempt(first, .failed, next: start + .seconds(5)))
        #expect(
            try await store.outbox(of: "soc", limit: 9).map(\.state) == ["refused", "pending", "delivered"]
        )
        let telling = try await store.outbox(telling: makeAlert(2).snapshot.id, limit: 9)
        #expect(telling.map(\.message) == [second])
    }

    @Test func `what was settled is not settled again, and is put in again by hand under the same id`()
        async throws
    {
        let (store, _) = try await makeStore()
        let only = message(1)
        try await routed(store, [("soc", only)])
        try await store.record([attempt(only, .delivered)])
        // The record of an attempt that was made before a crash comes late.
        try await store.record([attempt(only, .failed, next: start + .seconds(5))])
        #expect(try await due(store, start + .seconds(9)).isEmpty)
        #expect(try await store.resendMessages(of: "soc", since: start + .seconds(1), now: start) == 0)
        #expect(try await store.resendMessages(of: "soc", since: start, now: start) == 1)
        #expect(try await due(store) == [only])
    }

    @Test func `an endpoint that is disabled gets nothing, and the others an alert; enabling it clears that`()
        async throws
    {
        let (store, _) = try await makeStore()
        try await routed(store, [("soc", message(1))])
        #expect(try await store.setEndpoint("soc", isEnabled: false, reason: "410", by: "riskd", at: start))
        #expect(try await !store.setEndpoint("soc", isEnabled: false, reason: "410", by: "riskd", at: start))
        #expect(try await store.endpointStates() == ["soc": .disabled(reason: "410", since: start)])
        #expect(try await due(store).isEmpty)
        #expect(try await store.nextDue(at: "soc") == nil)
        #expect(try await store.setEndpoint("soc", isEnabled: true, reason: "", by: "ada", at: start))
        #expect(try await due(store).count == 1)
        #expect(
            try await store.pendingActions().map(\.action.kind) == [
                .raise(.endpoint("soc"), .high, detail: "the endpoint soc was disabled: 410"),
                .clear(.endpoint("soc")),
            ]
        )
        let status = try #require(try await store.endpointStatuses().first)
        #expect(status.name == "soc" && status.pending == 1 && status.oldest == start)
        #expect(try await store.oldestPending() == ["soc": start])
    }

    @Test func `a message that cannot be read is refused, alerts, and holds nobody up`() async throws {
        let (store, connection) = try await makeStore()
        try await routed(store, [("soc", message(1, key: "a")), ("soc", message(2, key: "a"))])
        let id = message(1, key: "a").id.description
        let session = try await makeSession(connection)
        try await session.run("update outbox set message = '{' where message_id = \(id)")
        #expect(try await due(store).isEmpty)
        #expect(try await due(store) == [message(2, key: "a")])
        let attempt = try #require(try await store.attemptPage(at: "soc", PageBounds(limit: 9)).first).attempt
        #expect(attempt.outcome == .refused && attempt.message.description == id && attempt.number == 1)
        #expect(
            try await store.pendingActions().map(\.action.kind) == [
                .raise(
                    .outbox,
                    .high,
                    detail: "message \(id) to endpoint soc cannot be read and was not sent"
                )
            ]
        )
        let error = await #expect(throws: StorageError.self) { try await store.outbox(of: "soc", limit: 9) }
        #expect(error?.description.contains("message \(id) of the outbox") == true)
    }

    @Test func `a full outbox gives up the oldest of the lowest levels, and says so`() async throws {
        let (store, _) = try await makeStore()
        let levels: [Level] = [.critical, .high, .low, .high, .low]
        try await routed(store, levels.enumerated().map { ("soc", message($0 + 1, key: "\($0)", level: $1)) })
        let limits = OutboxLimits(age: .seconds(60), rows: 2)
        #expect(try await store.trimOutbox(OutboxLimits(rows: 5), now: start) == (0, 0))
        #expect(try await store.trimOutbox(limits, now: start) == (0, 3))
        let left = try await store.outbox(of: "soc", state: "pending", limit: 9)
        #expect(left.map { $0.message.alerts.first?.level } == [.high, .critical])
        #expect(left.first?.message == message(4, key: "3"), "of the two high ones the newer")
        #expect(try await store.trimOutbox(limits, now: start + .seconds(61)) == (2, 0))
        // An hour of calm ends the alert, once.
        for seconds in [62, 3661, 3662, 9000] {
            #expect(try await store.trimOutbox(limits, now: start + .seconds(Int64(seconds))) == (0, 0))
        }
        var raised = try await store.pendingActions().map(\.action.kind)
        #expect(raised.popLast() == .clear(.outbox))
        #expect(raised.count == 2)
        guard case .raise(.outbox, .critical, let detail) = raised.last else {
            Issue.record("\(raised)")
            return
        }
        #expect(detail.contains("2 had waited longer"), "\(detail)")
    }

    @Test func `the router goes on where it stopped, and two of them do not both`() async throws {
        let (store, _) = try await makeStore()
        var batch = makeBatch(0)
        batch.alerts = [makeAlert(1), makeAlert(2, state: .resolved), makeAlert(3, state: .resolved)]
        try await store.commit(batch)
        let ids = batch.alerts.map(\.snapshot.id)
        var group = AlertGroup(
            key: AlertGroup.Key(endpoint: "soc", group: awkward),
            labels: [AlertLabel("model", awkward)],
            members: [ids[0], ids[1]],
            firstFlush: start,
            due: start + .seconds(1),
            told: start + .seconds(2),
            toldFiring: [ids[0]: .high, ids[1]: .critical]
        )
        var step = RoutingBatch(expectedNotice: 0, lastNotice: 4, time: start)
        step.groups = [group]
        try await store.route(step)
        var state = try await store.routerState()
        #expect(state.lastNotice == 4 && state.groups == [group])
        #expect(Set(state.alerts.map(\.id)) == [ids[0], ids[1]], "the third is over and in no group")
        await #expect(throws: StorageError.self) { try await store.route(step) }

        group.due = nil
        group.told = nil
        group.toldFiring = [:]
        step = RoutingBatch(expectedNotice: 4, lastNotice: 4, time: start)
        step.groups = [group]
        try await store.route(step)
        state = try await store.routerState()
        #expect(state.groups == [group])
        step.groups = []
        step.removed = [group.key]
        try await store.route(step)
        #expect(try await store.routerState().groups.isEmpty)
    }
}
