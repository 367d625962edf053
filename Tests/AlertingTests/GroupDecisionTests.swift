import Alerting
import Domain
import Testing

/// Alertmanager's table for its DedupStage, with levels.
@Suite struct GroupDecisionTests {
    struct Row: Sendable {
        var firing: [Int: Level] = [:]
        var resolved: Set<Int> = []
        var told: [Int: Level]?
        /// Seconds since the last message.
        var ago: Int64 = 1
        var sendsResolved = true
        var isAcknowledged = false
        var reason: Message.Reason?
    }

    static let rows: [Row] = [
        // Nothing was sent before.
        Row(reason: nil),
        Row(firing: [1: .high], reason: .first),
        Row(resolved: [1], reason: nil),
        // The same as last time: only after the repeat interval.
        Row(firing: [1: .high], told: [1: .high], ago: 99, reason: nil),
        Row(firing: [1: .high], told: [1: .high], ago: 100, reason: .repeat),
        Row(firing: [1: .high], told: [1: .high], ago: 1000, isAcknowledged: true, reason: nil),
        Row(firing: [1: .high], told: [1: .high, 2: .high], ago: 1, reason: nil),
        // One more is firing, whatever else.
        Row(firing: [1: .high, 2: .high], told: [1: .high], reason: .changed),
        Row(firing: [2: .high], resolved: [1], told: [1: .high], reason: .changed),
        Row(firing: [2: .high], told: [1: .high], isAcknowledged: true, reason: .changed),
        // A level rose, or fell, or came back to what was told.
        Row(firing: [1: .critical], told: [1: .high], reason: .changed),
        Row(firing: [1: .high], told: [1: .critical], reason: nil),
        // Some are over, or all.
        Row(firing: [1: .high], resolved: [2], told: [1: .high, 2: .high], reason: .resolved),
        Row(
            firing: [1: .high],
            resolved: [2],
            told: [1: .high, 2: .high],
            sendsResolved: false,
            reason: nil
        ),
        Row(resolved: [1], told: [1: .high], reason: .resolved),
        Row(resolved: [1], told: [1: .high], ago: 1000, sendsResolved: false, reason: nil),
        // All that was told is silenced: nothing to say, however long ago.
        Row(told: [1: .high], ago: 1000, reason: nil),
    ]

    @Test(arguments: rows)
    func `is Alertmanager's`(row: Row) {
        let decision = GroupDecision(
            firing: Dictionary(uniqueKeysWithValues: row.firing.map { (alertID($0), $1) }),
            resolved: Set(row.resolved.map(alertID)),
            isAcknowledged: row.isAcknowledged
        )
        let now = Timestamp(milliseconds: 1_000_000_000)
        let told = row.told.map { told in
            (
                at: now - .seconds(row.ago),
                firing: Dictionary(uniqueKeysWithValues: told.map { (alertID($0), $1) })
            )
        }
        let reason = decision.reason(
            told: told,
            now: now,
            sendsResolved: row.sendsResolved,
            repeat: .seconds(100)
        )
        #expect(reason == row.reason)
    }
}
