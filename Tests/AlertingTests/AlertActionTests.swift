import Alerting
import Domain
import Testing

/// What people do with alerts (docs/alerts.md#what-people-do).
@Suite struct AlertActionTests {
    private func open(_ level: Level = .high) throws -> (Story, AlertID) {
        var story = Story()
        story.see(user("a"), level, from: .info, at: 1, score: 80_000)
        let id = try #require(story.changes().only?.snapshot.id)
        return (story, id)
    }

    @Test func `an alert is acknowledged once, by somebody, at a time`() throws {
        var (story, id) = try open()
        #expect(story.act(.acknowledge(id), at: 2, note: "looking").refusal == nil)
        let changes = story.changes()
        let event = try #require(changes.events.first)
        #expect(event.kind == .acknowledged && event.actor == "ada" && event.note == "looking")
        #expect(event.time == end(2) && event.requestedAt == end(2) + .milliseconds(7))
        #expect(changes.only?.snapshot.state == .acknowledged && changes.only?.snapshot.assignee == "ada")
        #expect(changes.types == [.alertAcknowledged])
        #expect(story.act(.acknowledge(id)).refusal == "it is acknowledged already")
        #expect(story.changes() == AlertChanges(), "what is refused leaves no trace but the refusal")
    }

    @Test func `an alert is assigned, noted and taken away again`() throws {
        var (story, id) = try open()
        _ = story.act(.assign(id, to: "bob"))
        _ = story.act(.note(id), note: "asked the owner")
        _ = story.act(.assign(id, to: nil))
        let changes = story.changes()
        #expect(changes.kinds == [.assigned, .noted, .assigned])
        #expect(changes.events.map(\.assignee) == ["bob", "bob", nil])
        #expect(changes.types == [.alertUpdated, .alertUpdated], "a note is no news")
    }

    @Test(arguments: [Verdict.benign, .test])
    func `what is no attack resets the track`(verdict: Verdict) throws {
        var (story, id) = try open()
        let outcome = story.act(.resolve(id, verdict), at: 3)
        #expect(outcome.intervention == .reset && outcome.entity == user("a"))
        let alert = try #require(story.changes().only)
        #expect(alert.snapshot.state == .resolved && alert.snapshot.verdict == verdict)
        #expect(alert.snapshot.endsAt == end(3) && alert.resolvedBy == "ada" && alert.watchedScore == nil)
        // The level change that the reset makes is no news; the next rise is a new alert.
        story.see(user("a"), .info, from: .high, at: 3, score: 0, queries: 0)
        #expect(story.changes().events.isEmpty)
        story.see(user("a"), .high, from: .info, at: 9)
        let next = story.changes()
        #expect(next.kinds == [.opened] && next.only?.snapshot.id != id)
    }

    @Test func `a confirmed attack pins the level until it is resolved`() throws {
        var (story, id) = try open()
        #expect(story.act(.confirm(id)).intervention == .pin)
        let confirmed = try #require(story.changes().only?.snapshot)
        #expect(confirmed.verdict == .attack && confirmed.isPinned && confirmed.state == .acknowledged)
        let outcome = story.act(.resolve(id, .attack), at: 5)
        #expect(outcome.intervention == .unpin && outcome.entity == user("a"))
        let resolved = try #require(story.changes().only)
        #expect(!resolved.snapshot.isPinned && resolved.watchedScore == 80_000)
    }

    @Test func `evidence that was left is watched, and alerts again when it stands as high later`() throws {
        var (story, id) = try open()
        #expect(story.act(.resolve(id, .unknown), at: 5).intervention == nil)
        _ = story.changes()
        story.see(user("a"), .high, at: 50, score: 90_000)
        #expect(story.changes().events.isEmpty, "too soon")
        story.see(user("a"), .high, at: 105, score: 79_999)
        #expect(story.changes().events.isEmpty, "it has faded")
        story.see(user("a"), .high, at: 106, score: 90_000, queries: 0)
        #expect(story.changes().events.isEmpty, "nothing was asked")
        story.see(user("a"), .high, at: 107, score: 80_000)
        let changes = story.changes()
        #expect(changes.kinds == [.opened])
        #expect(changes.alerts.count == 2 && changes.alerts[id]?.watchedScore == nil)
    }

    @Test func `evidence that fades away is not watched any more`() throws {
        var (story, id) = try open()
        _ = story.act(.resolve(id, .attack), at: 5)
        story.see(user("a"), .medium, from: .high, at: 60, score: 50_000, queries: 0)
        let changes = story.changes()
        #expect(changes.kinds == [.resolved, .ended])
        #expect(changes.types == [.alertResolved], "the end was told of")
        #expect(changes.only?.watchedScore == nil)
    }

    @Test func `a rise after a person closed the case is a new alert`() throws {
        var (story, id) = try open()
        _ = story.act(.resolve(id, .attack), at: 5)
        story.see(user("a"), .critical, from: .high, at: 6)
        let changes = story.changes()
        #expect(changes.kinds == [.resolved, .opened])
        #expect(changes.alerts.count == 2)
    }

    @Test func `a closed case is judged anew, and opened again unless a newer one is about the same`() throws
    {
        var (story, id) = try open()
        _ = story.act(.resolve(id, .unknown), at: 5)
        _ = story.changes()
        #expect(story.act(.resolve(id, .attack)).intervention == nil)
        var changes = story.changes()
        #expect(changes.kinds == [.judged] && changes.types.isEmpty)
        #expect(changes.only?.snapshot.verdict == .attack && changes.only?.watchedScore == 80_000)
        #expect(story.act(.resolve(id, .benign)).intervention == .reset)
        #expect(story.act(.reopen(id)).refusal == nil)
        changes = story.changes()
        #expect(changes.kinds == [.judged, .reopened] && changes.types == [.alertFiring])
        #expect(changes.only?.snapshot.isFiring == true && changes.only?.snapshot.verdict == nil)
        #expect(story.act(.reopen(id)).refusal == "it is not resolved")

        _ = story.act(.resolve(id, .test))
        story.see(user("a"), .high, from: .info, at: 9)
        let newer = try #require(story.changes().alerts.keys.max())
        #expect(story.act(.reopen(id)).refusal == "the newer alert \(newer) is about the same")
    }

    @Test func `an old alert is found by what is stored`() throws {
        var (old, id) = try open()
        _ = old.act(.resolve(id, .unknown), at: 2)
        let stored = try #require(old.changes().only)
        var story = Story()
        #expect(story.act(.note(id)).refusal == "there is no such alert")
        #expect(story.act(.note(id), note: "x", stored: [stored]).refusal == nil)
        #expect(story.changes().events.first?.number == 3)
    }

    @Test func `what cannot be done is refused in words`() throws {
        var (story, id) = try open()
        _ = story.act(.resolve(id, .unknown))
        #expect(story.act(.acknowledge(id)).refusal == "it is resolved")
        #expect(story.act(.confirm(id)).refusal == "it is resolved: reopen it first")
        #expect(story.act(.clear(.outbox)).refusal == "nothing is open")
        _ = story.act(.raise(.outbox, .critical, detail: "full"))
        let works = try #require(story.changes().alerts.values.first { $0.snapshot.subject == .outbox })
        #expect(story.act(.confirm(works.snapshot.id)).refusal == "it is no matter of risk")
    }

    @Test func `riskd's own works alert, say more, and are cleared`() throws {
        var story = Story()
        let subject = AlertSubject.detector(DetectorID("opinion.a"), model: model)
        _ = story.act(.raise(subject, .medium, detail: "silent"), by: "riskd")
        _ = story.act(.raise(subject, .medium, detail: "silent"), by: "riskd")
        _ = story.act(.raise(subject, .medium, detail: "still silent"), by: "riskd")
        _ = story.act(.clear(subject), at: 3, by: "riskd")
        let changes = story.changes()
        #expect(changes.kinds == [.opened, .noted, .resolved])
        #expect(changes.types == [.detectorDegraded, .detectorRecovered])
        let alert = try #require(changes.only?.snapshot)
        #expect(alert.detail == "still silent" && alert.score == nil && alert.techniques.isEmpty)
        #expect(alert.dedupKey == "riskd/detector/opinion.a/model/fashion")
        // Soon after it is the same one.
        _ = story.act(.raise(subject, .medium, detail: "silent"), at: 50)
        #expect(story.changes().only?.snapshot.id == alert.id)
    }
}
