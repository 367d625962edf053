import Domain
import Runtime

/// An evaluation as one HTML file with plots: nothing is fetched, so it can be mailed and kept.
struct EvaluationPage {
    private let evaluation: Evaluation
    private let report: EvaluationReport
    /// What was evaluated, for people.
    private let subject: String
    private let alarmed: String

    init(_ evaluation: Evaluation, choice: AlarmRule.Choice, subject: String) {
        self.evaluation = evaluation
        report = EvaluationReport(evaluation, choice: choice)
        self.subject = subject
        alarmed = report.alarmed
    }

    /// The file.
    var html: String {
        """
        <!DOCTYPE html>
        <html lang="en"><head><meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
        <title>riskd evaluation: \(Markup.escaped(subject))</title>
        <style>\(Self.style)</style></head><body><main>
        <h1>riskd evaluation</h1>
        <p class="lead">\(Markup.escaped(subject)). A query is alarmed where \(Markup.escaped(alarmed)); an attempt is
        detected when one of its queries is alarmed. Whiskers are 95 % intervals: Clopper and Pearson's for attempts and
        users, bootstrapped over users for queries.</p>
        \(tiles)
        <div class="charts">
        \(figure("Attempts detected against benign queries alarmed, wherever the line is drawn", roc))
        \(figure("Queries until the first alarm, of all attempts of an attack", untilAlarm))
        \(figure("Attempts detected, by attack", detected))
        \(figure("Benign queries alarmed, by style", benign))
        \(figure("Accounts by the highest level that they reached", levels))
        </div>
        \(tables)
        </main></body></html>

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
        let values = [
            ("attempts detected", share(attacks.detected())),
            ("attempts of ten queries or more detected", share(attacks.detected(withQueries: 10))),
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

    /// Two stacked bars: attackers and ordinary users, by highest level.
    private var levels: String {
        let (left, width, step) = (150.0, 420.0, 34.0)
        let kinds = [("attackers", true), ("of these, 100 queries", true), ("ordinary users", false)]
        var text = "<svg viewBox=\"0 0 600 150\" role=\"img\" aria-label=\"levels\"><title>levels</title>\n"
        for (index, (name, isAttacker)) in kinds.enumerated() {
            let accounts = evaluation.accounts.values.filter {
                $0.isAttacker == isAttacker && (index != 1 || $0.queries >= 100)
            }
            let y = 10 + step * Double(index)
            text +=
                "<text class=\"name\" x=\"\(Markup.number(left - 8))\" y=\"\(Markup.number(y + 18))\">\(Markup.escaped(name))</text>"
            var x = left
            for level in Level.allCases.reversed() {
                let count = accounts.count { ($0.highest ?? .info) == level }
                let size = width * Double(count) / Double(max(1, accounts.count))
                if count > 0 {
                    text +=
                        "<rect class=\"level-\(level)\" x=\"\(Markup.number(x))\" y=\"\(Markup.number(y))\" width=\"\(Markup.number(size))\" height=\"26\"><title>\(count) at \(level)</title></rect>"
                    if size > 18 {
                        text +=
                            "<text class=\"in\" x=\"\(Markup.number(x + size / 2))\" y=\"\(Markup.number(y + 17))\">\(count)</text>"
                    }
                }
                x += size
            }
            text += "\n"
        }
        for (index, level) in Level.allCases.reversed().enumerated() {
            let x = left + Double(index) * 84
            text +=
                "<rect class=\"level-\(level)\" x=\"\(Markup.number(x))\" y=\"122\" width=\"14\" height=\"14\"/>"
            text += "<text class=\"note\" x=\"\(Markup.number(x + 20))\" y=\"133\">\(level)</text>"
        }
        return text + "</svg>\n"
    }

    private var tables: String {
        (report.sections + CampaignReport(evaluation: evaluation.campaigns).sections).map { section in
            """
            <details\(section.key == "roc" || section.key == "attacking_accounts" ? "" : " open")>
            <summary>\(Markup.escaped(section.title))</summary>
            \(Markup.table(section.report))</details>

            """
        }.joined()
    }
}
