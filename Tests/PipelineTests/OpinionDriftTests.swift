import Domain
import Testing

@testable import Pipeline

@Suite struct OpinionDriftTests {
    /// A watch on an opinion that at most a tenth of benign records exceed, and its first 1,000 ordinary records.
    private func begun(exceeding: Int) throws -> (drift: OpinionDrift, changes: [OpinionDrift.Change]) {
        let drift = OpinionDrift()
        let built = try calibration(["opinion.a", "similarity.user.crowding"], setup: "")
        drift.begin(ActiveCalibrations(byModel: [ModelID("m"): built], ids: [:]))
        let observations = (0..<1000).map { number in
            observation(number, ["opinion.a": number < exceeding ? 1 : 0, "similarity.user.crowding": 0])
        }
        // In two parts, as batches come.
        return (drift, drift.add(Array(observations[..<300])) + drift.add(Array(observations[300...])))
    }

    @Test(arguments: [(100, false), (137, false), (138, true), (1000, true)])
    func `flags what chance does not explain`(exceeding: Int, isDrifting: Bool) throws {
        // 100 + 4 sqrt(90) = 137.9…
        let (drift, changes) = try begun(exceeding: exceeding)
        #expect(changes.map(\.isDrifting) == (isDrifting ? [true] : []))
        #expect(changes.map(\.share) == (isDrifting ? [Double(exceeding) / 1000] : []))
        #expect(drift.flags.map(\.isDrifting) == [isDrifting])
    }

    @Test func `is cleared at the bound, not before`() throws {
        let (drift, _) = try begun(exceeding: 150)
        // Each unremarkable record takes the place of one that exceeded.
        let calm = (0..<50).map { observation(2000 + $0, ["opinion.a": 0, "similarity.user.crowding": 0]) }
        #expect(drift.add(Array(calm.dropLast())).isEmpty)
        let cleared = drift.add([calm[49]])
        #expect(cleared.map(\.isDrifting) == [false])
        #expect(cleared.first?.share == 0.1)
    }

    @Test func `records that similarity marks do not count, nor opinions without a calibration`() throws {
        let (drift, _) = try begun(exceeding: 0)
        let marked = (0..<2000).map { observation($0, ["opinion.a": 1, "similarity.user.crowding": 1]) }
        let unknown = (0..<2000).map { observation($0, ["opinion.b": 1]) }
        #expect(drift.add(marked + unknown).isEmpty)
        #expect(drift.flags.map(\.opinion) == [DetectorID("opinion.a")])
    }
}
