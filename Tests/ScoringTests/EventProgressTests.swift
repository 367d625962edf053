import Domain
import Testing

@testable import Scoring

/// Event time that no single caller controls.
@Suite struct EventProgressTests {
    private typealias Read = SlowProgress.Read
    private static let lateness = Duration.seconds(2)

    private func at(_ seconds: Double) -> Timestamp { Timestamp(milliseconds: Int64(seconds * 1000)) }

    private func read(_ seconds: Double, _ user: String, _ source: String = "a") -> Read {
        Read(time: at(seconds), user: UserID(user), source: source, wall: nil)
    }

    private func place(_ reads: [Read], in progress: inout EventProgress, after sequence: Int64 = 0)
        -> [EventProgress.Place]
    {
        reads.enumerated().map { index, read in
            progress.place(
                read.time,
                of: read.user,
                from: read.source,
                sequence: sequence + Int64(index) + 1,
                wall: read.wall
            )
        }
    }

    /// Records of some callers and sources, among them clocks that are fast, slow or out of order, quiet hours and runs of one caller.
    private func randomReads(_ generator: inout SeededGenerator, isLive: Bool) -> [Read] {
        let callers = generator.integer(1...25)
        let sources = generator.integer(1...4)
        let fast = generator.integer(0...2)
        var time = 1_000_000
        var now = time
        return (0..<generator.integer(1...300)).map { index in
            time += generator.chance(0.01) ? generator.integer(0...4_000_000) : generator.integer(0...9000)
            let caller = generator.chance(0.3) ? 0 : generator.integer(0...callers)
            let shift =
                caller < fast
                ? generator.integer(0...900_000) : generator.chance(0.1) ? -generator.integer(0...60_000) : 0
            now = max(now, time) + generator.integer(0...100)
            let wall = EventProgress.Wall(
                now: Timestamp(milliseconds: Int64(now)),
                steady: Timestamp(
                    milliseconds: Int64(now - (generator.chance(0.1) ? generator.integer(0...100_000) : 0))
                )
            )
            return Read(
                time: Timestamp(milliseconds: Int64(time + shift)),
                user: UserID("u\(caller)"),
                // For a hundred records at a time all but one are quiet.
                source: "s\(index / 100 % 2 == 1 ? 1 : generator.integer(1...sources))",
                wall: isLive ? wall : nil
            )
        }
    }

    @Test(arguments: [false, true]) func `is what the slow reference computes from all records`(isLive: Bool)
    {
        var generator = SeededGenerator(seed: isLive ? 1 : 2)
        var flagged = 0
        for _ in 0..<20 {
            let reads = randomReads(&generator, isLive: isLive)
            var progress = EventProgress(lateness: Self.lateness)
            var slow = SlowProgress(lateness: Self.lateness)
            let places = place(reads, in: &progress)
            #expect(places == reads.map { slow.place($0) })
            flagged += places.count(where: \.isAhead)
        }
        #expect(flagged > 20)
    }

    @Test func `with more sources than records in each it is what the slow reference computes`() {
        var generator = SeededGenerator(seed: 5)
        var forgotten = 0
        for round in 0..<8 {
            var time = 1_000_000
            let span = generator.integer(60...200)
            let reads = (0..<200).map { index in
                time += generator.integer(0...3000)
                let shift = generator.chance(0.1) ? generator.integer(-200_000...600_000) : 0
                return Read(
                    time: Timestamp(milliseconds: Int64(time + shift)),
                    user: UserID("u\(generator.integer(0...9))"),
                    // Files of some records each, one after the other, of which some go on for long.
                    source: generator.chance(0.1) ? "s\(generator.integer(0...5))" : "f\(index * 60 / span)",
                    wall: round % 2 == 0
                        ? .init(
                            now: Timestamp(milliseconds: Int64(time)),
                            steady: Timestamp(milliseconds: Int64(time))
                        ) : nil
                )
            }
            var progress = EventProgress(lateness: Self.lateness)
            var slow = SlowProgress(lateness: Self.lateness)
            #expect(place(reads, in: &progress) == reads.map { slow.place($0) })
            forgotten += progress.takeChanges().forgotten.count
        }
        #expect(forgotten > 20)
    }

    /// 50,000 files in a folder made this the slowest part of all.
    @Test func `a record takes about as many steps whether there are a thousand sources or four thousand`() {
        func steps(_ sources: Int) -> Double {
            var progress = EventProgress(lateness: Self.lateness)
            // Three records a source, of callers of its own, all sources side by side.
            for index in 0..<3 * sources {
                _ = progress.place(
                    at(Double(index) / 1000),
                    of: UserID("u\(index)"),
                    from: "s\(index % sources)",
                    sequence: Int64(index) + 1
                )
            }
            return Double(progress.steps) / Double(3 * sources)
        }
        let (few, many) = (steps(1000), steps(4000))
        #expect(few > 1 && many < 1.5 * few, "\(few) and \(many) steps a record")
    }

    @Test func `a source that others leave behind is idle, and begins anew`() {
        var generator = SeededGenerator(seed: 3)
        var reads = (0..<300).map {
            read(Double($0), "u\(generator.integer(1...5))", $0 % 2 == 0 ? "b" : "a")
        }
        reads += (300..<9000).map { read(Double($0), "u\(generator.integer(1...5))") }
        reads += [read(50, "u1", "b"), read(51, "u2", "b"), read(52, "u3", "b"), read(53, "u3", "b")]
        var progress = EventProgress(lateness: Self.lateness)
        let places = place(Array(reads[..<360]), in: &progress)
        #expect(places.last?.watermark.map { $0 > at(260) && $0 < at(300) } == true)
        #expect(progress.takeChanges().forgotten.isEmpty)
        // Its newest record is the 299th; it is looked for at every 16th, and has to be a minute behind.
        let later = place(Array(reads[360..<400]), in: &progress, after: 360)
        #expect(later.last?.watermark.map { $0 > at(370) } == true)
        #expect(progress.takeChanges().forgotten == ["b"])
        _ = place(Array(reads[400...]), in: &progress, after: 400)
        #expect(progress.takeChanges().changed.map(\.records).sorted() == [4, 8850])
        #expect(progress.reached == at(51) && progress.watermark.map { $0 > at(8980) } == true)
    }

    @Test func `is the same wherever a run is cut and goes on from what is stored`() throws {
        var generator = SeededGenerator(seed: 4)
        for round in 0..<20 {
            let reads = randomReads(&generator, isLive: round % 2 == 0)
            var whole = EventProgress(lateness: Self.lateness)
            let expected = place(reads, in: &whole)
            var stored: [String: SourceProgress] = [:]
            var places: [EventProgress.Place] = []
            while places.count < reads.count {
                let done = places.count
                var part = EventProgress(
                    lateness: Self.lateness,
                    watermark: places.last?.watermark,
                    sources: Array(stored.values),
                    sequence: Int64(done)
                )
                let count = min(generator.integer(1...50), reads.count - done)
                places += place(Array(reads[done..<done + count]), in: &part, after: Int64(done))
                let changes = part.takeChanges()
                for source in changes.changed { stored[source.source] = source }
                for source in changes.forgotten { stored[source] = nil }
            }
            #expect(places == expected)
        }
    }

    @Test(
        arguments: [(570.0, 540.0), (300, 300), (120, 120), (60, 60), (570, 60), (3600, 30)],
        [false, true]
    )
    func `strangers whose clocks are fast move nothing`(
        pattern: (ahead: Double, every: Double),
        areMany: Bool
    ) {
        // Ten callers, a record every four seconds, for an hour.
        var reads: [Read] = []
        var next = 100.0
        for second in stride(from: 0.0, to: 3600, by: 4) {
            if second >= next {
                reads.append(read(second + pattern.ahead, areMany ? "stranger \(second)" : "stranger"))
                next += pattern.every
            }
            reads.append(read(second, "u\(Int(second) / 4 % 10)"))
        }
        var progress = EventProgress(lateness: Self.lateness)
        let places = place(reads, in: &progress)
        var honest = 0.0
        for (read, place) in zip(reads, places) {
            let isStranger = read.user.name.hasPrefix("stranger")
            if !isStranger { honest = Double(read.time.milliseconds) / 1000 }
            #expect(place.watermark.map { $0 <= at(honest) - Self.lateness } ?? true)
            if !isStranger { #expect(!place.isAhead && place.time == read.time) }
            if isStranger, pattern.ahead > 500, pattern.every > 300 || !areMany {
                #expect(place.isAhead && place.time < read.time && place.lead > .seconds(480))
            }
        }
        // It moves all the same, and lags by the time in which half the callers are heard.
        #expect(places.last?.watermark.map { $0 > at(3600 - 240) } == true)
    }

    @Test func `thousands of records of one caller are one voice`() {
        var reads = (0..<200).map { read(Double($0), "u\($0 % 3)") }
        for index in 0..<3500 { reads.append(read(1000 + Double(index), "flood")) }
        reads.append(read(200, "u0"))
        var progress = EventProgress(lateness: Self.lateness)
        let places = place(reads, in: &progress)
        #expect(places.allSatisfy { $0.watermark.map { $0 < at(200) } ?? true })
        #expect(places.last == .init(watermark: at(194), time: at(200), isAhead: false, lead: .zero))
    }

    @Test func `a service of one user goes on all the same`() {
        let reads = (0..<100).map { read(Double($0), "only") }
        var progress = EventProgress(lateness: Self.lateness)
        let places = place(reads, in: &progress)
        #expect(places[62].watermark == nil)
        #expect(places[63].watermark == at(59) && places[99].watermark == at(95))
    }

    @Test func `of two users the slower one counts, until one is alone`() {
        let both = (0..<100).map { read(Double($0) + ($0 % 2 == 0 ? 400 : 0), "u\($0 % 2)") }
        var progress = EventProgress(lateness: Self.lateness)
        #expect(place(both, in: &progress).last?.watermark == at(97))
        let alone = (0..<4100).map { read(500 + Double($0), "u0") }
        let places = place(alone, in: &progress, after: 100)
        #expect(places[4000].watermark == at(97))
        #expect(places[4096].watermark == at(500 + 4096 - 4))
    }

    @Test func `the first records after a quiet night are flagged at most`() {
        let evening = (0..<60).map { read(Double($0) * 10, "u\($0 % 6)") }
        let morning = (0..<60).map { read(50_000 + Double($0) * 10, "u\($0 % 6)") }
        var progress = EventProgress(lateness: Self.lateness)
        let places = place(evening + morning, in: &progress)
        #expect(places.indices.filter { places[$0].isAhead } == [60])
        #expect(places[60].time == at(590) && places[61].time == at(50_010))
        #expect(places.last?.watermark.map { $0 > at(50_400) } == true)
    }

    @Test func `the watermark is the least of the busy sources`() {
        let reads = (0..<200).flatMap {
            [read(1000 + Double($0), "u\($0 % 5)"), read(Double($0), "u\($0 % 5)", "b")]
        }
        var progress = EventProgress(lateness: Self.lateness)
        let last = place(reads, in: &progress).last?.watermark
        #expect(last == at(187))
    }

    @Test func `live it is never ahead of the wall clock, and what is ahead counts now`() {
        let wall = EventProgress.Wall(now: at(1000), steady: at(990))
        let reads = (0..<100).map {
            Read(time: at(1000 + Double($0)), user: UserID("u\($0 % 9)"), source: "a", wall: wall)
        }
        var progress = EventProgress(lateness: Self.lateness)
        let places = place(reads, in: &progress)
        #expect(places.last?.watermark == at(988))
        #expect(places.allSatisfy { $0.time == at(1000) })
        #expect(places[2].isAhead == false && places[3].isAhead && places[3].lead == .seconds(3))
    }

    @Test func `only what moved is stored`() {
        var progress = EventProgress(lateness: Self.lateness)
        _ = place([read(1, "u"), read(2, "v", "b")], in: &progress)
        #expect(progress.takeChanges().changed.map(\.source) == ["a", "b"])
        _ = place([read(3, "u", "b")], in: &progress, after: 2)
        let changes = progress.takeChanges()
        #expect(changes.changed.map(\.source) == ["b"] && changes.forgotten.isEmpty)
        #expect(changes.changed.first?.claims.map(\.time) == [at(2), at(3)])
        #expect(progress.takeChanges().changed.isEmpty)
    }
}
