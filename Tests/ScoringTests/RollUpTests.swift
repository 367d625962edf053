import Domain
import Testing

@testable import Scoring

@Suite struct RollUpTests {
    @Test func `members in any order give the odds and the names of a sorted list`() throws {
        let rules = try ScoringConfiguration()
        var generator = SeededGenerator(seed: 7)
        for _ in 0..<300 {
            let model = ModelID("m")
            let members = (0..<generator.integer(0...40)).map { number in
                // Few different odds, so that many are equal and names decide.
                (Entity.user(UserID("u\(number)"), model: model), Int64(generator.integer(0...6)) * 200_000)
            }
            var rollUp = RollUp(rules, criticality: 1000)
            for (entity, odds) in members.shuffled(using: &generator) {
                rollUp.add(entity, odds: odds, score: 0)
            }
            #expect(rollUp.odds == rules.rollUpPPM(members.map(\.1), criticality: 1000))
            let sorted = members.filter { $0.1 > 0 }.sorted { $0.1 == $1.1 ? $0.0 < $1.0 : $0.1 > $1.1 }
            let above = sorted.dropFirst().filter { $0.1 > rules.oddsFloor }
            let named = Set((sorted.prefix(1) + above.prefix(RollUp.named)).map(\.0.description))
            let parts = rollUp.explain(90_000)
            #expect(Set(parts.map(\.name)).subtracting(["others"]) == named)
            #expect(parts.contains { $0.name == "others" } == (above.count > RollUp.named))
            #expect(parts.reduce(0) { $0 + $1.milliPoints } == (sorted.isEmpty ? 0 : 90_000))
        }
    }
}
