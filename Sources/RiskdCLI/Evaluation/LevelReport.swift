import Console
import Domain
import Runtime

/// What people got, as tables.
struct LevelReport {
    let evaluation: LevelEvaluation

    /// The levels that count, rising.
    static let levels = Level.allCases.filter { $0 > .info }

    /// The tables that everybody reads, in order.
    var sections: [EvaluationSection] {
        [
            EvaluationSection(
                key: "levels",
                title: """
                    attempts that reach each level (an account of theirs, or a campaign at least half their own, while they \
                    run or within 60 s)
                    """,
                report: reached
            ),
            EvaluationSection(
                key: "until_levels",
                title: "queries and seconds until an attempt reaches each level (medians of those that do)",
                report: until
            ),
            EvaluationSection(
                key: "benign_levels",
                title: "accounts and campaigns of ordinary users by highest level",
                report: benign
            ),
        ]
    }

    /// Each attempt by itself: a row an attempt, those that were noticed least first.
    var attempts: EvaluationSection {
        EvaluationSection(
            key: "attempts",
            title: "attempts (noticed least first; queries and seconds until each level)",
            report: each
        )
    }

    private var reached: Report {
        let ways: [(String, (LevelEvaluation.Attempt) -> Level)] = [
            ("account", \.account), ("campaign", \.campaign),
        ]
        var report = Report(
            [.init("attack"), .init("attempts", isNumeric: true)]
                + Self.levels.map { .init($0.description, isNumeric: true) }
                + ways.flatMap { way in
                    Self.levels.map {
                        .init("\(way.0)_\($0)", isNumeric: true, isOptional: $0 == .low || $0 == .critical)
                    }
                }
        )
        for group in evaluation.groups {
            report.append(
                [.string(group.name), .integer(Int64(group.attempts.count))]
                    + Self.levels.map { .integer(Int64(group.count($0))) }
                    + ways.flatMap { way in Self.levels.map { .integer(Int64(group.count($0, way.1))) } }
            )
        }
        return report
    }

    private var until: Report {
        var report = Report([.init("attack")] + Self.untilColumns)
        for group in evaluation.groups {
            report.append(
                [.string(group.name)]
                    + Self.levels.map { level in
                        group.median(level, \.queries).map { .integer(Int64($0)) } ?? .null
                    }
                    + Self.levels.map { level in
                        group.median(level, \.after).map { .number($0.inSeconds) } ?? .null
                    }
            )
        }
        return report
    }

    private var benign: Report {
        var report = Report([
            .init("highest_level"), .init("benign_accounts", isNumeric: true),
            .init("benign_campaigns", isNumeric: true),
        ])
        for level in Level.allCases.reversed() {
            report.append([
                .string(level.description), .integer(Int64(evaluation.benignAccounts[level] ?? 0)),
                .integer(Int64(evaluation.benignCampaigns[level] ?? 0)),
            ])
        }
        return report
    }

    private var each: Report {
        var report = Report(
            [
                .init("attempt"), .init("attack"), .init("level"), .init("account_level"),
                .init("campaign_level"), .init("queries", isNumeric: true), .init("decoys", isNumeric: true),
                .init("accounts", isNumeric: true), .init("campaigns", isNumeric: true),
            ] + Self.untilColumns
        )
        for attempt in evaluation.worstFirst {
            let words =
                [attempt.name, attempt.group]
                + [attempt.level, attempt.account, attempt.campaign]
                .map(\.description)
            let counts = [attempt.queries, attempt.decoys, attempt.accounts.count, attempt.campaigns.count]
            report.append(
                words.map { .string($0) } + counts.map { .integer(Int64($0)) }
                    + Self.levels.map { attempt.reached[$0].map { .integer(Int64($0.queries)) } ?? .null }
                    + Self.levels.map { attempt.reached[$0].map { .number($0.after.inSeconds) } ?? .null }
            )
        }
        return report
    }

    private static let untilColumns: [Report.Column] =
        levels.map { .init("queries_until_\($0)", isNumeric: true) }
        + levels.map { .init("seconds_until_\($0)", isNumeric: true) }
}
