import Domain
import Testing

@testable import RiskdCLI

/// What attempts reach, against a look at every half second.
@Suite struct LevelEvaluationTests {
    private static let model = ModelID("m")

    private static func user(_ name: String) -> Entity { .user(UserID(name), model: model) }
    private static func campaign(_ number: Int64) -> Entity { .campaign(number, model: model) }
    private static func seconds(_ seconds: Double) -> Timestamp {
        Timestamp(milliseconds: Int64(seconds * 1000))
    }

    /// A record that was sent, and its truth.
    private struct Sent {
        let user: String
        let campaign: Int64?
        let second: Double
        /// `benign`, `decoy` or an attack's name; nil: the truth does not have it.
        let attack: String?
        let attempt: String
    }

    private static func evaluate(
        _ sent: [Sent],
        _ changes: [Entity: [(second: Double, level: Level)]]
    ) throws -> LevelEvaluation {
        var truth = "id,scenario,attack,attack_instance\n"
        for (number, record) in sent.enumerated() {
            guard let attack = record.attack else { continue }
            let scenario = attack == "benign" ? "benign:plain" : "whitebox"
            truth += "r\(number),\(scenario),\(attack),\(record.attempt)\n"
        }
        let observations = sent.enumerated().map { number, record in
            Evaluation.Judged(
                record: "r\(number)",
                sequence: Int64(number + 1),
                entity: user(record.user),
                campaign: record.campaign.map(campaign),
                time: seconds(record.second),
                tick: Tick(Int64(record.second)),
                isAlarmed: false,
                rarity: 1
            )
        }
        let histories = changes.mapValues { changes in
            changes.reduce(into: LevelHistory()) { $0.append($1.level, at: seconds($1.second)) }
        }
        return LevelEvaluation(
            observations,
            truth: try Truth(truth, path: "truth"),
            histories: histories
        )
    }

    private static func attempt(
        _ second: Double,
        _ user: String = "x",
        campaign: Int64? = nil,
        _ attack: String = "bim"
    ) -> Sent {
        Sent(user: user, campaign: campaign, second: second, attack: attack, attempt: "i")
    }

    @Test func `a level that was held before the first query counts from the first query on`() throws {
        let queries = [Self.attempt(100), Self.attempt(110)]
        let held = try Self.evaluate(queries, [Self.user("x"): [(5, .high), (300, .info)]])
        let attempt = try #require(held.attempts.first)
        #expect(attempt.account == .high && attempt.campaign == .info && attempt.level == .high)
        #expect(attempt.reached[.high] == .init(queries: 1, after: .zero))
        #expect(attempt.reached[.low] == attempt.reached[.high] && attempt.reached[.critical] == nil)
        let left = try Self.evaluate(queries, [Self.user("x"): [(5, .high), (99, .info)]])
        #expect(left.attempts.first?.level == .info && left.attempts.first?.reached.isEmpty == true)
    }

    @Test func `a level counts until 60 s after the last query`() throws {
        let queries = [Self.attempt(100), Self.attempt(110)]
        let within = try Self.evaluate(queries, [Self.user("x"): [(170, .medium)]])
        #expect(within.attempts.first?.level == .medium)
        #expect(within.attempts.first?.reached[.medium] == .init(queries: 2, after: .seconds(70)))
        let late = try Self.evaluate(queries, [Self.user("x"): [(170.001, .medium)]])
        #expect(late.attempts.first?.level == .info)
    }

    @Test func `a campaign counts when at least half of its members are the attempt's, decoys included`()
        throws
    {
        let levels = [Self.campaign(7): [(second: 100.5, level: Level.critical)]]
        func level(_ others: Int, decoys: Int) throws -> Level? {
            let members = [Self.attempt(100, campaign: 7), Self.attempt(101, campaign: 7)]
            let hidden = (0..<decoys).map { Self.attempt(100.2 + Double($0) / 100, campaign: 7, "decoy") }
            let strangers = (0..<others).map { _ in
                Sent(user: "p", campaign: 7, second: 90, attack: "benign", attempt: "")
            }
            return try Self.evaluate(strangers + members + hidden, levels).attempts.first?.level
        }
        #expect(try level(2, decoys: 0) == .critical)
        #expect(try level(3, decoys: 0) == .info)
        #expect(try level(3, decoys: 1) == .critical)
        #expect(try level(4, decoys: 1) == .info)
        // A campaign that only decoys joined is no campaign of the attack.
        let only = [Self.attempt(100), Self.attempt(100.2, campaign: 7, "decoy")]
        #expect(try Self.evaluate(only, levels).attempts.first?.level == .info)
    }

    @Test func `decoys belong to their attempt and are no query and no attempt of their own`() throws {
        let evaluation = try Self.evaluate(
            [
                Self.attempt(90, "y", "decoy"), Self.attempt(100), Self.attempt(105, "x", "decoy"),
                Self.attempt(110), Self.attempt(200, "x", "decoy"),
                Sent(user: "z", campaign: nil, second: 1, attack: "decoy", attempt: "alone"),
                Sent(user: "w", campaign: nil, second: 1, attack: "bim", attempt: ""),
                Sent(user: "p", campaign: nil, second: 1, attack: "benign", attempt: ""),
            ],
            // Only while the queries run, not the decoys; and an account that sent no query is none of the attempt's.
            [
                Self.user("x"): [(230, .high)], Self.user("y"): [(101, .critical)],
                Self.user("p"): [(2, .low)],
            ]
        )
        #expect(evaluation.attempts.map(\.name) == ["i"])
        let attempt = try #require(evaluation.attempts.first)
        #expect(attempt.queries == 2 && attempt.decoys == 3 && attempt.group == "bim (whitebox)")
        #expect(attempt.level == .info && attempt.accounts == [Self.user("x")])
        #expect(evaluation.strays == 1 && evaluation.benignAccounts == [.low: 1])
    }

    @Test func `campaigns of ordinary users alone are counted by their highest level`() throws {
        let evaluation = try Self.evaluate(
            [
                Sent(user: "p", campaign: 1, second: 1, attack: "benign", attempt: ""),
                Sent(user: "q", campaign: 2, second: 1, attack: "benign", attempt: ""),
                // An attacker's ordinary query spoils the campaign, and its sender is no ordinary user.
                Sent(user: "x", campaign: 2, second: 2, attack: "benign", attempt: ""),
                Self.attempt(3),
            ],
            [Self.campaign(1): [(5, .medium), (9, .info)], Self.campaign(2): [(5, .high)]]
        )
        #expect(evaluation.benignCampaigns == [.medium: 1])
        #expect(evaluation.benignAccounts == [.info: 2])
    }

    @Test(arguments: 0..<60) func `random histories give what a look at every half second gives`(
        _ seed: UInt64
    ) throws {
        var random = SplitMix(state: seed)
        let users = ["a", "b", "c", "d"]
        let sent = (0..<Int.random(in: 1...80, using: &random)).map { number in
            let kind = ["bim", "pgd", "decoy", "benign", nil].randomElement(using: &random) ?? nil
            let isBenign = kind == "benign" || kind == nil
            return Sent(
                user: users.randomElement(using: &random) ?? "a",
                campaign: Bool.random(using: &random) ? Int64.random(in: 1...4, using: &random) : nil,
                second: Double(number * 3),
                attack: kind,
                attempt: isBenign ? "" : ["i", "j", "k", ""].randomElement(using: &random) ?? "i"
            )
        }
        var changes: [Entity: [(second: Double, level: Level)]] = [:]
        for entity in users.map(Self.user) + (1...4).map({ Self.campaign($0) }) {
            let moments = Set((0..<6).map { _ in Int.random(in: -40...400, using: &random) }).sorted()
            changes[entity] = moments.map {
                (Double($0), Level.allCases.randomElement(using: &random) ?? .info)
            }
        }
        let evaluation = try Self.evaluate(sent, changes)
        let names = Set(sent.filter { $0.attack == "bim" || $0.attack == "pgd" }.map(\.attempt))
            .subtracting([""])
        #expect(evaluation.attempts.map(\.name) == names.sorted())
        for attempt in evaluation.attempts {
            let all = sent.filter { $0.attempt == attempt.name }
            let queries = all.filter { $0.attack != "decoy" }
            #expect(attempt.queries == queries.count && attempt.decoys == all.count - queries.count)
            let begin = try #require(queries.first?.second)
            let end = try #require(queries.last?.second) + 60
            let campaigns = Set(queries.compactMap(\.campaign)).filter { number in
                2 * all.count { $0.campaign == number } >= sent.count { $0.campaign == number }
            }
            // Half a second before the first query is what was held when it came.
            let moments = stride(from: begin - 0.5, through: end, by: 0.5)
            func level(_ entity: Entity, at second: Double) -> Level {
                changes[entity]?.filter { $0.second <= second }.last?.level ?? .info
            }
            func highest(_ entities: [Entity]) -> Level {
                entities.flatMap { entity in moments.map { level(entity, at: $0) } }.max() ?? .info
            }
            let (own, joined) = (
                Set(queries.map(\.user)).map(Self.user), campaigns.map { Self.campaign($0) }
            )
            #expect(attempt.account == highest(own) && attempt.campaign == highest(joined))
            for wanted in Level.allCases where wanted > .info {
                let first = moments.first { moment in
                    (own + joined).contains { level($0, at: moment) >= wanted }
                }
                let second = first.map { max($0, begin) }
                let expected = second.map { second in
                    LevelEvaluation.Attempt.Reach(
                        queries: queries.count { $0.second <= second },
                        after: .milliseconds(Int64((second - begin) * 1000))
                    )
                }
                #expect(attempt.reached[wanted] == expected, "\(attempt.name) at \(wanted)")
            }
        }
    }

    @Test func `groups are by attack and by length, and a median is of those that reach the level`() throws {
        let short = (0..<9).map {
            Sent(user: "a", campaign: nil, second: Double($0), attack: "bim", attempt: "short")
        }
        let long = (0..<10).map {
            Sent(user: "b", campaign: nil, second: Double($0), attack: "bim", attempt: "long")
        }
        let longest = (0..<100).map {
            Sent(user: "c", campaign: nil, second: Double($0), attack: "nes", attempt: "longest")
        }
        let levels = try Self.evaluate(
            short + long + longest,
            [
                Self.user("a"): [(3, .low)], Self.user("b"): [(4, .medium)],
                Self.user("c"): [(50, .high), (60, .critical)],
            ]
        )
        let groups = levels.groups
        #expect(
            groups.map(\.name) == [
                "bim (whitebox)", "nes (whitebox)", "10 or more queries", "100 or more queries", "all",
            ]
        )
        #expect(groups.map { $0.attempts.count } == [2, 1, 2, 1, 3])
        #expect(groups.map { $0.count(.medium) } == [1, 1, 2, 1, 2])
        #expect(groups.map { $0.median(.low, \.queries) } == [5, 51, 51, 51, 5])
        #expect(groups.map { $0.median(.critical, \.after) }[0] == nil)
        #expect(groups[4].median(.critical, \.after) == .seconds(60))
        #expect(levels.worstFirst.map(\.name) == ["short", "long", "longest"])
    }
}
