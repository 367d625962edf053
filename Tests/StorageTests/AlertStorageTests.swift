import Domain
import PostgresClient
import RiskdTesting
import Testing

@testable import Storage

/// An alert with every field set.
func makeAlert(_ number: Int = 1, user: String = awkward, state: AlertState = .open) -> Alert {
    let digest = [UInt8](repeating: UInt8(number), count: 10)
    var snapshot = AlertSnapshot(
        id: AlertID(ULID(time: start + .seconds(number), digest: digest)),
        subject: .entity(.user(UserID(user), model: ModelID("fashion"))),
        level: .high,
        previousLevel: .medium,
        startsAt: start + .seconds(number)
    )
    snapshot.state = state
    snapshot.assignee = awkward
    snapshot.verdict = .attack
    snapshot.score = 87_881
    snapshot.peakLevel = .critical
    snapshot.isPinned = true
    snapshot.lane = .shift
    snapshot.evidence = 30_187_452
    snapshot.impactWeight = 1500
    snapshot.falseAlarmBound = .init(perMillionQueries: 13.6, calibrationConfidence: 0.99)
    snapshot.contributions = [
        Contribution(name: awkward, milliPoints: 71_738), Contribution(name: "b", milliPoints: -2749),
    ]
    snapshot.techniques = ["AML.T0043.001", "AML.T0042"]
    snapshot.detail = awkward
    snapshot.updatedAt = start + .seconds(number + 5)
    snapshot.endsAt = state == .resolved ? start + .seconds(number + 6) : nil
    snapshot.sampleID = 88_123_401
    snapshot.configurationID = "sha256:c"
    snapshot.calibrationID = "sha256:f"
    snapshot.isDrill = true
    var alert = Alert(snapshot)
    alert.events = 1
    alert.resolvedBy = state == .resolved ? "ada" : nil
    return alert
}

@Suite(.timeLimit(.minutes(3)))
struct AlertStorageTests {
    @Test func `alerts, events and notices come back as they were written, and alerts are replaced`()
        async throws
    {
        let (store, _) = try await makeStore()
        var alert = makeAlert()
        var batch = makeBatch(0)
        batch.alerts = [alert]
        batch.alertEvents = [AlertEvent(alert: alert, kind: .opened, time: start)]
        batch.notices = [
            AlertNotice(number: 1, type: .alertFiring, event: .opened, snapshot: alert.snapshot)
        ]
        try await store.commit(batch)
        #expect(try await store.alerts(AlertFilter(limit: 10)) == [alert])

        let action = AlertAction(
            id: 7,
            kind: .resolve(alert.snapshot.id, .unknown),
            actor: "ada",
            note: awkward,
            requestedAt: start
        )
        alert.snapshot.state = .resolved
        alert.snapshot.verdict = .unknown
        alert.snapshot.endsAt = start + .seconds(9)
        alert.resolvedBy = "ada"
        alert.watchedScore = 87_881
        alert.events = 2
        var next = makeBatch(1)
        next.isSilent = true
        next.alerts = [alert, makeAlert(2, user: "other")]
        next.alertEvents = [AlertEvent(alert: alert, kind: .resolved, time: start, by: action)]
        next.notices = [
            AlertNotice(number: 2, type: .riskLevelChanged, event: nil, snapshot: alert.snapshot)
        ]
        try await store.commit(next)
        #expect(try await store.alerts(AlertFilter(limit: 10)) == [makeAlert(2, user: "other"), alert])
        let events = try await store.alertEvents(of: alert.snapshot.id)
        #expect(events == batch.alertEvents + next.alertEvents)
        let notices = try await store.notices(after: 0, limit: 10)
        #expect(notices.map(\.notice) == batch.notices + next.notices)
        #expect(notices.map(\.isSilent) == [false, true])
        #expect(try await store.notices(after: 1, limit: 10).count == 1)

        let unsettled = try await store.unsettledAlerts(reopenWithin: .zero)
        #expect(unsettled.alerts == [alert, makeAlert(2, user: "other")] && unsettled.nextNotice == 3)
        let counts = try await store.alertCounts()
        #expect(counts.map(\.count) == [1] && counts.first?.state == .open && counts.first?.level == .high)
    }

    @Test func `alerts are found by what they are`() async throws {
        let (store, _) = try await makeStore()
        var batch = makeBatch(0)
        batch.alerts = [makeAlert(1, user: "a"), makeAlert(2, user: "b", state: .resolved)]
        batch.alerts[1].snapshot.verdict = nil
        try await store.commit(batch)
        func numbers(_ change: (inout AlertFilter) -> Void) async throws -> [Int] {
            var filter = AlertFilter(limit: 10)
            change(&filter)
            return try await store.alerts(filter).map { batch.alerts.firstIndex(of: $0) ?? -1 }
        }
        #expect(try await numbers { _ in } == [1, 0])
        #expect(try await numbers { $0.states = [.resolved] } == [1])
        #expect(try await numbers { $0.isUnjudged = true } == [1])
        #expect(try await numbers { $0.since = start + .seconds(2) } == [1])
        #expect(try await numbers { $0.until = start + .seconds(2) } == [0])
        #expect(try await numbers { $0.subject = batch.alerts[0].snapshot.subject } == [0])
        #expect(try await numbers { $0.model = ModelID("other") } == [])
        #expect(try await numbers { $0.assignee = awkward } == [1, 0])
    }

    @Test func `actions wait until a batch applies them, in order, and name their alerts`() async throws {
        let (store, _) = try await makeStore()
        let id = makeAlert().snapshot.id
        let subject = AlertSubject.detector(DetectorID("d"), model: ModelID("m"))
        let kinds: [AlertAction.Kind] = [
            .acknowledge(id), .assign(id, to: awkward), .assign(id, to: nil), .note(id), .confirm(id),
            .resolve(id, .benign), .reopen(id), .raise(subject, .medium, detail: awkward), .clear(.outbox),
            .raise(.endpoint("e"), .high, detail: ""),
        ]
        var batch = makeBatch(0)
        // The second is the newer alert of the same subject; the third is another's.
        batch.alerts = [makeAlert(1), makeAlert(2), makeAlert(3, user: "x")]
        try await store.commit(batch)
        for kind in kinds { _ = try await store.request(kind, by: "ada", note: "n", at: start) }
        let pending = try await store.pendingActions()
        #expect(pending.map(\.action.kind) == kinds)
        #expect(pending.allSatisfy { $0.action.actor == "ada" && $0.action.requestedAt == start })
        #expect(pending.prefix(7).allSatisfy { Set($0.alerts) == Set(batch.alerts.prefix(2)) })
        #expect(pending.dropFirst(7).allSatisfy { $0.alerts.isEmpty })

        var next = makeBatch(1)
        let entity = Entity.user(UserID(awkward), model: ModelID("fashion"))
        next.appliedActions = [
            AppliedAction(
                id: pending[5].action.id,
                afterTick: Tick(9),
                intervention: .reset,
                entity: entity
            ),
            AppliedAction(id: pending[0].action.id, afterTick: nil, refusal: "it is resolved"),
        ]
        try await store.commit(next)
        #expect(try await store.pendingActions().count == kinds.count - 2)
        #expect(try await store.outcome(ofAction: pending[5].action.id) == next.appliedActions[0])
        #expect(try await store.outcome(ofAction: pending[0].action.id) == next.appliedActions[1])
        #expect(try await store.outcome(ofAction: pending[1].action.id) == nil)
        let interventions = try await store.interventions()
        #expect(interventions.map(\.intervention) == [.reset] && interventions.first?.entity == entity)
        #expect(interventions.first?.afterTick == Tick(9))
    }

    @Test func `pins are kept with tracks and samples`() async throws {
        let (store, _) = try await makeStore()
        let entity = Entity.user(UserID("a"), model: ModelID("fashion"))
        let track = StoredTrack(
            entity: entity,
            lanes: [1, 2, 3, 4],
            ledgers: [[], [], [], []],
            level: 3,
            below: 0,
            tick: 5,
            seen: 6,
            pinned: 3
        )
        let sample = Sample(
            id: 1,
            entity: entity,
            tick: Tick(5),
            queries: 1,
            score: 1,
            level: .high,
            pinned: .high,
            lane: .burst,
            lanes: [1, 2, 3, 4],
            evidence: 0,
            isDerived: false,
            contributions: []
        )
        var batch = makeBatch(0)
        batch.tracks = [track]
        batch.samples = [sample]
        try await store.commit(batch)
        #expect(try await store.tracks() == [track])
        #expect(try await store.sample(1)?.sample == sample)
    }

    @Test func `silences are kept, listed until they are over, and ended by hand once`() async throws {
        let (store, _) = try await makeStore()
        let matchers = [AlertMatcher("entity", .matches, awkward), AlertMatcher("model", .notEqual, "m")]
        let id = try await store.addSilence(
            matchers,
            from: start,
            until: start + .seconds(60),
            by: "ada",
            comment: awkward
        )
        let silence = Silence(
            id: id,
            matchers: matchers,
            startsAt: start,
            endsAt: start + .seconds(60),
            creator: "ada",
            comment: awkward
        )
        #expect(try await store.silences(notOverAt: start) == [silence])
        #expect(try await store.silences(notOverAt: start + .seconds(60)).isEmpty)
        #expect(try await store.expireSilence(id, by: "bob", at: start + .seconds(10)))
        #expect(try await !store.expireSilence(id, by: "bob", at: start + .seconds(10)))
        #expect(try await store.silences(notOverAt: start + .seconds(10)).isEmpty)
        #expect(try await store.silences(notOverAt: nil).map(\.endsAt) == [start + .seconds(10)])
    }
}
