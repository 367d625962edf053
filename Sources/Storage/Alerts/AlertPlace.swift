package import Domain

/// The place of an alert in the queue: what nobody looks after first, then by level, then the oldest first.
package struct AlertPlace: Hashable, Sendable {
    /// 0 open, 1 acknowledged, 2 resolved.
    package let rank: Int
    package let level: Level
    /// The alert.
    package let id: AlertID

    package init(rank: Int, level: Level, id: AlertID) {
        self.rank = rank
        self.level = level
        self.id = id
    }

    package init(_ alert: AlertSnapshot) {
        switch alert.state {
        case .open: rank = 0
        case .acknowledged: rank = 1
        case .resolved: rank = 2
        }
        level = alert.level
        id = alert.id
    }

    /// ``rank`` of a row.
    static let sqlRank = "case state when 'open' then 0 when 'acknowledged' then 1 else 2 end"
}
