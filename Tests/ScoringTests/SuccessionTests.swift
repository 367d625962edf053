import Domain
import Testing

@testable import Scoring

/// What followed remarkable scores, against a count that looks back anew from every score.
@Suite struct SuccessionTests {
    private let seed = UInt64.random(in: 0 ... .max)

    private struct Count {
        var scores = 0
        var again = 0
    }

    /// The bounds of the pasts after a remarkable score, written down plainly; how many pairs, and what they are worth.
    private func slow(
        _ scores: [Succession.Score],
        _ thresholds: [Double],
        _ rungs: [Int],
        _ calm: [Double]
    ) -> (pairs: Int, worth: Int, bounds: [[Double]]) {
        var pairs: [(block: Int32, value: Double)] = []
        var previous = [Count](repeating: Count(), count: 6)
        var recent = previous
        for (index, score) in scores.enumerated() {
            let before = Array(
                scores[..<index].filter { $0.series == score.series }.reversed().prefix(8).map(\.value)
            )
            guard before.contains(where: { $0 > thresholds[0] }) else { continue }
            pairs.append((score.block, score.value))
            for mark in 0..<6 {
                let met = score.value > thresholds[mark]
                switch before.firstIndex(where: { $0 > thresholds[mark] }) {
                case nil: break
                case 0:
                    previous[mark].scores += 1
                    let isNear = thresholds[mark] > 0 && score.value >= 0.95 * thresholds[mark]
                    if met || isNear { previous[mark].again += 1 }
                default:
                    recent[mark].scores += 1
                    if met { recent[mark].again += 1 }
                }
            }
        }
        let counts = thresholds.map { threshold in pairs.count { $0.value > threshold } }
        var effects = [Double](repeating: 1, count: 6)
        let blocks = Set(pairs.map(\.block)).sorted()
        for (mark, count) in counts.enumerated() where count >= 3 && count < pairs.count {
            let share = Double(count) / Double(pairs.count)
            let squares = blocks.reduce(0.0) { sum, block in
                let own = pairs.filter { $0.block == block }
                let excess =
                    Double(own.count { $0.value > thresholds[mark] }) - share * Double(own.count)
                return sum + excess * excess
            }
            let freedom = Double(blocks.count) / Double(blocks.count - 1)
            let found = freedom * squares / (Double(pairs.count) * share * (1 - share))
            effects[mark] = blocks.count > 1 ? found : Double(pairs.count)
        }
        let most = effects.reduce(1) { max($0, $1) }
        let worth = Int(Double(pairs.count) / most + 1e-9)
        let risk = 0.01 / Double(Set(rungs).count * 2)
        var after = zip(counts, effects).map { count, own in
            let effect = (own * most).squareRoot()
            let worth = Int(Double(pairs.count) / effect + 1e-9)
            let independent = Int((Double(count) / effect).rounded(.up)) + 1
            return independent <= worth ? binomialUpperBound(count: independent, of: worth, risk: risk) : 1
        }
        for mark in 1..<6 { after[mark] = min(after[mark], after[mark - 1]) }
        after = zip(after, calm).map { max($0, $1) }
        func atLeast(_ counts: [Count]) -> [Double] {
            var shares: [Double] = []
            for mark in 0..<6 {
                if mark > 0, rungs[mark] == rungs[mark - 1] {
                    shares.append(shares[mark - 1])
                    continue
                }
                let before = mark == 0 ? calm[0] : shares[mark - 1]
                shares.append(
                    (Double(counts[mark].again) + 3 * before) / (Double(counts[mark].scores) + 3)
                )
            }
            return zip(after, shares).map { max($0, $1) }
        }
        return (pairs.count, worth, [calm, after, atLeast(recent), atLeast(previous)])
    }

    /// Runs of near-equal scores of several users, their queries interleaved.
    private func scores(_ random: inout SeededGenerator) -> [Succession.Score] {
        let users = random.integer(3...25)
        let longest = [1, 2, 8, 32].randomElement(using: &random) ?? 1
        var values = [Double](repeating: 0, count: users)
        var left = [Int](repeating: 0, count: users)
        return (0..<random.integer(300...900)).map { _ in
            let user = random.integer(0...users - 1)
            if left[user] == 0 {
                left[user] = random.integer(1...longest)
                values[user] = Double.random(in: -0.2...1, using: &random)
            }
            left[user] -= 1
            let value = values[user] * (1 + Double.random(in: -0.02...0.02, using: &random))
            return Succession.Score(value: value, series: Int64(user), block: Int32(user % 20))
        }
    }

    @Test func `pasts are counted as looking back from each score counts them`() {
        var random = SeededGenerator(seed: seed)
        var seen: Set<String> = []
        for _ in 0..<60 {
            let scores = scores(&random)
            let falling = scores.sorted { $0.value > $1.value }
            let rungs = Rungs(
                falling: falling.map(\.value),
                blocks: falling.map(\.block),
                fractions: CalibrationBuilder.defaultFractions
            )
            let bounds = rungs.bounds(detectors: 2, delta: 0.01)
            let table = Succession(
                scores,
                exceedances: rungs.exceedances,
                thresholds: rungs.thresholds,
                bounds: bounds
            ).table(detectors: 2, delta: 0.01)
            // The marks: the first rung that no larger share than each reaches, and the rarest.
            for (mark, share) in BetTable.shares.enumerated() {
                let first = rungs.exceedances.firstIndex { Double($0) <= share * Double(scores.count) + 1e-6 }
                #expect(table.rungs[mark] == (first ?? rungs.exceedances.count - 1) + 1, "seed \(seed)")
            }
            #expect(table.rungs.last == rungs.exceedances.count)
            var calm = table.rungs.map { bounds[$0 - 1] }
            for mark in 1..<6 { calm[mark] = min(calm[mark], calm[mark - 1]) }
            let thresholds = table.rungs.map { rungs.thresholds[$0 - 1] }
            let expected = slow(scores, thresholds, table.rungs, calm)
            #expect(table.pairs == expected.pairs && table.worth == expected.worth, "seed \(seed)")
            for (found, wanted) in zip(table.inverses.joined(), expected.bounds.joined()) {
                let inverse = 4_294_967_296 / min(1, wanted)
                #expect(abs(Double(found) - inverse) <= 1 + inverse * 1e-9, "seed \(seed)")
            }
            #expect(table.fault(rungs: rungs.exceedances.count) == nil)
            // Nothing that followed a remarkable score is bet higher than what followed none.
            for past in table.inverses.dropFirst() {
                #expect(zip(past, table.inverses[0]).allSatisfy { $0 <= $1 }, "seed \(seed)")
            }
            if table.inverses[3] != table.inverses[2] { seen.insert("previous and recent differ") }
            if table.inverses[1] != table.inverses[0] { seen.insert("remarkable is not calm") }
        }
        #expect(seen == ["previous and recent differ", "remarkable is not calm"])
    }

    @Test func `a score follows its user's, a model's detector everybody's, however records are interleaved`()
        throws
    {
        var random = SeededGenerator(seed: seed)
        let (user, model) = (DetectorID("similarity.user.descent"), DetectorID("similarity.model.descent"))
        let values = (0..<10).map { _ in (0..<40).map { _ in Double.random(in: 0...1, using: &random) } }
        func built(_ order: [(user: Int, index: Int)]) throws -> Calibration {
            var builder = try CalibrationBuilder(model: ModelID("m"), detectorConfiguration: "")
            for (number, index) in order {
                let score = values[number][index]
                builder.add([(user, score), (model, score)], block: "b\(number)", user: "u\(number)")
            }
            return try builder.build()
        }
        let sequential = (0..<10).flatMap { user in (0..<40).map { (user: user, index: $0) } }
        let turns = (0..<40).flatMap { index in (0..<10).map { (user: $0, index: index) } }
        let (one, two) = (try built(sequential), try built(turns))
        #expect(one[user]?.bets == two[user]?.bets)
        #expect(one[model]?.bets?.pairs != two[model]?.bets?.pairs)
        #expect(one[user]?.bets?.pairs != two[model]?.bets?.pairs)
    }

    @Test func `too few linked scores lend their pasts from descent`() throws {
        var random = SeededGenerator(seed: 5)
        let (descent, fall) = (DetectorID("similarity.user.descent"), DetectorID("similarity.campaign.fall"))
        var builder = try CalibrationBuilder(model: ModelID("m"), detectorConfiguration: "")
        var score = 0.5
        for record in 0..<3000 {
            if record % 8 == 0 { score = Double.random(in: 0...1, using: &random) }
            let isLinked = record % 70 == 0
            builder.add(
                isLinked ? [(descent, score), (fall, score)] : [(descent, score)],
                block: "\(record / 40)",
                campaign: isLinked ? Int64(record) : nil
            )
        }
        let calibration = try builder.build()
        let (own, lent) = (
            try #require(calibration[descent]?.bets), try #require(calibration[fall]?.bets)
        )
        let lender = try #require(builder.lentBets(among: 1))
        // What is lent knows less: it never bets higher than the lender's own.
        for (mine, theirs) in zip(own.inverses.joined(), lender.inverses.joined()) { #expect(theirs <= mine) }
        #expect(lender != own && lender.inverses[0] == own.inverses[0])
        #expect(lent.pairs == 0 && lent.worth == 0)
        for past in [BetTable.Past.remarkable, .recent, .previous] {
            for mark in 1...6 {
                // As many times less than after no remarkable one.
                let lift =
                    Double(lender.inverse(ofMark: mark, past: .calm))
                    / Double(lender.inverse(ofMark: mark, past: past))
                let wanted = max(
                    4_294_967_296,
                    Double(lent.inverse(ofMark: mark, past: .calm)) / max(1, lift)
                )
                #expect(abs(Double(lent.inverse(ofMark: mark, past: past)) / wanted - 1) < 1e-8)
            }
        }
    }
}
