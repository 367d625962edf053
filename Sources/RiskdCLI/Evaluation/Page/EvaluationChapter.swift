import Domain
import Runtime

/// One evaluation on the page: levels, an attempt each, query alarms, tables.
struct EvaluationChapter {
    private let evaluation: Evaluation
    private let report: EvaluationReport

    init(_ evaluation: Evaluation, choice: AlarmRule.Choice) {
        self.evaluation = evaluation
        report = EvaluationReport(evaluation, choice: choice)
    }

    /// What stands on the page.
    var html: String {
        """
        \(tiles)
        <div class="charts">
        \(figure("Attempts by the highest level that they reached", reached))
        \(figure("Accounts by the highest level that they reached", levels))
        </div>
        \(gallery)
        <h3>Query alarms</h3>
        <p class="lead">A query is alarmed where \(Markup.escaped(report.alarmed)); an attempt is detected when one of its
        queries is alarmed. Whiskers are 95 % intervals: Clopper and Pearson's for attempts and users, bootstrapped over users
        for queries.</p>
        <div class="charts">
        \(figure("Attempts detected against benign queries alarmed, wherever the line is drawn", roc))
        \(figure("Queries until the first alarm, of all attempts of an attack", untilAlarm))
        \(figure("Attempts detected, by attack", detected))
        \(figure("Benign queries alarmed, by style", benign))
        </div>
        \(tables)
        """
    }

    private func figure(_ title: String, _ body: String) -> String {
        "<figure><figcaption>\(Markup.escaped(title))</figcaption>\(body)</figure>"
    }

    private var all: (attacks: AttackGroup, benign: BenignGroup, plain: BenignGroup) {
        (
            evaluation.attacks.values.reduce(into: AttackGroup()) { $0.merge($1) },
            evaluation.styles.values.reduce(into: BenignGroup()) { $0.merge($1) },
            evaluation.styles["benign:plain"] ?? BenignGroup()
        )
    }

    private var tiles: String {
        let (attacks, benign, plain) = all
        let accounts = evaluation.accounts.values
        let loud = accounts.filter { $0.isAttacker && $0.queries >= 100 }
        func share(_ share: Share) -> String {
            "\(share.value.map(Markup.percent) ?? "–") <small>\(share.count) of \(share.size)</small>"
        }
        let high = { (account: Account) in (account.highest ?? .info) >= .high }
        let totals = evaluation.levels.totals
        func reach(_ group: LevelGroup, _ level: Level) -> String {
            share(Share(count: group.count(level), size: group.attempts.count))
        }
        let benignMedium = evaluation.levels.benignAccounts.filter { $0.key >= .medium }.values.reduce(0, +)
        let values = [
            ("attempts of ten queries or more at medium", reach(totals[0], .medium)),
            ("attempts of ten queries or more at high", reach(totals[0], .high)),
            ("all attempts at medium", reach(totals[2], .medium)),
            ("all attempts at high", reach(totals[2], .high)),
            ("benign users at medium", "\(benignMedium)"),
            ("attempts with an alarmed query", share(attacks.detected())),
            ("benign queries alarmed", share(benign.queries.whole)),
            ("plain benign queries alarmed", share(plain.queries.whole)),
            ("benign users at high", "\(accounts.count { !$0.isAttacker && high($0) })"),
            (
                "attackers of 100 queries at high",
                share(Share(count: loud.count(where: high), size: loud.count))
            ),
        ]
        return "<div class=\"tiles\">"
            + values.map { "<div><b>\($0.1)</b><span>\(Markup.escaped($0.0))</span></div>" }.joined()
            + "</div>"
    }

    private var roc: String {
        let points = evaluation.curve.points
        func curve(_ name: String, _ share: (OperatingCurve.Point) -> Share) -> StepChart.Curve {
            StepChart.Curve(
                name: name,
                points: points.map { ($0.benign.value ?? 0, share($0).value ?? 0) }
            )
        }
        return StepChart(
            title: "ROC",
            horizontal: "benign queries alarmed (dashed: 1 %)",
            vertical: "attempts detected",
            axis: .shares(end: 0.1),
            curves: [
                curve("all attempts", \.attempts),
                curve("attempts of ten queries or more", \.longAttempts),
                curve("attack queries", \.queries),
            ],
            mark: 0.01
        ).svg
    }

    private var untilAlarm: String {
        let groups = evaluation.attacks.sorted { $0.key < $1.key }
        let end = groups.compactMap { $0.value.untilAlarm.last }.max() ?? 1
        return StepChart(
            title: "queries until the first alarm",
            horizontal: "queries",
            vertical: "attempts detected by then",
            axis: .counts(end: Double(max(10, end))),
            curves: groups.map { name, group in
                let size = Double(max(1, group.attempts.count))
                return StepChart.Curve(
                    name: "\(name), \(group.attempts.count)",
                    points: group.untilAlarm.enumerated().map { (Double($1), Double($0 + 1) / size) }
                )
            }
        ).svg
    }

    private var detected: String {
        func bar(_ name: String, _ share: Share, isTotal: Bool = false) -> BarChart.Bar {
            BarChart.Bar(
                name: name,
                share: share.value ?? 0,
                interval: share.interval,
                note: "\(share.value.map(Markup.percent) ?? "–")  (\(share.count) of \(share.size))",
                isTotal: isTotal
            )
        }
        let bars = evaluation.attacks.sorted { $0.key < $1.key }.map { bar($0.key, $0.value.detected()) }
        return BarChart(
            title: "attempts detected",
            bars: bars + [
                bar("10 or more queries", all.attacks.detected(withQueries: 10), isTotal: true),
                bar("all", all.attacks.detected(), isTotal: true),
            ],
            end: 1,
            style: "good"
        ).svg
    }

    private var benign: String {
        func bar(_ name: String, _ group: BenignGroup, isTotal: Bool = false) -> BarChart.Bar {
            let whole = group.queries.whole
            return BarChart.Bar(
                name: name.hasPrefix("benign:") ? String(name.dropFirst(7)) : name,
                share: whole.value ?? 0,
                interval: group.queries.interval,
                note: "\(whole.value.map(Markup.percent) ?? "–")  (\(whole.count) of \(whole.size))",
                isTotal: isTotal
            )
        }
        let hard = evaluation.styles.filter { $0.key != "benign:plain" }.values
            .reduce(into: BenignGroup()) { $0.merge($1) }
        let bars =
            evaluation.styles.sorted { $0.key < $1.key }.map { bar($0.key, $0.value) } + [
                bar("all but plain", hard, isTotal: true), bar("all", all.benign, isTotal: true),
            ]
        let widest = bars.map(\.share).max() ?? 0
        return BarChart(
            title: "benign queries alarmed",
            bars: bars,
            end: widest > 0.2 ? 1 : widest > 0.04 ? 0.2 : 0.04,
            style: "bad",
            target: 0.01
        ).svg
    }

    /// Attackers and ordinary users, by highest level.
    private var levels: String {
        let kinds = [("attackers", true), ("of these, 100 queries", true), ("ordinary users", false)]
        return LevelBars(
            title: "accounts by highest level",
            rows: kinds.enumerated().map { index, kind in
                let accounts = evaluation.accounts.values.filter {
                    $0.isAttacker == kind.1 && (index != 1 || $0.queries >= 100)
                }
                return LevelBars.Row(name: kind.0, levels: accounts.map { $0.highest ?? .info })
            }
        ).svg
    }

    /// Attempts by the highest level that they reached.
    private var reached: String {
        LevelBars(
            title: "attempts by highest level",
            rows: evaluation.levels.groups.map { group in
                LevelBars.Row(
                    name: group.name,
                    levels: group.attempts.map(\.level),
                    isTotal: group.isTotal
                )
            }
        ).svg
    }

    /// A chart for each attempt, those that were noticed least first.
    private var gallery: String {
        let worst = evaluation.levels.worstFirst
        let charts = worst.prefix(Self.mostCharts).map { AttemptChart($0, evaluation).figure }
        let rest = worst.count - charts.count
        return """
            <h3>Score and level over each attempt's queries, noticed least first</h3>
            <p class="lead">The lines are the highest score of an account of the attempt (solid) and of a campaign at least half \
            its own (dashed) as it stood at each query, against the scores that enter the levels; the strip below is the \
            level. Right of the last query: the highest within 60 s.\(rest > 0 ? " \(rest) more are in the table." : "")</p>
            <div class="attempts">\(charts.joined(separator: "\n"))</div>
            """
    }

    /// A page of thousands of charts is no page.
    private static let mostCharts = 500

    private var tables: String {
        let sections = report.levels.sections + [report.levels.attempts] + report.others
        let closed: Set = ["roc", "attacking_accounts", "attempts"]
        return sections.map { section in
            """
            <details\(closed.contains(section.key) ? "" : " open")>
            <summary>\(Markup.escaped(section.title))</summary>
            \(Markup.table(section.report))</details>

            """
        }.joined()
    }
}
