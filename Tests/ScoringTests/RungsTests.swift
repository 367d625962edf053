import Domain
import Testing

@testable import Scoring

/// What dependence among benign scores costs, against a slow account of the same.
@Suite struct RungsTests {
    private func rungs(_ scores: [(score: Double, block: Int32)], _ fractions: [Double]) -> Rungs {
        let falling = scores.sorted { $0.score > $1.score }
        return Rungs(falling: falling.map(\.score), blocks: falling.map(\.block), fractions: fractions)
    }

    @Test func `scores that come in copies are worth as many as there are originals`() {
        // 100 users with five equal scores each: 100 independent scores, to the bound.
        let copies = (0..<500).map { (score: Double($0 / 5), block: Int32($0 / 5)) }
        let found = rungs(copies, [0.1, 0.03, 0.01])
        #expect(abs(found.effective - 100) <= 5)
        #expect(found.thresholds == [90, 97, 99])
        let bounds = found.bounds(detectors: 2, delta: 0.01)
        let originals = calibrationBounds([10, 3, 1], of: found.effective, detectors: 2, delta: 0.01)
        #expect(bounds == originals)
    }

    @Test func `independent scores of users keep nearly all of their worth`() {
        var random = SeededGenerator(seed: 3)
        let scores = (0..<5000).map {
            (score: Double.random(in: 0...1, using: &random), block: Int32($0 / 50))
        }
        let found = rungs(scores, CalibrationBuilder.defaultFractions)
        #expect(found.effective > 2500 && found.effective <= 5000)
    }

    @Test func `one block is worth one score, and blocks of one are independent`() {
        let one = rungs((0..<200).map { (score: Double($0), block: 7) }, [0.1])
        #expect(one.effective == 1)
        #expect(one.bounds(detectors: 1, delta: 0.01)[0] > 0.98)
        let each = rungs((0..<200).map { (score: Double($0), block: Int32($0)) }, [0.1, 0.03])
        #expect(each.effective == 200 && each.independent == [20, 6])
    }

    @Test func `the effective number is the ratio estimator's, slowly`() {
        var random = SeededGenerator(seed: 11)
        for _ in 0..<30 {
            let users = Int.random(in: 2...30, using: &random)
            var scores: [(score: Double, block: Int32)] = []
            for user in 0..<users {
                let own = Double.random(in: 0...1, using: &random)
                for _ in 0..<Int.random(in: 4...30, using: &random) {
                    scores.append((own + Double.random(in: 0...0.5, using: &random), Int32(user)))
                }
            }
            let found = rungs(scores, [0.2, 0.05])
            var effect = 1.0
            for rank in Rungs.ranks(of: scores.count, [0.2, 0.05]) {
                let threshold = scores.map(\.score).sorted(by: >)[rank - 1]
                let above = scores.filter { $0.score > threshold }
                guard above.count >= 3 else { continue }
                let share = Double(above.count) / Double(scores.count)
                var variance = 0.0
                for user in 0..<users {
                    let size = scores.count { $0.block == user }
                    let own = above.count { $0.block == user }
                    let residual = Double(own) - share * Double(size)
                    variance += residual * residual * Double(users) / Double(users - 1)
                }
                effect = max(effect, variance / (Double(scores.count) * share * (1 - share)))
            }
            #expect(abs(Double(found.effective) - Double(scores.count) / effect) <= 1)
        }
    }

    @Test func `equal thresholds are one rung, and rungs beyond what the data tell weigh nothing`() throws {
        // Nine in ten scores are 0, as a counter's are.
        let counts = (0..<1000).map { (score: $0 < 900 ? 0 : Double($0 - 899), block: Int32($0)) }
        let found = rungs(counts, [0.5, 0.2, 0.1, 0.05, 0.001])
        #expect(found.thresholds == [0, 1, 51, 100] && found.exceedances == [200, 100, 50, 1])
        let clustered = rungs(
            (0..<400).map { (score: Double($0), block: Int32($0 / 100)) },
            [0.1, 0.05, 0.01]
        )
        #expect(clustered.isWeighted == [true, false, false])
        let bounds = clustered.bounds(detectors: 1, delta: 0.01)
        let values = eValues(bounds, weighted: clustered.isWeighted)
        #expect(values[1] > 0 && values[1] == values[2] && values[2] == values[3])
    }

    @Test func `records that any detector alarms are counted together`() throws {
        var builder = try CalibrationBuilder(
            model: ModelID("m"),
            detectorConfiguration: "",
            fractions: [0.1, 0.01]
        )
        // One detector falls as the other rises: together they alarm twice as many.
        for index in 0..<200 {
            builder.add(
                [(DetectorID("a"), Double(index)), (DetectorID("b"), Double(-index))],
                block: "\(index)"
            )
        }
        let calibration = try builder.build()
        #expect(calibration.alarms.records == 200)
        #expect(calibration.alarms.points.map(\.rarity) == [0.01, 0.1])
        // Thresholds are exceeded strictly: one less than the threshold's own rank, of each.
        #expect(calibration.alarms.points.map(\.alarmed) == [2, 38])
        #expect(calibration.alarms.rarity(alarming: 0.01) == 0.01)
        #expect(calibration.alarms.rarity(alarming: 0.001) == 0)
        #expect(try Calibration(artefact: calibration.artefact()) == calibration)
    }

    @Test func `an own baseline never says less than the pooled one, three bits off`() throws {
        var random = SeededGenerator(seed: 17)
        let detector = DetectorID("similarity.user.x")
        for round in 0..<30 {
            func built(owner: UserID?, _ shift: Double) throws -> Calibration {
                var builder = try CalibrationBuilder(
                    model: ModelID("m"),
                    owner: owner,
                    detectorConfiguration: ""
                )
                for index in 0..<2000 {
                    let score = Double.random(in: 0...1, using: &random) + shift
                    builder.add([(detector, score)], block: "\(index)")
                }
                return try builder.build()
            }
            let pooled = try built(owner: nil, 0)
            let own = try built(owner: UserID("u"), Double(round) / 15 - 1)
            let guarded = try own.guarded(by: pooled)
            #expect(guarded.owner == UserID("u"))
            #expect(try Calibration(artefact: guarded.artefact()) == guarded)
            for _ in 0..<200 {
                let score = Double.random(in: -1.5...2.5, using: &random)
                func evidence(_ calibration: Calibration) -> Int64 {
                    calibration[detector].map { $0.eValues[$0.rung(of: score)] } ?? -1
                }
                #expect(evidence(guarded) == max(evidence(own), evidence(pooled) >> 3))
            }
        }
    }
}
