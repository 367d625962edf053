import Domain
import Foundation
import Testing

@testable import Scoring

@Suite struct CalibrationMonitorTests {
    private let model = ModelID("m")
    private let detector = DetectorID("opinion.a")
    /// Ticks of ten seconds: a day has 8,640.
    private let day: Int64 = 8640

    /// One detector whose rung 1 a tenth of benign scores may exceed.
    private func calibration(version: String? = nil, newest: Timestamp? = nil) throws -> Calibration {
        try Calibration(
            model: model,
            modelVersion: version,
            detectorConfiguration: "",
            newest: newest,
            delta: 0.01,
            detectors: [
                DetectorCalibration(
                    detector: detector,
                    benign: 1000,
                    exceedances: [80, 10],
                    thresholds: [0, 1],
                    bounds: [0.1, 0.02],
                    eValues: [0, 5 << 32, 30 << 32]
                )
            ]
        )
    }

    private func histogram(_ user: String, _ tick: Int64, _ cells: [Int], variant: String? = nil)
        -> TickHistogram
    {
        TickHistogram(
            entity: .user(UserID(user), model: model),
            tick: Tick(tick),
            queries: cells.reduce(0, +),
            counts: [DetectorCounts(detector: detector, byRung: cells)],
            calibration: variant
        )
    }

    private func monitor(_ calibration: Calibration?) throws -> CalibrationMonitor {
        CalibrationMonitor(try ScoringConfiguration(), calibration.map { [model: $0] } ?? [:])
    }

    /// A tick of ten users, of whom some exceed rung 1 with every query.
    private func tick(_ tick: Int64, loud: Int, of users: Int = 10) -> [TickHistogram] {
        (0..<users).map { histogram("u\($0)", tick, $0 < loud ? [0, 1, 0] : [1, 0, 0]) }
    }

    @Test func `a calibration is suspect while more than a fifth of ten users exceed, and a day after`()
        throws
    {
        var monitor = try monitor(calibration())
        var found: [CalibrationHealthChange] = []
        // Two of ten are a fifth, not more.
        for index in (0 as Int64)..<20 { found += monitor.add(tick(index, loud: 2)) }
        #expect(found.map(\.health) == [.valid] && found.map(\.tick) == [Tick(0)])
        // A third one: log2(7/8 + 10/8) is 1.09 bits a tick, and log2 20 are 4.32.
        for index in (20 as Int64)..<30 { found += monitor.add(tick(index, loud: 3)) }
        #expect(found.map(\.health) == [.valid, .suspect])
        let suspect = try #require(found.last)
        #expect(suspect.cause == .traffic && suspect.active == 10 && suspect.exceeding == 3)
        // The next day begins anew, but what the day before ended with still counts; the day after it does not.
        found += monitor.add(tick(day, loud: 0))
        #expect(found.count == 2)
        found += monitor.add(tick(2 * day, loud: 0))
        #expect(found.map(\.health) == [.valid, .suspect, .valid])
        // A day without queries in between says nothing of the day before it.
        for index in (0 as Int64)..<10 { found += monitor.add(tick(3 * day + index, loud: 5)) }
        found += monitor.add(tick(5 * day, loud: 0))
        #expect(found.map(\.health) == [.valid, .suspect, .valid, .suspect, .valid])
    }

    @Test func `few users, and queries within one tick, say nothing`() throws {
        var monitor = try monitor(calibration())
        var found: [CalibrationHealthChange] = []
        for index in (0 as Int64)..<50 { found += monitor.add(tick(index, loud: 9, of: 9)) }
        #expect(found.map(\.health) == [.valid])
        // A hundred queries of one tick are one observation.
        var crowd = try self.monitor(calibration())
        let once = crowd.add((0..<20).map { histogram("u\($0)", 1, [0, 100, 0]) })
        #expect(once.map(\.health) == [.valid])
    }

    @Test func `age and version expire a calibration`() throws {
        let newest = Timestamp(milliseconds: 0)
        var monitor = try monitor(calibration(version: "1", newest: newest))
        #expect(monitor.add(tick(90 * day - 1, loud: 0)).map(\.health) == [.valid])
        #expect(monitor.add(tick(90 * day, loud: 0)).map(\.cause) == [.age])
        monitor = try self.monitor(calibration(version: "1", newest: newest))
        monitor.note(version: "1", of: model)
        monitor.note(version: nil, of: model)
        #expect(monitor.add(tick(1, loud: 0)).map(\.health) == [.valid])
        // One record of another version is none.
        monitor.note(version: "2", of: model)
        #expect(monitor.add(tick(2, loud: 0)).map(\.cause) == [])
        for _ in 0..<8 { monitor.note(version: "2", of: model) }
        #expect(monitor.add(tick(3, loud: 0)).map(\.cause) == [.version])
        #expect(monitor.healths.map(\.health) == [.expired])
        var none = try self.monitor(nil)
        let uncounted = TickHistogram(entity: .model(model), tick: Tick(1), queries: 1, counts: [])
        #expect(none.add([uncounted]).map(\.health) == [.uncalibrated])
    }

    @Test
    func `users within the calibration are rarely beyond, whatever the split into batches and restarts`()
        throws
    {
        var random = SeededGenerator(seed: 23)
        let calibration = try calibration()
        let histograms = (0..<400).flatMap { index in
            (0..<100).compactMap { user -> TickHistogram? in
                guard random.chance(0.2) else { return nil }
                let rung = random.chance(0.1) ? 1 : 0
                return histogram("u\(user)", Int64(index) * 50, rung == 1 ? [0, 1, 0] : [1, 0, 0])
            }
        }
        var whole = try monitor(calibration)
        let changes = whole.add(histograms)
        #expect(changes.map(\.health) == [.valid])
        var parts = try monitor(calibration)
        var found: [CalibrationHealthChange] = []
        var rest = histograms[...]
        while let tick = rest.first?.tick {
            // Whole ticks, as batches hold them.
            let end = Tick(tick.index + Int64(random.integer(1...2000)))
            let part = Array(rest.prefix { $0.tick < end })
            rest = rest.dropFirst(part.count)
            found += parts.add(part)
            if random.chance(0.1), let last = part.last {
                // A restart: told again what may still count.
                var again = try monitor(calibration)
                let first = again.firstTickNeeded(after: last.tick)
                _ = again.add(histograms.filter { $0.tick >= first && $0.tick <= last.tick })
                for change in found.suffix(1) { again.restore(change) }
                parts = again
            }
        }
        #expect(found == changes)
    }
}
