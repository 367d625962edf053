import Coverage
import Domain
import Pipeline

/// What the overview says of how much can be seen.
struct CoverageDocument: Encodable, Sendable {
    let blind: [String]
    let accounts: [BlindAccountDocument]

    init(_ report: CoverageReport) {
        blind = report.reasons
        accounts = report.accounts.map(BlindAccountDocument.init)
    }
}

/// One measure of one source or model.
struct CoverageItemDocument: Encodable, Sendable {
    let scope: String
    let name: String
    let measure: String
    let lines: Int64
    let bad: Int64
    let recentLines: Int
    let recentBad: Int
    let recentShare: Double?
    let longLines: Int
    let longBad: Int
    let usualShare: Double?
    let blind: Bool
    let cause: String?
    let explanation: String?

    init(_ row: CoverageRow, _ measure: CoverageMeasure, _ gauge: CoverageGauge) {
        scope = row.key.kind
        name = row.key.name
        self.measure = measure.name
        lines = gauge.lines
        bad = gauge.bad
        let (recently, lately) = (gauge.recently, gauge.lately)
        (recentLines, recentBad) = (recently.lines, recently.bad)
        recentShare = recently.lines == 0 ? nil : Double(recently.bad) / Double(recently.lines)
        (longLines, longBad) = (lately.lines, lately.bad)
        usualShare =
            gauge.isBaselineKnown ? Double(gauge.baseline) / Double(CoverageRule.whole) : nil
        blind = row.isBlind(measure)
        cause = row.cause(of: measure)
        explanation = blind ? row.text(measure) : nil
    }

    static func list(_ report: CoverageReport) -> [CoverageItemDocument] {
        report.rows.flatMap { row in
            row.gauges.sorted { $0.key < $1.key }.map { CoverageItemDocument(row, $0.key, $0.value) }
        }
    }
}

/// An account most of whose lines cannot be used.
struct BlindAccountDocument: Encodable, Sendable {
    let user: String
    let unusable: Int64
    let used: Int64
    let share: Double
    let reason: String

    init(_ account: AccountLines) {
        user = account.user.name
        unusable = account.certain
        used = account.used
        share = (account.share * 1000).rounded() / 1000
        reason = account.reason
    }
}
