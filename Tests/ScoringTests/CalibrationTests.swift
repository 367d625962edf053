import Domain
import Testing

@testable import Scoring

@Suite struct CalibrationTests {
    @Test func `Beta quantiles agree with exact ones and, beyond a thousand exceedances, with scipy's`()
        throws
    {
        var worst = 0.0
        for vector in try Golden.all.get().quantiles {
            let bound = binomialUpperBound(count: Int(vector[0]), of: Int(vector[1]), risk: 1 - vector[2])
            worst = max(worst, abs(bound / vector[3] - 1))
            #expect(abs(bound / vector[3] - 1) < 1e-9, "\(vector)")
        }
        #expect(worst < 1e-12)
    }

    @Test func `ten thousand benign scores give the golden e-values`() throws {
        let golden = try Golden.all.get().calibration
        let bounds = calibrationBounds([1000, 300, 100, 30, 10], of: 10_000, detectors: 2, delta: 0.01)
        #expect(eValues(bounds) == golden.e)
        #expect(
            eValues(bounds) == [
                0, 7_845_676_746, 32_018_344_670, 96_344_400_291, 269_000_116_030, 648_382_265_217,
            ]
        )
        for (bound, expected) in zip(bounds, golden.u) { #expect(abs(bound / expected - 1) < 1e-12) }
    }

    @Test func `a builder puts thresholds at the largest benign scores`() throws {
        var builder = try CalibrationBuilder(model: ModelID("m"), detectorConfiguration: "x")
        builder.add((0..<10_000).map { Double($0) }.shuffled(), for: DetectorID("opinion.b"))
        builder.add((0..<200).map { Double($0) }.shuffled(), for: DetectorID("opinion.a"))
        let calibration = try builder.build()
        #expect(
            calibration.detectors.map(\.exceedances) == [[20, 6, 2, 1], [1000, 300, 100, 30, 10, 3, 1]]
        )
        let detector = DetectorID("opinion.b")
        #expect(calibration[detector]?.thresholds == [9000, 9700, 9900, 9970, 9990, 9997, 9999])
        #expect(calibration[detector]?.effective == 10_000)
        let bounds = calibrationBounds([1000, 300, 100, 30, 10, 3, 1], of: 10_000, detectors: 2, delta: 0.01)
        #expect(calibration[detector]?.bounds == bounds && calibration[detector]?.eValues == eValues(bounds))
        #expect(calibration.rung(of: 9000, for: detector) == 0)
        #expect(calibration.rung(of: 9000.5, for: detector) == 1)
        #expect(calibration.rung(of: 1e9, for: detector) == 7)
        #expect(calibration.rung(of: .nan, for: detector) == nil)
        #expect(calibration.rung(of: 1, for: DetectorID("other")) == nil)
        for detector in calibration.detectors {
            // The e-value is valid if its mean is at most 1 when every bound is reached.
            let falls = zip(detector.eValues.dropFirst(), detector.eValues).map { Double($0 - $1) }
            let mean = zip(falls, detector.bounds).reduce(0) { $0 + $1.0 * $1.1 } / 4_294_967_296
            #expect(mean <= 1 && mean > 0.999_999)
        }
    }

    @Test func `jitter counts for an eighth of what it and descent have together, and the mean for one`()
        throws
    {
        let names = [
            "opinion.a", "similarity.model.descent", "similarity.user.descent", "similarity.user.jitter",
        ]
        func expectations(_ names: [String]) throws -> [Double] {
            var builder = try CalibrationBuilder(model: ModelID("m"), detectorConfiguration: "x")
            for name in names { builder.add((0..<10_000).map { Double($0) }, for: DetectorID(name)) }
            let calibration = try builder.build()
            #expect(calibration.detectors.map(\.detector.name) == names)
            return calibration.detectors.map { detector in
                // The expectation when every bound is reached.
                let falls = zip(detector.eValues.dropFirst(), detector.eValues).map { Double($0 - $1) }
                return zip(falls, detector.bounds).reduce(0) { $0 + $1.0 * $1.1 } / 4_294_967_296
            }
        }
        for (found, share) in zip(try expectations(names), [1, 1, 1.75, 0.25]) {
            #expect(found <= share && found > share * 0.999_999)
        }
        // Of features there is no jitter.
        for found in try expectations(Array(names.dropLast())) { #expect(found <= 1 && found > 0.999_999) }
    }

    @Test func `bad benign scores are refused`() throws {
        var builder = try CalibrationBuilder(model: ModelID("m"), detectorConfiguration: "x")
        #expect(throws: ScoringError.noDetectors) { try builder.build() }
        let detector = DetectorID("d")
        builder.add(Array(repeating: 0, count: 99), for: detector)
        #expect(throws: ScoringError.tooFewBenignScores(detector, count: 99, needed: 100)) {
            try builder.build()
        }
        builder.add([.infinity], for: detector)
        #expect(throws: ScoringError.nonFiniteScore(detector)) { try builder.build() }
        #expect(throws: ScoringError.self) {
            try CalibrationBuilder(model: ModelID("m"), detectorConfiguration: "", fractions: [1])
        }
    }

    @Test func `a calibration comes back from its bytes exactly`() throws {
        var generator = SeededGenerator(seed: 5)
        for round in 0..<50 {
            var builder = try CalibrationBuilder(
                model: ModelID("m\"\\\n/\u{e9}e\u{301}"),
                modelVersion: round % 2 == 0 ? nil : "v\u{1F600}",
                detectorConfiguration: "radius \(round)\u{7}",
                fractions: [0.3, 0.07, 0.01, 1e-5]
            )
            for name in ["opinion.e\u{301}", "opinion.\u{e9}", "similarity.user.proximity"] {
                let scores = (0..<150).map { _ in Double.random(in: -1...1, using: &generator) * 1e-200 }
                builder.add(scores, for: DetectorID(name))
            }
            let calibration = try builder.build()
            let bytes = calibration.artefact()
            let read = try Calibration(artefact: bytes)
            #expect(read == calibration)
            #expect(read.artefact() == bytes)
            #expect(calibration.detectors.count == 3)
        }
    }

    @Test func `altered artefacts are refused`() throws {
        let bytes = try calibration(["a": [0, 5, 9]]).artefact()
        let text = String(decoding: bytes, as: UTF8.self)
        for (old, new) in [
            ("[0,5,9]", "[0,9,5]"), ("[0,5,9]", "[1,5,9]"), ("[0,5,9]", "[0,5]"), ("\"m\"", " \"m\""),
            ("riskd-calibration-1", "riskd-calibration-9"), ("\"delta\":0.01", "\"delta\":7.0"), ("{", "["),
            ("\"benign\":10000", "\"benign\":10"), ("}", ""), ("\"delta\":0.01", "\"delta\":0.010"),
        ] {
            let altered = text.replacing(old, with: new)
            #expect(altered != text)
            #expect(throws: ScoringError.self) { try Calibration(artefact: Array(altered.utf8)) }
        }
    }

    @Test func `a track is fed by its own scope and by opinions`() throws {
        let tables = Dictionary(
            uniqueKeysWithValues: [
                "opinion.x", "similarity.model.descent", "similarity.user.descent",
                "similarity.campaign.fall",
            ].map { ($0, [0, 1] as [Int64]) }
        )
        let calibration = try calibration(tables)
        let user = calibration.detectors(feeding: .user).map(\.detector.name)
        let model = calibration.detectors(feeding: .model).map(\.detector.name)
        #expect(user == ["opinion.x", "similarity.user.descent"])
        #expect(model == ["opinion.x", "similarity.model.descent"])
        let campaign = calibration.detectors(feeding: .campaign).map(\.detector.name)
        #expect(campaign == ["similarity.campaign.fall"])
    }

    @Test func `campaigns have a family of bounds of their own, and none with too few linked records`() throws
    {
        let (all, linked) = (DetectorID("opinion.a"), DetectorID("similarity.campaign.fall"))
        func build(linkedScores count: Int) throws -> Calibration {
            var builder = try CalibrationBuilder(model: ModelID("m"), detectorConfiguration: "x")
            builder.add((0..<1000).map { Double($0) }, for: all)
            builder.add((0..<count).map { Double($0) }, for: linked)
            return try builder.build()
        }
        let without = try build(linkedScores: 29)
        #expect(without.detectors.map(\.detector) == [all])
        let with = try build(linkedScores: 85)
        #expect(with[all] == without[all])
        // The largest benign score is a rung, although 1 % of 85 is less than one.
        #expect(with[linked]?.exceedances == [8, 2, 1])
        #expect(with[linked]?.thresholds == [77, 83, 84])
        #expect(with[linked]?.bounds == calibrationBounds([8, 2, 1], of: 85, detectors: 1, delta: 0.01))
        #expect(try Calibration(artefact: with.artefact()) == with)
    }
}
