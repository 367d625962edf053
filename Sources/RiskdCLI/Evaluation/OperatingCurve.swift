/// What is alarmed, and what found, wherever one draws the line: the points of a ROC curve.
///
/// A query has one number, how rare its rarest rung is among benign scores; the line alarms everything that is at least
/// as rare. An attempt is found by its rarest query.
struct OperatingCurve {
    /// What one line gives.
    struct Point {
        /// Alarms what this share of benign scores, or less, reached.
        let rarity: Double
        /// Benign queries alarmed: of the plain style, of all others, of all.
        let plain: Share
        let hard: Share
        let benign: Share
        /// Attempts in which a query is alarmed: all, and those with at least ten queries.
        let attempts: Share
        let longAttempts: Share
        /// Attack queries alarmed.
        let queries: Share
    }

    private var plain: [Double] = []
    private var hard: [Double] = []
    private var attacks: [Double] = []
    private var attempts: [String: (rarest: Double, queries: Int)] = [:]

    mutating func add(_ rarity: Double, _ entry: Truth.Entry) {
        guard !entry.isBenign else {
            if entry.isPlain { plain.append(rarity) } else { hard.append(rarity) }
            return
        }
        attacks.append(rarity)
        let before = attempts[entry.instance] ?? (1, 0)
        attempts[entry.instance] = (min(before.rarest, rarity), before.queries + 1)
    }

    /// One point for every line that changes anything, strictest first.
    var points: [Point] {
        Set(plain + hard + attacks).subtracting([1]).sorted().map { line in
            func share(_ values: [Double]) -> Share {
                Share(count: values.count { $0 <= line }, size: values.count)
            }
            let long = attempts.values.filter { $0.queries >= 10 }
            return Point(
                rarity: line,
                plain: share(plain),
                hard: share(hard),
                benign: share(plain + hard),
                attempts: share(attempts.values.map(\.rarest)),
                longAttempts: share(long.map(\.rarest)),
                queries: share(attacks)
            )
        }
    }
}
