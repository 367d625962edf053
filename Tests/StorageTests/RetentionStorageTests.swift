import Domain
import PostgresClient
import RiskdTesting
import Testing

@testable import Storage

@Suite(.timeLimit(.minutes(3)))
struct RetentionStorageTests {
    private func batch(_ expected: Int64, _ sequence: Int64, at time: Timestamp) -> CommitBatch {
        var batch = makeBatch(expected, [makeObservation(sequence, time: time)])
        batch.received = start + .seconds(90 * 86_400)
        return batch
    }

    private func delete(_ store: Store, before: Timestamp, base: ScoreBase? = nil) async throws -> [Deletion]
    {
        try await store.deleteDays(
            of: [.observation],
            before: before,
            base: base,
            rule: "retention.observations",
            at: start + .seconds(90 * 86_400)
        )
    }

    @Test func `a writer finds a place for a day that somebody else has deleted`() async throws {
        let (store, connection) = try await makeStore()
        let other = try await Store.connect(connection)
        try await store.commit(batch(0, 1, at: start))
        try await store.commit(batch(1, 2, at: start + .seconds(3 * 86_400)))
        #expect(try await other.days(of: .deadLetter) == nil)
        let days = try #require(try await other.days(of: .observation))
        let day = days.lowerBound
        #expect(days.upperBound == day + .seconds(4 * 86_400))
        #expect(day <= start && start < day + .seconds(86_400))
        let deleted = try await delete(other, before: day + .seconds(86_400))
        #expect(deleted == [Deletion(dataset: "observation", before: day + .seconds(86_400), rows: 1)])
        #expect(try await other.days(of: .observation)?.lowerBound == day + .seconds(3 * 86_400))
        #expect(try await delete(other, before: day + .seconds(86_400)).isEmpty)
        // A late record of that day.
        try await store.commit(batch(2, 3, at: start))
        #expect(try await other.days(of: .observation)?.lowerBound == day)
        await other.close()
        await store.close()
    }

    @Test func `alerts go when they are over, and what is still needed stays`() async throws {
        let (store, connection) = try await makeStore()
        // 1 is over, 2 goes on, 3 is over and to be told of, 4 and 5 are of an endpoint; all but the last of long ago.
        var batch = makeBatch(0)
        batch.alerts = (1...3).map { makeAlert($0, user: "user-\($0)", state: $0 == 2 ? .open : .resolved) }
        for number in 4...5 {
            var alert = makeAlert(number, state: .resolved)
            alert.snapshot.subject = .endpoint("soc")
            batch.alerts.append(alert)
        }
        batch.alertEvents = batch.alerts.map { AlertEvent(alert: $0, kind: .opened, time: start) }
        batch.notices = batch.alerts.enumerated().map { number, alert in
            AlertNotice(
                number: Int64(number + 1),
                type: .alertFiring,
                event: .opened,
                snapshot: alert.snapshot
            )
        }
        try await store.commit(batch)
        let ids = batch.alerts.map(\.snapshot.id.description)
        let session = try await makeSession(connection)
        let old = "'2026-03-02'"
        try await session.execute(
            unsafeSQL: """
                insert into alert_group values ('soc', 'k', '{}', '{}', array['\(ids[2])'], now(), null, null, '{}', '{}');
                update router set last_notice = 4;
                insert into action (kind, alert_id, actor, note, requested) values
                    ('note', '\(ids[0])', 'ada', '', \(old)), ('note', '\(ids[1])', 'ada', '', \(old)),
                    ('resolve', '\(ids[0])', 'ada', '', \(old)), ('confirm', '\(ids[0])', 'ada', '', \(old)),
                    ('note', '\(ids[0])', 'ada', 'waits', \(old));
                insert into action_applied (action_id, batch, place, after_tick, intervention, entity_kind, model, entity_name)
                    select id, 1, id, 100, case id when 3 then 'reset' when 4 then 'pin' end, 'user', 'fashion', 'user-1'
                    from action where id < 5;
                update action_applied set after_tick = 99 where action_id = 3;
                insert into score_base values (true, 99, 1, now());
                insert into outbox (message_id, endpoint, dedup_key, type, level, created, state, due, attempts, message) values
                    ('m1', 'soc', 'k', 't', 3, \(old), 'delivered', now(), 1, '{}'),
                    ('m2', 'soc', 'k', 't', 3, \(old), 'pending', now(), 1, '{}'),
                    ('m3', 'soc', 'k', 't', 3, now(), 'delivered', now(), 1, '{}');
                insert into delivery_attempt (endpoint, message_id, number, started, duration_ms, outcome, detail)
                    select 'soc', message_id, 1, \(old), 3, 'delivered', '' from outbox;
                insert into silence (labels, comparisons, patterns, starts, ends, creator, comment) values
                    ('{model}', '{=}', '{a}', \(old), \(old), 'ada', 'x'), ('{model}', '{=}', '{a}', \(old), now(), 'ada', 'x');
                insert into read_ledger (time, actor, observation, what, reason, address) values
                    (\(old), 'ada', 1, 'image', 'x', ''), (now(), 'ada', 2, 'image', 'x', '');
                insert into audit_entry (time, actor, what, object, detail) values
                    (\(old), 'ada', 'x', '', ''), (now(), 'ada', 'x', '', '');
                """
        )
        let before = start + .seconds(10 * 86_400)
        #expect(try await store.oldestOfAlerts().map { $0 < before } == true)
        let hold = try await store.addLegalHold("case 7", by: "olga", at: start + .seconds(20 * 86_400))
        #expect(try await store.deleteAlerts(before: before, rule: "retention.alerts", at: before).isEmpty)
        _ = try await store.releaseLegalHold(hold, by: "olga", at: start + .seconds(20 * 86_400))
        let deleted = try await store.deleteAlerts(before: before, rule: "retention.alerts", at: before)
        // Alert 4 is the older one of its endpoint.
        #expect(
            deleted.map { "\($0.dataset) \($0.rows)" } == [
                "alert_event 2", "alert 2", "action 2", "alert_notice 2", "outbox 1", "delivery_attempt 1",
                "silence 1", "read_ledger 1", "audit_entry 1",
            ]
        )
        func kept(_ query: String) async throws -> [String] {
            try await session.query(PostgresQuery(unsafeSQL: query)).map { try $0.only(String.self) }
        }
        #expect(try await kept("select id from alert order by id") == [ids[1], ids[2], ids[4]])
        #expect(try await kept("select id::text from action order by id") == ["2", "4", "5"])
        #expect(try await kept("select number::text from alert_notice order by number") == ["2", "3", "5"])
        #expect(try await kept("select message_id from delivery_attempt order by id") == ["m2", "m3"])
        let written = try await kept(
            "select dataset || ' ' || rows || ' ' || rule from deletion order by number"
        )
        #expect(written.count == 9 && written.first == "alert_event 2 retention.alerts")
        #expect(try await store.unsettledAlerts(reopenWithin: .zero).nextNotice == 6)
        #expect(try await store.deleteAlerts(before: before, rule: "retention.alerts", at: before).isEmpty)
        await store.close()
    }

    @Test func `a hold keeps everything, and a base is what it was`() async throws {
        let (store, _) = try await makeStore()
        try await store.commit(batch(0, 1, at: start))
        let end = start + .seconds(30 * 86_400)
        let first = try await store.addLegalHold("case 7", by: "olga", at: start)
        let second = try await store.addLegalHold("case 8", by: "olga", at: start)
        #expect(try await store.legalHolds().map(\.reason) == ["case 7", "case 8"])
        #expect(try await delete(store, before: end).isEmpty)
        #expect(try await store.releaseLegalHold(first, by: "olga", at: start))
        #expect(try await !store.releaseLegalHold(first, by: "olga", at: start))
        #expect(try await delete(store, before: end).isEmpty)
        #expect(try await store.releaseLegalHold(second, by: "olga", at: start))
        #expect(try await store.scoreBase() == nil)
        let track = StoredTrack(
            entity: .user(UserID(awkward), model: ModelID("fashion")),
            lanes: [1, 2, 3, 4],
            ledgers: [[.init(name: "a", value: 7)], [], [], []],
            level: 3,
            below: 2,
            tick: 41,
            seen: 40,
            pinned: 3
        )
        for tick in [41 as Int64, 42] {
            let base = ScoreBase(tick: Tick(tick), nextSampleID: 9, tracks: [track])
            _ = try await delete(store, before: end, base: base)
            #expect(try await store.scoreBase() == base)
        }
        await store.close()
    }
}
