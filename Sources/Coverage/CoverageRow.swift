import Domain

/// What is known of one source's, or one model's, lines.
package struct CoverageRow: Hashable, Sendable {
    /// Lead times that are remembered.
    static let mostLeads = 31
    /// Opinions of a model that are watched.
    static let mostOpinions = 16

    /// Whose lines.
    package let key: CoverageKey
    /// Lines counted, ever.
    package internal(set) var lines: Int64 = 0
    /// The number, among all lines of all sources, of the last one.
    package internal(set) var last: Int64 = 0
    /// How the lines did, by measure.
    package internal(set) var gauges: [CoverageMeasure: CoverageGauge] = [:]
    /// Bad measures of which an alert tells.
    package internal(set) var told: Set<CoverageMeasure> = []
    /// Why lines were bad, by measure: the reason that most of them have, if any has.
    var causes: [CoverageMeasure: Majority] = [:]
    /// How far ahead of the clock the last refused records were, milliseconds, oldest first.
    var leads: [Int64] = []
    /// Whether something came that can be lost.
    ///
    /// Of a source, a record that was not met before: a file without one is a copy of what is known. Of a model, a record
    /// with an input: a model without one has nothing to lose.
    var isFresh = false

    init(_ key: CoverageKey) { self.key = key }

    /// The lower median of how far ahead of the clock the last refused records were; nil where none was.
    package var lead: Duration? {
        leads.isEmpty ? nil : .milliseconds(leads.sorted()[(leads.count - 1) / 2])
    }

    /// Why most lines are bad in one respect: a dead letter's reason, a field and what is wrong with it; nil: it is not known.
    package func cause(of measure: CoverageMeasure) -> String? { causes[measure]?.reason }

    mutating func add(_ isBad: Bool, _ reason: String?, _ measure: CoverageMeasure, _ rule: CoverageRule)
        -> Bool
    {
        var gauge = gauges[measure] ?? CoverageGauge()
        defer { gauges[measure] = gauge }
        if isBad, let reason { causes[measure, default: Majority()].add(reason) }
        return gauge.add(isBad, rule)
    }

    mutating func note(lead: Duration) {
        let milliseconds =
            lead.components.seconds * 1000 + lead.components.attoseconds / 1_000_000_000_000_000
        leads.append(milliseconds)
        if leads.count > Self.mostLeads { leads.removeFirst() }
    }
}

/// The reason that more than half of some lines have, found without counting each.
struct Majority: Hashable, Sendable {
    private(set) var reason: String?
    private(set) var votes: Int64 = 0

    init() {}

    init(_ reason: String?, votes: Int64) {
        self.reason = reason
        self.votes = votes
    }

    mutating func add(_ next: String) {
        if let reason, reason.hasSameBytes(as: next) {
            // A reason of long ago does not outweigh what is so now.
            votes = min(votes + 1, 200)
        } else if votes > 0 {
            votes -= 1
        } else {
            (reason, votes) = (next, 1)
        }
    }
}
