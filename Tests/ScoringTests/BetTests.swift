import Domain
import Testing

@testable import Scoring

/// What bets by the query are made of: codes, tables, prices, artefacts, and own baselines.
@Suite struct BetTests {
    private let seed = UInt64.random(in: 0 ... .max)
    private let table: [Int64] = [0, 7_845_676_746, 96_344_400_291, 648_382_265_217]

    private func bets(_ rungs: [Int], _ inverses: [[Int64]]? = nil, pairs: Int = 9, worth: Int = 4)
        -> BetTable
    {
        let row = rungs.map { Int64($0) << 34 }
        let inverses = inverses ?? Array(repeating: row, count: BetTable.Past.allCases.count)
        return BetTable(rungs: rungs, inverses: inverses, pairs: pairs, worth: worth)
    }

    private func calibration(_ tables: [(String, BetTable?)]) throws -> Calibration {
        try Calibration(
            model: ModelID("m"),
            detectorConfiguration: "",
            delta: 0.01,
            detectors: tables.map { bettingDetector($0.0, table: table, $0.1) }
        )
    }

    @Test func `a code says rung and scene, and is its byte`() {
        for rung in 0...StepCode.mostRungs {
            for isKnown in [false, true] {
                let code = StepCode(rung: rung, isSceneKnown: isKnown)
                #expect(code.rung == rung && code.isSceneKnown == isKnown && code != .unscored)
                #expect(StepCode(bits: code.bits) == code)
            }
        }
        #expect(StepCode.unscored.rung == nil && !StepCode.unscored.isSceneKnown)
        #expect(StepCode(rung: -1).rung == 0 && StepCode(rung: 1000).rung == StepCode.mostRungs)
        for bits in UInt8.min ... .max {
            let code = StepCode(bits: bits)
            #expect(code.bits == bits && (code.rung == nil) == (bits == 0xff))
        }
    }

    @Test func `a mark is met from its rung on`() {
        let table = bets([1, 2, 2, 3, 3, 3])
        #expect((0...5).map { table.mark(ofRung: $0) } == [0, 1, 3, 6, 6, 6])
    }

    @Test func `tables that do not add up are refused, with the fault`() throws {
        let row = Array(repeating: Int64(1) << 33, count: 6)
        let rows = Array(repeating: row, count: 4)
        #expect(bets([1, 1, 2, 2, 3, 3]).fault(rungs: 3) == nil)
        #expect(bets([1, 1, 1, 1, 1, 1], rows, pairs: 0, worth: 0).fault(rungs: 1) == nil)
        for (rungs, inverses, pairs, worth) in [
            ([1, 1, 2, 2, 3], rows, 9, 4), ([0, 1, 2, 2, 3, 3], rows, 9, 4),
            ([1, 1, 2, 2, 3, 4], rows, 9, 4),
            ([1, 2, 1, 2, 3, 3], rows, 9, 4), ([], rows, 9, 4), ([1, 1, 2, 2, 3, 3], [row, row, row], 9, 4),
            ([1, 1, 2, 2, 3, 3], [row, row, row, Array(row.dropLast())], 9, 4),
            ([1, 1, 2, 2, 3, 3], [row, row, row, row.map { -$0 }], 9, 4),
            ([1, 1, 2, 2, 3, 3], [row, row, row, row.map { _ in 1 << 57 }], 9, 4),
            ([1, 1, 2, 2, 3, 3], rows, 4, 9), ([1, 1, 2, 2, 3, 3], rows, -1, 0),
            ([1, 1, 2, 2, 3, 3], rows, 4, -1),
        ] {
            let table = BetTable(rungs: rungs, inverses: inverses, pairs: pairs, worth: worth)
            #expect(table.fault(rungs: 3) != nil)
            #expect(throws: ScoringError.self) { try calibration([("a", table)]) }
        }
    }

    @Test func `the price is the logarithm of the lanes that differ, rounded up`() throws {
        let (distinct, equal) = (bets([1, 1, 2, 2, 3, 3]), bets([1, 1, 1, 1, 1, 1]))
        // Five fast lanes and three slow; where a mark is another's rung, its lane of the same stake is the other's.
        #expect(try calibration([("a", bets([1, 1, 2, 3, 4, 5].map { min(3, $0) }))]).price(of: .user) > 0)
        #expect(
            BetTable(rungs: [1, 2, 3, 4, 5, 6], inverses: distinct.inverses, pairs: 0, worth: 0).distinctLanes
                == 8
        )
        #expect(distinct.distinctLanes == 7 && equal.distinctLanes == 5)
        #expect(try calibration([("a", distinct)]).price(of: .user) == ilog2(7 << 32) + 1)
        #expect(
            try calibration([("a", equal), ("b", equal), ("c", equal)]).price(of: .user) == ilog2(15 << 32)
                + 1
        )
        let eight = bets([1, 1, 2, 2, 3, 3], lent)
        #expect(eight.distinctLanes == 8)
        #expect(try calibration([("a", eight)]).price(of: .user) == 3 * Evidence.bit)
        #expect(try calibration([("a", eight), ("b", eight)]).price(of: .user) == 4 * Evidence.bit)
        // Only the track's own detectors count, and what bets by the tick has no such price.
        let scopes = try calibration([
            ("opinion.a", eight), ("similarity.user.x", eight), ("similarity.model.x", eight),
            ("similarity.campaign.x", eight),
        ])
        #expect(scopes.price(of: .user) == 4 * Evidence.bit && scopes.price(of: .model) == 4 * Evidence.bit)
        #expect(scopes.price(of: .campaign) == 3 * Evidence.bit && scopes.price(of: nil) == 0)
        #expect(try calibration([("a", nil)]).price(of: .user) == 0)
    }

    /// Marks of one rung that bet differently, as lent pasts do.
    private var lent: [[Int64]] {
        (1...4).map { past in (1...6).map { mark in Int64(1) << (40 - Int64(past * mark)) } }
    }

    @Test func `a calibration that bets by the query comes back from its bytes exactly`() throws {
        var random = SeededGenerator(seed: seed)
        for round in 0..<20 {
            var builder = try CalibrationBuilder(model: ModelID("m"), detectorConfiguration: "\(round)")
            for record in 0..<300 {
                let names = ["opinion.a", "similarity.user.descent", "similarity.campaign.fall"]
                let scores = names.map { (DetectorID($0), Double.random(in: 0...1, using: &random)) }
                builder.add(
                    record % 5 == 0 ? scores : Array(scores.dropLast()),
                    block: "\(record / 10)",
                    user: "\(random.integer(0...9))",
                    campaign: record % 5 == 0 ? Int64(random.integer(1...3)) : nil
                )
            }
            let calibration = try builder.build()
            #expect(calibration.betsByQuery && calibration.detectors.count == 3)
            let bytes = calibration.artefact()
            #expect(String(decoding: bytes, as: UTF8.self).contains("\"kind\":\"riskd-calibration-2\""))
            let read = try Calibration(artefact: bytes)
            #expect(read == calibration && read.artefact() == bytes, "seed \(seed)")
            #expect(read.detectors.map(\.bets) == calibration.detectors.map(\.bets))
            #expect(read.price(of: .user) == calibration.price(of: .user))
        }
    }

    @Test func `altered or mixed artefacts are refused, and those of the edition before are read`() throws {
        let bets = bets([1, 1, 2, 2, 3, 3])
        let text = String(decoding: try calibration([("a", bets), ("b", bets)]).artefact(), as: UTF8.self)
        #expect(text.contains("\"pairs\":9,\"rungs\":[1,1,2,2,3,3],\"worth\":4"))
        for (old, new) in [
            ("riskd-calibration-2", "riskd-calibration-1"), ("riskd-calibration-2", "riskd-calibration-3"),
            ("\"rungs\":[1,1,2,2,3,3]", "\"rungs\":[1,1,2,2,3,4]"), ("\"worth\":4", "\"worth\":10"),
            ("\"pairs\":9", "\"pairs\":9.0"), ("\"rungs\":[1,1,2,2,3,3],\"worth\":4", "\"worth\":4"),
            ("{\"inverse_q32\"", "{ \"inverse_q32\""),
        ] {
            let altered = text.replacing(old, with: new)
            #expect(altered != text)
            #expect(throws: ScoringError.self) { try Calibration(artefact: Array(altered.utf8)) }
        }
        #expect(throws: ScoringError.self) { try calibration([("a", bets), ("b", nil)]) }
        let first = try #require(text.firstRange(of: "\"bets\":{"))
        let end = try #require(text[first.upperBound...].firstRange(of: "},"))
        let mixed = text.replacingCharacters(first.lowerBound..<end.upperBound)
        #expect(throws: ScoringError.self) { try Calibration(artefact: Array(mixed.utf8)) }
        let before = try calibration([("a", nil), ("b", nil)])
        #expect(!before.betsByQuery)
        #expect(
            String(decoding: before.artefact(), as: UTF8.self).contains("\"kind\":\"riskd-calibration-1\"")
        )
        #expect(try Calibration(artefact: before.artefact()) == before)
    }

    @Test func `no mark of an own baseline says less than the pooled one's, three bits off`() throws {
        var random = SeededGenerator(seed: seed)
        let detector = DetectorID("similarity.user.descent")
        for round in 0..<30 {
            func built(owner: UserID?, _ shift: Double, count: Int) throws -> Calibration {
                var builder = try CalibrationBuilder(
                    model: ModelID("m"),
                    owner: owner,
                    detectorConfiguration: ""
                )
                for index in 0..<count {
                    // An account that warms up: its runs are of high scores.
                    let score = Double.random(in: 0...1, using: &random) + (index % 40 < 20 ? shift : 0)
                    builder.add([(detector, score)], block: "\(index / 20)", user: owner == nil ? nil : "u")
                }
                return try builder.build()
            }
            let pooled = try built(owner: nil, 0, count: 3000)
            let own = try built(owner: UserID("u"), Double(round) / 15 - 0.5, count: 400 + 100 * round)
            let guarded = try own.guarded(by: pooled)
            let (ours, theirs, mine) = (
                try #require(guarded[detector]), try #require(pooled[detector]), try #require(own[detector])
            )
            let (table, shared, alone) = (
                try #require(ours.bets), try #require(theirs.bets), try #require(mine.bets)
            )
            #expect(table.fault(rungs: ours.thresholds.count) == nil)
            for past in BetTable.Past.allCases {
                for mark in 1...BetTable.marks {
                    let least = shared.inverse(ofMark: mark, past: past) >> 3
                    #expect(table.inverse(ofMark: mark, past: past) >= least, "seed \(seed)")
                }
            }
            for _ in 0..<200 {
                let score = Double.random(in: -1...3, using: &random)
                let mark = table.mark(ofRung: ours.rung(of: score))
                // What is remembered of the last queries keeps its meaning from one to the other.
                #expect(mark == shared.mark(ofRung: theirs.rung(of: score)), "seed \(seed)")
                guard mark > 0 else { continue }
                // Of the pooled calibration's mark: the own one says what it says of the least score that has it.
                let threshold = theirs.thresholds[shared.rungs[mark - 1] - 1]
                let own = alone.mark(ofRung: mine.thresholds.count { $0 <= threshold })
                for past in BetTable.Past.allCases {
                    let said = own == 0 ? Evidence.one : alone.inverse(ofMark: own, past: past)
                    let least = shared.inverse(ofMark: mark, past: past) >> 3
                    #expect(table.inverse(ofMark: mark, past: past) == max(said, least), "seed \(seed)")
                }
            }
            #expect(try Calibration(artefact: guarded.artefact()) == guarded)
        }
    }
}

extension String {
    /// Without some of its characters.
    fileprivate func replacingCharacters(_ range: Range<Index>) -> String {
        String(self[..<range.lowerBound] + self[range.upperBound...])
    }
}
