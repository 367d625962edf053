import Domain
@testable import Runtime
import Storage
import Testing

@testable import Pipeline

extension CommitBatch {
    /// A batch without rows, received at the epoch.
    fileprivate static var empty: CommitBatch {
        CommitBatch(
            expectedBatch: 0,
            sequence: 0,
            watermark: nil,
            lastClosedTick: nil,
            nextSampleID: 1,
            configurationID: "",
            received: Timestamp(milliseconds: 0)
        )
    }
}

/// A wall clock that jumps closes nothing that has not passed.
@Suite struct SteadyClockTests {
    private func at(_ seconds: Int64) -> Timestamp { Timestamp(milliseconds: seconds * 1000) }

    private func clock() -> SteadyClock { SteadyClock(wall: at(1000), instant: .seconds(50)) }

    @Test func `follows a clock that is adjusted a little`() {
        var clock = clock()
        for second in 1...600 {
            // A hundredth too fast, then as much too slow.
            let wall = Timestamp(
                milliseconds: Int64(1_000_000 + second * 1000 + (second < 300 ? second : 600 - second) * 10)
            )
            let reading = clock.read(wall: wall, instant: .seconds(50 + second), reached: nil)
            #expect(reading == .init(wall: wall, steady: wall, step: nil))
        }
    }

    @Test(arguments: [3600, 315_360_000] as [Int64])
    func `does not follow a jump ahead, and tells of it once`(jump: Int64) {
        var clock = clock()
        #expect(clock.read(wall: at(1001), instant: .seconds(51), reached: nil).step == nil)
        var steps: [Duration] = []
        for second in 2...9 {
            let reading = clock.read(
                wall: at(1000 + Int64(second) + jump),
                instant: .seconds(50 + second),
                reached: nil
            )
            #expect(reading.steady == at(1000 + Int64(second)))
            if let step = reading.step { steps.append(step) }
        }
        #expect(steps == [.seconds(jump)])
        let back = clock.read(wall: at(1010), instant: .seconds(60), reached: nil)
        #expect(back == .init(wall: at(1010), steady: at(1010), step: nil))
    }

    @Test func `follows a jump ahead that lasts as far as records confirm it`() {
        var clock = clock()
        _ = clock.read(wall: at(4600), instant: .seconds(50), reached: at(999))
        // Confirmed at once, but not for long: the callers' host may have the same clock.
        #expect(clock.read(wall: at(4610), instant: .seconds(60), reached: at(4605)).steady == at(1010))
        #expect(clock.read(wall: at(4659), instant: .seconds(109), reached: at(4650)).steady == at(1059))
        #expect(clock.read(wall: at(4661), instant: .seconds(111), reached: at(1060)).steady == at(1061))
        #expect(clock.read(wall: at(4662), instant: .seconds(112), reached: at(4650)).steady == at(4650))
        // From there it goes on; what is left is another jump.
        #expect(clock.read(wall: at(4663), instant: .seconds(113), reached: at(4650)).steady == at(4651))
        #expect(clock.read(wall: at(4730), instant: .seconds(180), reached: at(4729)).steady == at(4729))
        #expect(clock.read(wall: at(4731), instant: .seconds(181), reached: at(4729)).steady == at(4731))
    }

    @Test func `is never ahead of a clock that steps back, and tells of it`() {
        var clock = clock()
        let reading = clock.read(wall: at(400), instant: .seconds(51), reached: at(1000))
        #expect(reading == .init(wall: at(400), steady: at(400), step: .seconds(-601)))
        #expect(clock.read(wall: at(401), instant: .seconds(52), reached: at(1000)).step == nil)
    }

    @Test func `what waits and expires goes by the time that has passed, whatever the wall clock says`() {
        let wall = Locked<Timestamp>(at(1000))
        let instant = Locked<Duration>(.seconds(50))
        let clock = WatchedClock(Clocks(wall: { wall.withLock { $0 } }, instant: { instant.withLock { $0 } }))
        func pass(_ seconds: Int64, jump: Int64 = 0) {
            instant.withLock { $0 += .seconds(seconds) }
            wall.withLock { $0 = $0 + .seconds(seconds + jump) }
        }
        #expect(clock.now == at(1000))
        pass(10)
        #expect(clock.now == at(1010))
        // Ten years ahead for as long as one likes: nobody confirms it.
        pass(5, jump: 315_360_000)
        #expect(clock.now == at(1015))
        // The pipeline still hears of the jump, although others have looked before it.
        #expect(clock.read(reached: at(1014)).step == .seconds(315_360_000))
        pass(3600)
        #expect(clock.now == at(4615))
        pass(5, jump: -315_360_000)
        #expect(clock.now == at(4620))
        // An hour ahead that records of several callers confirm.
        pass(1, jump: 3600)
        #expect(clock.read(reached: at(4620)).step == .seconds(3600))
        #expect(clock.now == at(4621))
        pass(61)
        _ = clock.read(reached: at(8282))
        #expect(clock.now == at(8282))
        // Back is followed at once.
        pass(1, jump: -3600)
        #expect(clock.now == at(4683))
    }

    @Test func `a tick that the clock would not close is closed when it has been open as long as any other`()
    {
        var overrun = Overrun()
        func look(_ isAhead: Bool, _ second: Int) -> (isNew: Bool, isDue: Bool) {
            overrun.look(isAhead, at: .seconds(second), pause: .seconds(3))
        }
        #expect(look(false, 0) == (false, false))
        #expect(look(true, 1) == (true, false))
        #expect(look(true, 3) == (false, false))
        #expect(look(true, 4) == (false, true))
        #expect(look(true, 6) == (false, false))
        #expect(look(true, 7) == (false, true))
        #expect(look(false, 8) == (false, false))
        #expect(look(true, 9) == (true, false))
    }

    @Test func `files with many late, early or refused records are told of, and told of again when they fit`()
        throws
    {
        let lines = Locked<[String]>([])
        let metrics = Metrics()
        _ = PipelineMetrics(metrics)
        let watch = SourceWatch(
            log: Log(sink: { line in lines.withLock { $0.append(line) } }),
            service: ServiceBoard(metrics)
        )
        func add(_ parts: [String: Punctuality]) {
            var batch = ScoredBatch(.empty, bytesRead: 0)
            batch.punctuality = parts
            watch.add(batch)
        }
        add(["a.log": Punctuality(records: 19, late: 19)])
        #expect(lines.withLock { $0 }.isEmpty)
        add([
            "a.log": Punctuality(records: 381, late: 2),
            "b.log": Punctuality(records: 500, ahead: 20, lead: .seconds(9)),
        ])
        #expect(metrics.value("riskd_sources_untimely", ["kind": "late"]) == 1)
        #expect(metrics.value("riskd_sources_untimely", ["kind": "ahead"]) == 0)
        add(["b.log": Punctuality(records: 100, ahead: 50, lead: .seconds(570))])
        #expect(metrics.value("riskd_sources_untimely", ["kind": "ahead"]) == 1)
        let told = lines.withLock { $0 }
        #expect(
            told.count == 2 && told[0].contains("path=a.log") && told[1].contains("furthest_ahead=\"570 s\"")
        )
        for _ in 0..<3 { add(["a.log": Punctuality(records: 500)]) }
        #expect(metrics.value("riskd_sources_untimely", ["kind": "late"]) == 0)
        #expect(lines.withLock { $0.last }?.contains("fit again") == true)
        var batch = ScoredBatch(.empty, bytesRead: 0)
        batch.future = (0..<20).map { _ in FutureRecord(path: "c.log", time: at(900)) }
        watch.add(batch)
        #expect(metrics.value("riskd_sources_untimely", ["kind": "refused"]) == 1)
        #expect(metrics.value("riskd_time_lead_seconds") == 900)
        #expect(lines.withLock { $0.last }?.contains("time_in_future") == true)
    }
}
