import Console
import Domain
import Runtime

/// A titled table of an evaluation.
struct EvaluationSection {
    /// The key in JSON.
    let key: String
    let title: String
    let report: Report
}

/// An evaluation as tables.
struct EvaluationReport {
    private let evaluation: Evaluation
    private let choice: AlarmRule.Choice

    init(_ evaluation: Evaluation, choice: AlarmRule.Choice) {
        self.evaluation = evaluation
        self.choice = choice
    }

    /// What is not as it should be with truth and records, in sentences.
    var notes: [String] {
        let levels = evaluation.levels
        return [
            (evaluation.missing, "records of the truth file are not stored"),
            (evaluation.unknown, "stored records are not in the truth file"),
            (levels.strays, "queries of attacks belong to no attempt: they have no attack_instance"),
        ].filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
    }

    /// What the campaigns' tables leave out, in a sentence.
    var campaignSummary: String { campaigns.summary }

    /// Everything as one object.
    var json: JSONValue {
        var members = [JSONValue.Member("alarm", alarm)]
        members += (levels.sections + [levels.attempts] + alarms).map {
            JSONValue.Member($0.key, .array($0.report.objects))
        }
        members.append(.init("campaigns", campaigns.json))
        members.append(.init("missing", .integer(Int64(evaluation.missing))))
        members.append(.init("unknown", .integer(Int64(evaluation.unknown))))
        members.append(.init("without_attempt", .integer(Int64(evaluation.levels.strays))))
        return .object(members)
    }

    private var campaigns: CampaignReport { CampaignReport(evaluation: evaluation.campaigns) }
    /// What people got: what counts.
    var levels: LevelReport { LevelReport(evaluation: evaluation.levels) }

    private var alarm: JSONValue {
        switch choice {
        case .share(let share): .object(["share": .number(share)])
        case .rung(let rung): .object(["rung": .integer(Int64(rung))])
        }
    }

    /// What an alarm is, in words.
    var alarmed: String {
        switch choice {
        case .share(let share):
            "a rung is so rare that at most \(decimal(percentage(share))) % of the calibration's records reach one"
        case .rung(let rung): "a detector's score exceeds \(rung) or more of its thresholds"
        }
    }

    /// The tables that people read, in order: levels first.
    var sections: [EvaluationSection] { levels.sections + others }

    /// Query alarms, accounts and campaigns.
    var others: [EvaluationSection] { alarms + campaigns.sections }

    /// What single queries were alarmed, whatever the levels became.
    private var alarms: [EvaluationSection] {
        [
            EvaluationSection(
                key: "attacks",
                title: "query alarms (detected: an attempt with an alarmed query; alarmed: \(alarmed))",
                report: attacks
            ),
            EvaluationSection(key: "benign_styles", title: "benign styles", report: styles),
            EvaluationSection(
                key: "roc",
                title:
                    "what other alarm rungs would give (alarmed: a rung that at most this share of benign scores reached)",
                report: curve
            ),
            EvaluationSection(
                key: "accounts_by_level",
                title: "accounts by highest level",
                report: accountLevels
            ),
            EvaluationSection(key: "attacking_accounts", title: "attacking accounts", report: accounts),
        ]
    }

    private var attacks: Report {
        var report = Report(
            [.init("attack"), .init("instances", isNumeric: true), .init("detected", isNumeric: true)]
                + intervalColumns("detected") + [
                    .init("median_query_of_first_alarm", isNumeric: true),
                    .init("p90_query_of_first_alarm", isNumeric: true), .init("queries", isNumeric: true),
                    .init("alarmed", isNumeric: true),
                ]
        )
        func append(_ name: String, _ group: AttackGroup, withQueries least: Int = 1) {
            let detected = group.detected(withQueries: least)
            var row: [JSONValue] = [
                .string(name), .integer(Int64(detected.size)), .integer(Int64(detected.count)),
            ]
            row += percentages(detected.value, detected.interval)
            if least == 1 {
                row += [0.5, 0.9].map { integer(group.untilAlarm.quantile($0)) }
                row += [integer(group.queries.size), integer(group.queries.count)]
            } else {
                row += [.null, .null, .null, .null]
            }
            report.append(row)
        }
        for (name, group) in evaluation.attacks.sorted(by: { $0.key < $1.key }) { append(name, group) }
        let all = evaluation.attacks.values.reduce(into: AttackGroup()) { $0.merge($1) }
        append("10 or more queries", all, withQueries: 10)
        append("all", all)
        return report
    }

    private var styles: Report {
        var report = Report(
            [.init("style"), .init("queries", isNumeric: true), .init("alarmed", isNumeric: true)]
                + intervalColumns("alarmed") + [
                    .init("users", isNumeric: true), .init("users_alarmed", isNumeric: true),
                ] + Level.allCases.reversed().map { .init("users_\($0)", isNumeric: true) }
        )
        func append(_ name: String, _ group: BenignGroup) {
            let (queries, users) = (group.queries, group.alarmed)
            let whole = queries.whole
            let levels = group.users.keys.map { evaluation.accounts[$0]?.highest ?? .info }
            var row: [JSONValue] = [.string(name), integer(whole.size), integer(whole.count)]
            row += percentages(whole.value, queries.interval)
            row += [integer(users.size), integer(users.count)]
            for level in Level.allCases.reversed() { row.append(integer(levels.count { $0 == level })) }
            report.append(row)
        }
        func merged(_ isWanted: (String) -> Bool) -> BenignGroup {
            evaluation.styles.filter { isWanted($0.key) }.values
                .reduce(into: BenignGroup()) { $0.merge($1) }
        }
        for (name, group) in evaluation.styles.sorted(by: { $0.key < $1.key }) { append(name, group) }
        append("hard (all but plain)", merged { $0 != "benign:plain" })
        append("all", merged { _ in true })
        return report
    }

    private var curve: Report {
        var report = Report([
            .init("rarity"), .init("benign_percent", isNumeric: true),
            .init("plain_percent", isNumeric: true),
            .init("hard_percent", isNumeric: true), .init("instances_percent", isNumeric: true),
            .init("long_instances_percent", isNumeric: true),
            .init("attack_queries_percent", isNumeric: true),
        ])
        for point in evaluation.curve.points {
            let shares = [
                point.benign, point.plain, point.hard, point.attempts, point.longAttempts, point.queries,
            ]
            var row: [JSONValue] = [.number((point.rarity * 1e5).rounded() / 1e5)]
            for share in shares { row.append(share.value.map { .number(percentage($0)) } ?? .null) }
            report.append(row)
        }
        return report
    }

    private var accountLevels: Report {
        var report = Report([
            .init("highest_level"), .init("attacking_accounts", isNumeric: true),
            .init("with_100_queries", isNumeric: true), .init("benign_accounts", isNumeric: true),
        ])
        let accounts = evaluation.accounts.values
        for level in Level.allCases.reversed().map(Optional.some) + [nil] {
            let reached = accounts.filter { $0.highest == level }
            report.append([
                .string(word(level)), .integer(Int64(reached.count { $0.isAttacker })),
                .integer(Int64(reached.count { $0.isAttacker && $0.queries >= 100 })),
                .integer(Int64(reached.count { !$0.isAttacker })),
            ])
        }
        return report
    }

    private var accounts: Report {
        var report = Report([
            .init("account"), .init("attacks"), .init("instances", isNumeric: true),
            .init("queries", isNumeric: true), .init("highest_level"),
            .init("queries_until_high", isNumeric: true),
        ])
        for (entity, account) in evaluation.accounts.sorted(by: { $0.key < $1.key }) where account.isAttacker
        {
            report.append([
                .string(entity.description), .string(account.attacks.sorted().joined(separator: ", ")),
                .integer(Int64(account.instances.count)), .integer(Int64(account.queries)),
                .string(word(account.highest)), account.untilHigh.map { .integer(Int64($0)) } ?? .null,
            ])
        }
        return report
    }
}

/// The columns of a share in percent and its interval.
private func intervalColumns(_ name: String) -> [Report.Column] {
    ["percent", "low", "high"].map { .init("\(name)_\($0)", isNumeric: true) }
}

/// A share in percent and its interval, with one decimal.
private func percentages(_ value: Double?, _ interval: ClosedRange<Double>) -> [JSONValue] {
    [value, interval.lowerBound, interval.upperBound].map { $0.map { .number(percentage($0)) } ?? .null }
}

private func integer(_ value: Int?) -> JSONValue { value.map { .integer(Int64($0)) } ?? .null }

/// Percent with two decimals.
private func percentage(_ share: Double) -> Double { (share * 10_000).rounded() / 100 }

extension [Int] {
    /// The smallest element that at least a share of them does not exceed, of elements that rise; nil of none.
    func quantile(_ share: Double) -> Int? {
        isEmpty ? nil : self[Swift.max(0, Int((share * Double(count)).rounded(.up)) - 1)]
    }
}
