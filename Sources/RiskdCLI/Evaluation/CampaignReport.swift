import Console
import Domain
import Runtime

/// The campaigns' part of an evaluation as tables.
struct CampaignReport {
    let evaluation: CampaignEvaluation

    /// The tables, in order.
    var sections: [EvaluationSection] {
        [
            EvaluationSection(
                key: "campaign_attacks",
                title: "campaigns of attacks (attempts by the highest level of a campaign that they joined)",
                report: attacks
            ),
            EvaluationSection(
                key: "campaign_styles",
                title: "campaigns of benign styles",
                report: styles
            ),
            EvaluationSection(
                key: "campaign_levels",
                title: "campaigns by highest level",
                report: levels
            ),
        ]
    }

    /// Who shares campaigns, in a sentence.
    var summary: String {
        """
        \(evaluation.shared) campaigns of several ordinary users, \(evaluation.mixed) of ordinary users and \
        attackers; \(evaluation.sharing.count) ordinary users share a campaign with another account
        """
    }

    var json: JSONValue {
        .object([
            "attacks": .array(attacks.objects), "benign_styles": .array(styles.objects),
            "by_level": .array(levels.objects),
            "shared_by_ordinary_users": .integer(Int64(evaluation.shared)),
            "shared_with_attackers": .integer(Int64(evaluation.mixed)),
            "ordinary_users_sharing": .integer(Int64(evaluation.sharing.count)),
        ])
    }

    private var attacks: Report {
        var report = Report(
            [
                .init("attack"), .init("instances", isNumeric: true), .init("in_a_campaign", isNumeric: true),
            ]
                + Level.allCases.reversed().map { .init($0.description, isNumeric: true) }
                + [.init("queries", isNumeric: true), .init("joined", isNumeric: true)]
        )
        for (name, attack) in evaluation.attacks.sorted(by: { $0.key < $1.key }) {
            let levels = attack.instances.values
            report.append(
                [
                    .string(name), .integer(Int64(levels.count)), .integer(Int64(levels.count { $0 >= 0 })),
                ]
                    + Level.allCases.reversed().map { level in
                        .integer(Int64(levels.count { $0 == level.rawValue }))
                    } + [.integer(Int64(attack.queries)), .integer(Int64(attack.joined))]
            )
        }
        return report
    }

    private var styles: Report {
        var report = Report([
            .init("style"), .init("queries", isNumeric: true), .init("joined", isNumeric: true),
            .init("campaigns", isNumeric: true), .init("highest_level"),
        ])
        for (name, style) in evaluation.styles.sorted(by: { $0.key < $1.key }) {
            report.append([
                .string(name), .integer(Int64(style.queries)), .integer(Int64(style.joined)),
                .integer(Int64(style.campaigns.count)), .string(style.highest.description),
            ])
        }
        return report
    }

    private var levels: Report {
        var report = Report([
            .init("highest_level"), .init("of_attacks", isNumeric: true),
            .init("of_ordinary_users", isNumeric: true),
        ])
        for level in Level.allCases.reversed() {
            report.append([
                .string(level.description), .integer(Int64(evaluation.ofAttacks[level] ?? 0)),
                .integer(Int64(evaluation.ofOthers[level] ?? 0)),
            ])
        }
        return report
    }
}
