import Domain
import Scoring
import Testing

@testable import RiskdCLI

@Suite struct EvaluationTests {
    private let near = DetectorID("similarity.user.near")
    private let far = DetectorID("opinion.far")

    /// Two detectors: 50, 10, 5 and 1 of 1000 benign scores exceed the thresholds of one, 30 and 20 those of the other.
    private func calibration() throws -> Calibration {
        func detector(_ id: DetectorID, _ exceedances: [Int]) -> DetectorCalibration {
            DetectorCalibration(
                detector: id,
                benign: 1000,
                exceedances: exceedances,
                thresholds: exceedances.indices.map { Double($0) },
                bounds: exceedances.map { Double($0 + 20) / 1000 },
                eValues: (0...exceedances.count).map { Int64($0) << 32 }
            )
        }
        return try Calibration(
            model: ModelID("m"),
            detectorConfiguration: "",
            delta: 0.01,
            detectors: [detector(near, [50, 10, 5, 1]), detector(far, [30, 20])]
        )
    }

    @Test func `alarm rungs are the lowest that are rare enough for the share of records that are alarmed`()
        throws
    {
        let plain = try calibration()
        // Without a count of records the share is split over the detectors.
        #expect(AlarmRule(.share(0.02), plain).rungs == [near: 2])
        #expect(AlarmRule(.share(0.06), plain).rungs == [near: 2, far: 1])
        #expect(AlarmRule(.rung(4), plain).rungs == [near: 4, far: 4])
        let counted = try Calibration(
            model: ModelID("m"),
            detectorConfiguration: "",
            delta: 0.01,
            alarms: AlarmCurve(
                records: 1000,
                points: [
                    .init(rarity: 0.001, alarmed: 0), .init(rarity: 0.005, alarmed: 4),
                    .init(rarity: 0.02, alarmed: 24), .init(rarity: 0.05, alarmed: 70),
                ]
            ),
            detectors: plain.detectors
        )
        #expect(AlarmRule(.share(0.01), counted).rungs == [near: 3])
        #expect(AlarmRule(.share(0.024), counted).rungs == [near: 2, far: 2])
        #expect(AlarmRule(.share(0.0001), counted).rungs == [near: 4])
        let rule = AlarmRule(.share(0.024), counted)
        func isAlarm(_ near: Int, _ far: Int) -> Bool {
            rule.isAlarm([
                DetectorRung(detector: self.near, rung: near), DetectorRung(detector: self.far, rung: far),
                DetectorRung(detector: DetectorID("unknown"), rung: 9),
            ])
        }
        #expect(!isAlarm(1, 1) && isAlarm(2, 0) && isAlarm(0, 2) && isAlarm(4, 2))
    }

    @Test func `a query is as rare as its rarest rung`() throws {
        let calibration = try calibration()
        func rarity(_ rungs: [DetectorID: Int]) -> Double {
            calibration.rarity(of: rungs.map { DetectorRung(detector: $0, rung: $1) })
        }
        #expect(rarity([:]) == 1 && rarity([near: 0, far: 0]) == 1)
        #expect(rarity([near: 1, far: 1]) == 0.03 && rarity([near: 2, far: 1]) == 0.01)
        #expect(rarity([near: 9]) == 0.001)
    }

    private func judged(_ record: String, _ user: String, _ tick: Int64, _ rarity: Double)
        -> Evaluation.Judged
    {
        Evaluation.Judged(
            record: record,
            sequence: 1,
            entity: .user(UserID(user), model: ModelID("m")),
            campaign: nil,
            time: Timestamp(milliseconds: tick * 1000),
            tick: Tick(tick),
            isAlarmed: rarity <= 0.01,
            rarity: rarity
        )
    }

    @Test func `observations are joined with the truth`() throws {
        let truth = try Truth(
            """
            id,scenario,attack,attack_instance
            a1,whitebox,bim,i-1
            a2,whitebox,bim,i-1
            a3,whitebox,bim,i-2
            d1,whitebox,decoy,i-2
            d2,whitebox,decoy,i-3
            b1,benign:plain,benign,
            b2,benign:video,benign,
            b3,benign:video,benign,
            gone,benign:video,benign,

            """,
            path: "truth.csv"
        )
        let attacker = Entity.user(UserID("x"), model: ModelID("m"))
        let observations = [
            judged("b1", "p", 1, 1), judged("a1", "x", 1, 0.5), judged("d1", "x", 1, 0.0001),
            judged("a2", "x", 2, 0.01),
            judged("b2", "v", 2, 0.01), judged("b3", "v", 3, 1), judged("a3", "x", 3, 0.02),
            // As d1 alarmed, and only hidden behind: neither is a query of the attack.
            judged("d2", "y", 1, 0.0001), judged("other", "p", 3, 1),
        ]
        let evaluation = Evaluation(
            observations,
            truth: truth,
            reached: [attacker: [.info: Tick(1), .high: Tick(2)]],
            levels: LevelEvaluation(observations, truth: truth, histories: [:])
        )
        #expect(evaluation.missing == 1 && evaluation.unknown == 1)
        #expect(evaluation.attacks.keys.sorted() == ["bim (whitebox)"])
        #expect(evaluation.campaigns.attacks.keys.sorted() == ["bim (whitebox)"])
        let attack = try #require(evaluation.attacks["bim (whitebox)"])
        #expect(attack.queries == Share(count: 1, size: 3))
        #expect(attack.detected() == Share(count: 1, size: 2))
        #expect(attack.detected(withQueries: 2) == Share(count: 1, size: 1) && attack.untilAlarm == [2])
        let video = try #require(evaluation.styles["benign:video"])
        #expect(video.queries.whole == Share(count: 1, size: 2) && video.alarmed == Share(count: 1, size: 1))
        let account = try #require(evaluation.accounts[attacker])
        #expect(account.highest == .high && account.untilHigh == 3 && account.queries == 4)
        #expect(account.attacks == ["bim"] && account.instances == ["i-1", "i-2"])
        let hider = try #require(evaluation.accounts[.user(UserID("y"), model: ModelID("m"))])
        #expect(hider.isAttacker && hider.attacks.isEmpty)
        let points = evaluation.curve.points
        #expect(points.map(\.rarity) == [0.01, 0.02, 0.5])
        #expect(points.map(\.hard.count) == [1, 1, 1] && points.map(\.plain.count) == [0, 0, 0])
        #expect(points.map(\.attempts.count) == [1, 2, 2] && points.map(\.queries.count) == [1, 2, 3])
    }

    @Test func `a bootstrap over users covers what users do, not what queries do`() {
        // 100 of 1000 queries alarmed: all by one of ten users, or ten by each.
        let one = ClusteredShare((0..<10).map { Share(count: $0 == 0 ? 100 : 0, size: 100) })
        let each = ClusteredShare((0..<10).map { _ in Share(count: 10, size: 100) })
        #expect(one.interval.lowerBound == 0 && one.interval.upperBound >= 0.3)
        #expect(each.interval == 0.1...0.1)
        let none = ClusteredShare((0..<10).map { _ in Share(count: 0, size: 100) })
        #expect(none.interval == binomialInterval(count: 0, of: 10))
        #expect(ClusteredShare([]).whole.value == nil)
    }
}
