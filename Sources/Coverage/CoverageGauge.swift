/// How many of a subject's lines are bad in one respect: of the last 200, of the last 2,000, and usually.
///
/// Lines are counted in spans of 20, and judged when one is full: what comes out depends on the lines and their order
/// alone. A gauge is raised where more of the last 200 lines than twice the limit are bad, or more of the last 2,000 than
/// the limit (``CoverageRule``), and lowered where a quarter of the limit is left of the last 200; it then begins anew. What
/// is usual is learnt from lines that were good enough: those that leave the last 2,000 while it is not raised.
package struct CoverageGauge: Hashable, Sendable {
    /// Lines of a span.
    package static let span = 20
    /// Spans that are remembered.
    static let most = 100
    /// The newest of them, which say what is so now.
    static let recent = 10
    /// Spans without which nothing is said of the long run.
    private static let enough = 50
    /// Lines after which the baseline counts half.
    private static let slow: Int64 = 40_000

    /// Lines counted, ever.
    package private(set) var lines: Int64 = 0
    /// Those of them that were bad.
    package private(set) var bad: Int64 = 0
    /// Whether too many are bad.
    package private(set) var isRaised = false
    /// Bad lines of each remembered span, oldest first.
    private(set) var spans: [UInt8] = []
    private(set) var current = 0
    private(set) var currentBad = 0
    private(set) var baselineLines: Int64 = 0
    private(set) var baselineBad: Int64 = 0

    /// A gauge that has counted nothing.
    package init() {}

    init(
        lines: Int64,
        bad: Int64,
        isRaised: Bool,
        spans: [UInt8],
        current: Int,
        currentBad: Int,
        baselineLines: Int64,
        baselineBad: Int64
    ) {
        self.lines = lines
        self.bad = bad
        self.isRaised = isRaised
        self.spans = spans
        self.current = current
        self.currentBad = currentBad
        self.baselineLines = baselineLines
        self.baselineBad = baselineBad
    }

    /// Bad lines, and lines, of the last 200 whole spans' worth.
    package var recently: (bad: Int, lines: Int) { count(Self.recent) }

    /// Bad lines, and lines, of the last 2,000.
    package var lately: (bad: Int, lines: Int) { count(Self.most) }

    /// Whether the last line was the last one of a span.
    var isJudged: Bool { current == 0 }

    /// The usual share in millionths; 0 before it is known.
    package var baseline: Int64 {
        baselineLines == 0 ? 0 : baselineBad * CoverageRule.whole / baselineLines
    }

    /// Whether it is known what is usual.
    package var isBaselineKnown: Bool { baselineLines > 0 }

    /// Counts a line.
    ///
    /// - Parameters:
    ///   - isBad: whether it is bad.
    ///   - rule: when that is too often.
    /// - Returns: whether the gauge was raised or lowered.
    package mutating func add(_ isBad: Bool, _ rule: CoverageRule) -> Bool {
        lines += 1
        current += 1
        if isBad {
            bad += 1
            currentBad += 1
        }
        guard current == Self.span else { return false }
        spans.append(UInt8(currentBad))
        (current, currentBad) = (0, 0)
        if spans.count > Self.most { leave(spans.removeFirst()) }
        return judge(rule)
    }

    private mutating func leave(_ count: UInt8) {
        guard !isRaised else { return }
        baselineLines += Int64(Self.span)
        baselineBad += Int64(count)
        guard baselineLines >= Self.slow else { return }
        (baselineLines, baselineBad) = (baselineLines / 2, baselineBad / 2)
    }

    private mutating func judge(_ rule: CoverageRule) -> Bool {
        let (now, long) = (recently, lately)
        if isRaised {
            guard now.bad.isShare(of: now.lines, atMost: rule.endLimit(baseline: baseline)) else {
                return false
            }
            isRaised = false
            spans = []
            return true
        }
        let isBadNow =
            now.bad >= rule.least
            && !now.bad.isShare(of: now.lines, atMost: rule.quickLimit(baseline: baseline))
        let isBadForLong =
            spans.count >= Self.enough && long.bad >= rule.least
            && !long.bad.isShare(of: long.lines, atMost: rule.limit(baseline: baseline))
        guard isBadNow || isBadForLong else { return false }
        isRaised = true
        return true
    }

    private func count(_ newest: Int) -> (bad: Int, lines: Int) {
        let spans = spans.suffix(newest)
        return (spans.reduce(0) { $0 + Int($1) }, spans.count * Self.span)
    }
}

extension Int {
    /// Whether so many of `whole` are at most a share, in millionths.
    fileprivate func isShare(of whole: Int, atMost share: Int64) -> Bool {
        Int64(self) * CoverageRule.whole <= share * Int64(whole)
    }
}
