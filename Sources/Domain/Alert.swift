/// An alert with what its life depends on besides what messages show.
package struct Alert: Hashable, Sendable {
    /// As messages show it.
    package var snapshot: AlertSnapshot
    /// How many events its life has had; each event's number is its place, from 1 on.
    package var events: Int
    /// Who resolved it: a person, or `riskd` when its level had fallen; nil while it is not resolved.
    package var resolvedBy: String?
    /// The score at which a person closed the case while its evidence was left, in milli-points; nil otherwise.
    ///
    /// When the score stands as high again later, a new alert opens.
    package var watchedScore: Int64?

    /// What is about to open.
    package init(_ snapshot: AlertSnapshot) {
        self.snapshot = snapshot
        events = 0
    }

    /// Who acts when no person does.
    package static let riskd = "riskd"

    /// Whether riskd resolved it by itself.
    package var isResolvedByItself: Bool { resolvedBy == Self.riskd }
}
