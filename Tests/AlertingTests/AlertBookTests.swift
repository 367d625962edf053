import Alerting
import Domain
import Testing

/// How alerts come and go by themselves.
@Suite struct AlertBookTests {
    @Test func `an alert opens at the least level, follows the level, and resolves below it`() throws {
        var story = Story()
        story.see(user("a"), .medium, from: .low, at: 1)
        #expect(story.changes() == AlertChanges())
        story.see(user("a"), .high, from: .medium, at: 2, score: 71_000)
        var changes = story.changes()
        #expect(changes.kinds == [.opened])
        #expect(changes.types == [.alertFiring])
        let opened = try #require(changes.only?.snapshot)
        #expect(opened.dedupKey == "riskd/user/a/model/fashion/high")
        #expect(opened.startsAt == end(2) && opened.isFiring)
        #expect((opened.level, opened.previousLevel) == (.high, .medium))
        #expect(opened.score == 71_000 && opened.sampleID == 2 && opened.evidence == 30 << 20)
        #expect(opened.configurationID == "sha256:c" && opened.calibrationID == "sha256:f")
        #expect(opened.impactWeight == 1500 && opened.falseAlarmBound?.perMillionQueries == 3)
        #expect(opened.techniques == ["AML.T0043.001", "AML.T0042", "AML.T0040"])

        // Without a change only what it says of the score follows.
        story.see(user("a"), .high, at: 3, score: 80_000)
        changes = story.changes()
        #expect(changes.events.isEmpty && changes.notices.isEmpty)
        #expect(changes.only?.snapshot.score == 80_000)

        story.see(user("a"), .critical, from: .high, at: 4)
        story.see(user("a"), .high, from: .critical, at: 20)
        changes = story.changes()
        #expect(changes.kinds == [.escalated, .lowered])
        let lowered = try #require(changes.only?.snapshot)
        #expect(lowered.dedupKey == opened.dedupKey, "escalations go on under the same key")
        #expect((lowered.level, lowered.peakLevel) == (.high, .critical))

        story.see(user("a"), .medium, from: .high, at: 40, score: 50_000, queries: 0)
        changes = story.changes()
        #expect(changes.kinds == [.resolved])
        #expect(changes.types == [.alertResolved])
        let resolved = try #require(changes.only)
        #expect(resolved.snapshot.state == .resolved && resolved.snapshot.endsAt == end(40))
        #expect(resolved.isResolvedByItself && resolved.snapshot.verdict == nil && resolved.events == 4)
        #expect(resolved.snapshot.id == opened.id)
    }

    @Test(arguments: [(gap: 100, isReopened: true), (101, false)])
    func `a level that comes back soon reopens the alert, later it opens another`(
        gap: Int64,
        isReopened: Bool
    ) throws {
        var story = Story()
        story.see(user("a"), .high, from: .info, at: 1)
        story.see(user("a"), .medium, from: .high, at: 50)
        let first = try #require(story.changes().only?.snapshot)
        story.see(user("a"), .critical, from: .medium, at: 50 + gap)
        let changes = story.changes()
        let second = try #require(changes.only?.snapshot)
        #expect(changes.kinds == [isReopened ? .reopened : .opened])
        #expect(changes.types == [.alertFiring])
        #expect((second.id == first.id) == isReopened)
        #expect((second.dedupKey == first.dedupKey) == isReopened)
        #expect(second.isFiring && second.state == .open && second.level == .critical)
        #expect(changes.events.first?.number == (isReopened ? 3 : 1))
    }

    @Test func `the same ticks give the same ids, whatever was known before`() {
        func run(_ split: Bool) -> AlertChanges {
            var story = Story()
            var all = AlertChanges()
            for tick in Int64(1)...4 {
                story.see(
                    user("a"),
                    tick % 2 == 1 ? .high : .low,
                    from: tick % 2 == 1 ? .low : .high,
                    at: tick
                )
                story.see(.model(model), .high, from: .info, at: tick)
                if split { all.append(story.changes()) }
            }
            all.append(story.changes())
            return all
        }
        #expect(run(true) == run(false))
        #expect(Set(run(true).events.map(\.alert)).count == 2)
    }

    @Test func `a book that was put away goes on as if it had not been`() throws {
        var straight = Story()
        var first = Story()
        for tick in [Int64(1), 2] {
            straight.see(user("a"), [.high, .medium][Int(tick) - 1], from: .info, at: tick)
            first.see(user("a"), [.high, .medium][Int(tick) - 1], from: .info, at: tick)
        }
        let kept = first.changes()
        _ = straight.changes()
        var second = Story(alerts: Array(kept.alerts.values))
        // The numbers of samples and notices go on where they were.
        for story in 0..<2 {
            if story == 0 { straight.see(user("a"), .high, from: .medium, at: 9) }
            if story == 1 { second.see(user("a"), .high, from: .medium, at: 9) }
        }
        let (expected, found) = (straight.changes(), second.changes())
        #expect(found.kinds == [.reopened])
        #expect(found.kinds == expected.kinds)
        #expect(found.only?.snapshot.id == expected.only?.snapshot.id)
        #expect(found.only?.events == expected.only?.events)
    }

    @Test func `a roll-up speaks for what its members' alerts speak for, and has no bound`() throws {
        var story = Story()
        story.see(
            user("a"),
            .high,
            from: .info,
            at: 1,
            contributions: [Contribution(name: "opinion.encoder", milliPoints: 75_000)]
        )
        story.see(
            .model(model),
            .high,
            from: .info,
            at: 1,
            isDerived: true,
            contributions: [Contribution(name: user("a").description, milliPoints: 75_000)]
        )
        let alerts = story.changes().alerts.values
        let rollUp = try #require(alerts.first { $0.snapshot.subject == .entity(.model(model)) }?.snapshot)
        #expect(rollUp.techniques == ["AML.T0043.002", "AML.T0043.003", "AML.T0043.000"])
        #expect(rollUp.falseAlarmBound == nil && rollUp.lane == nil)
    }

    @Test func `level changes that do not alert are told where somebody wants them`() {
        var story = Story(AlertPolicy(minimumLevel: .critical, tellsLevelChanges: true))
        story.see(user("a"), .low, from: .info, at: 1)
        let changes = story.changes()
        #expect(changes.types == [.riskLevelChanged] && changes.events.isEmpty && changes.alerts.isEmpty)
        #expect(changes.notices.first?.snapshot.level == .low)
    }

    @Test func `a suspect calibration alerts on its model, before the samples of its tick`() throws {
        let changes = [
            health(.suspect, at: 2, exceeding: 5), health(.suspect, at: 4, exceeding: 9),
            health(.valid, at: 6, exceeding: 0),
        ]
        var story = Story()
        story.book.take([], [], Array(changes[..<1]))
        var told = story.changes()
        let opened = try #require(told.only?.snapshot)
        #expect(told.kinds == [.opened] && told.types == [.calibrationSuspect])
        #expect(opened.subject == .calibration(model) && opened.level == .high)
        #expect(opened.startsAt == end(2))
        #expect(opened.detail == "5 of 20 active users exceed rung 1 more often than calibrated")

        // More of it is written down, nobody is told again; what ends it is told.
        story.book.take([], [], Array(changes[1...]))
        told = story.changes()
        #expect(told.kinds == [.noted, .resolved] && told.types == [.alertResolved])
        #expect(told.only?.snapshot.endsAt == end(6))
    }

    @Test func `alerts of users and of calibrations come in one order, however ticks are split`() {
        let health = [health(.suspect, at: 2, exceeding: 5)]
        let levels: [Level] = [.info, .high, .critical, .critical]
        let samples = (1...3).map { tick in
            Sample(
                id: Int64(tick),
                entity: user("a"),
                tick: Tick(Int64(tick)),
                queries: 1,
                score: 75_000,
                level: levels[tick],
                lane: .burst,
                lanes: [1, 2, 3, 4],
                evidence: 30 << 20,
                isDerived: false,
                contributions: []
            )
        }
        let changes = (1...2).map { tick in
            LevelChange(
                sample: Int64(tick),
                entity: user("a"),
                tick: Tick(Int64(tick)),
                from: levels[tick - 1],
                to: levels[tick]
            )
        }
        var whole = Story().book
        var split = whole
        whole.take(samples, changes, health)
        split.take(Array(samples[..<1]), Array(changes[..<1]))
        split.take(Array(samples[1...]), Array(changes[1...]), health)
        let told = whole.takeChanges()
        #expect(told.types == [.alertFiring, .calibrationSuspect, .alertUpdated])
        #expect(split.takeChanges() == told)
    }

    @Test
    func `blindness alerts, says more, and is over, after the samples of its tick however ticks are split`()
        throws
    {
        func change(_ subject: AlertSubject, _ isRaised: Bool, _ detail: String, after tick: Int64?)
            -> WorksChange
        {
            WorksChange(
                subject,
                isRaised: isRaised,
                level: .high,
                detail: detail,
                time: tick.map { end($0) } ?? Timestamp(milliseconds: 0),
                key: detail,
                afterTick: tick.map { Tick($0) }
            )
        }
        let source = AlertSubject.source("/log/a")
        let opinion = AlertSubject.detector(DetectorID("opinion.a"), model: model)
        let works = [
            change(source, true, "first", after: nil), change(opinion, true, "none formed", after: 2),
            change(source, true, "more", after: 2), change(source, false, "over", after: 3),
            change(opinion, false, "formed", after: 4),
        ]
        let samples = (1...3).map { tick in
            Sample(
                id: Int64(tick),
                entity: user("a"),
                tick: Tick(Int64(tick)),
                queries: 1,
                score: 75_000,
                level: .high,
                lane: .burst,
                lanes: [1, 2, 3, 4],
                evidence: 30 << 20,
                isDerived: false,
                contributions: []
            )
        }
        let levels = [LevelChange(sample: 2, entity: user("a"), tick: Tick(2), from: .info, to: .high)]
        var whole = Story().book
        whole.take(samples, levels, [health(.suspect, at: 3, exceeding: 5)], works)
        let told = whole.takeChanges()
        #expect(
            told.types == [
                .ingestBlind, .alertFiring, .detectorDegraded, .calibrationSuspect, .ingestRecovered,
                .detectorRecovered,
            ]
        )
        #expect(
            told.kinds == [.opened, .opened, .opened, .noted, .opened, .resolved, .resolved]
        )
        let last = try #require(told.alerts.values.first { $0.snapshot.subject == source }).snapshot
        #expect(last.state == .resolved && last.detail == "over" && last.endsAt == end(3))
        for place in 0...works.count {
            var split = Story().book
            let tick = place == 0 ? 0 : place < 4 ? [0, 1, 2, 2][place] : 3
            split.take(
                Array(samples[..<tick]),
                tick >= 2 ? levels : [],
                tick >= 3 ? [health(.suspect, at: 3, exceeding: 5)] : [],
                Array(works[..<place])
            )
            split.take(
                Array(samples[tick...]),
                tick >= 2 ? [] : levels,
                tick >= 3 ? [] : [health(.suspect, at: 3, exceeding: 5)],
                Array(works[place...])
            )
            #expect(split.takeChanges() == told, "\(place)")
        }
    }

    private func health(
        _ health: CalibrationHealth,
        at tick: Int64,
        exceeding: Int
    ) -> CalibrationHealthChange {
        CalibrationHealthChange(
            model: model,
            tick: Tick(tick),
            health: health,
            cause: health == .suspect ? .traffic : .none,
            active: 20,
            exceeding: exceeding
        )
    }
}
