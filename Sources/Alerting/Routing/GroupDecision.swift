package import Domain

/// Whether a group is told of now: Alertmanager's table, with levels.
package struct GroupDecision: Sendable {
    /// The alerts that are firing and that the stages before let pass, with their levels.
    package var firing: [AlertID: Level]
    /// Those that are over and that the endpoint believes to be firing.
    package var resolved: Set<AlertID>
    /// Whether somebody looks at all that are firing.
    package var isAcknowledged: Bool

    /// A question.
    package init(firing: [AlertID: Level], resolved: Set<AlertID>, isAcknowledged: Bool = false) {
        self.firing = firing
        self.resolved = resolved
        self.isAcknowledged = isAcknowledged
    }

    /// Why a message is made; nil for none.
    ///
    /// - Parameters:
    ///   - told: when the last message was made, nil for none, and what it said is firing.
    ///   - now: the wall clock.
    ///   - sendsResolved: whether the endpoint wants to know of ends.
    ///   - repeat: after which time without a change it is told again.
    /// - Returns: the reason.
    package func reason(
        told: (at: Timestamp, firing: [AlertID: Level])?,
        now: Timestamp,
        sendsResolved: Bool,
        repeat: Duration
    ) -> Message.Reason? {
        // Nothing was sent before: only what is firing is worth a first message.
        guard let told else { return firing.isEmpty ? nil : .first }
        if firing.contains(where: { id, level in told.firing[id].map { $0 < level } ?? true }) {
            return .changed
        }
        if sendsResolved, !resolved.isEmpty { return .resolved }
        // What nobody is told of any more is not repeated, nor what somebody looks at.
        guard !firing.isEmpty, !isAcknowledged else { return nil }
        return told.at + `repeat` <= now ? .repeat : nil
    }
}
