/// How a user's recent images show one scene again and again, moved.
///
/// Whoever blinds queries (turns, moves and zooms each by chance, so that none is near another) is still seen by this:
/// the scenes match once the motion is undone, and the motion of one query says nothing of the next one's. A camera's does.
package struct JitterFinding: Hashable, Sendable {
    /// Recent images of the user that show what the query shows, once they are moved; of more than ``mostMatches`` the
    /// newest.
    package let matches: Int
    /// Among those, how many show it elsewhere, turned or in another size.
    package let moved: Int
    /// How independent the motions from one match to the next are: half of von Neumann's ratio, matches that follow each other
    /// closely weighing most; 0 (a smooth path) … 1 (chance).
    package let independence: Double

    /// Names how independence is measured: calibrations of another definition do not fit.
    package static let definition = "speeds"

    /// The most matches that are counted.
    package static let mostMatches = 32

    /// `moved` times `independence`, 0 … ``mostMatches``.
    package var score: Double { Double(moved) * independence }

    package init(matches: Int, moved: Int, independence: Double) {
        self.matches = matches
        self.moved = moved
        self.independence = independence
    }
}

extension DetectorKind {
    /// How a user's recent images show the query's scene elsewhere, by motions that are independent of each other.
    static let jitter = DetectorKind(
        "jitter",
        meaning: "images of one scene, moved by chance",
        scopes: [.user],
        weight: 1,
        setup: { _ in ["similarity ", "jitter "] },
        evidence: DetectorEvidence(
            fields: [
                .init(name: "matches", meaning: "recent images that show the scene", isWhole: true),
                .init(name: "moved", meaning: "those that show it elsewhere", isWhole: true),
                .init(
                    name: "independence",
                    meaning: "how independent the motions are, 0 to 1",
                    isWhole: false
                ),
            ],
            values: { findings in
                findings.user?.jitter.map { [Double($0.matches), Double($0.moved), $0.independence] }
            },
            restore: { values, findings in findings.user?.jitter = JitterFinding(values) },
            score: { JitterFinding($0).score }
        )
    ) { findings, scope in
        guard scope == .user, let jitter = findings.user?.jitter else { return [] }
        return [(DetectorID("similarity.user.jitter"), jitter.score)]
    }
}

extension JitterFinding {
    /// What ``DetectorEvidence/values`` gave.
    fileprivate init(_ values: [Double]) {
        self.init(matches: Int(values[0]), moved: Int(values[1]), independence: values[2])
    }
}
