package import Domain
import PostgresClient

/// Which alerts are asked for; nil asks for all.
package struct AlertFilter: Hashable, Sendable {
    /// Those in one of these states.
    package var states: Set<AlertState>?
    /// Those whose level has reached this.
    package var minimumLevel: Level?
    /// Those that opened at or after this.
    package var since: Timestamp?
    /// Those that opened before this.
    package var until: Timestamp?
    /// Those of this subject.
    package var subject: AlertSubject?
    /// Those on this model.
    package var model: ModelID?
    /// Those that this person looks after.
    package var assignee: String?
    /// Those that nobody has given a verdict on.
    package var isUnjudged = false
    /// Whether they come in the order of the queue (``AlertPlace``); else newest first.
    package var isQueue = false
    /// Where the page before ended; nil at the begin.
    package var after: AlertPlace?
    /// How many at most.
    package var limit: Int

    /// Everything, up to a number.
    package init(limit: Int) { self.limit = limit }
}

extension Store {
    /// Alerts, newest first or in the order of the queue.
    ///
    /// - Parameter filter: which.
    /// - Returns: the alerts as they stand.
    /// - Throws: `StorageError.database` or `.corrupt`.
    package func alerts(_ filter: AlertFilter) async throws(StorageError) -> [Alert] {
        let states = filter.states ?? Set(AlertState.allCases)
        let place = filter.after
        let isQueue = filter.isQueue
        let order = isQueue ? "\(AlertPlace.sqlRank), -level, id" : "id desc"
        return try await storing {
            try await session.query(
                """
                select \(unsafeSQL: Alert.columns) from riskd.alert
                where state = any(\(states.map(\.rawValue).sorted()))
                    and peak_level >= \(filter.minimumLevel?.rawValue ?? 0)
                    and starts >= coalesce(\(filter.since?.postgres), '-infinity')
                    and starts < coalesce(\(filter.until?.postgres), 'infinity')
                    and (\(filter.subject?.kind) is null or subject_kind = \(filter.subject?.kind)
                        and model = \(filter.subject?.model?.name ?? "") and name = \(filter.subject?.name ?? ""))
                    and (\(filter.model?.name) is null or model = \(filter.model?.name))
                    and (\(filter.assignee) is null or assignee = \(filter.assignee))
                    and (not \(filter.isUnjudged) or verdict is null)
                    and (\(place == nil || isQueue) or id < \(place?.id.description))
                    and (\(place == nil || !isQueue) or (\(unsafeSQL: AlertPlace.sqlRank), -level, id)
                        > (\(place?.rank), \(place.map { -$0.level.rawValue }), \(place?.id.description)))
                order by \(unsafeSQL: order) limit \(filter.limit)
                """
            ).map(Alert.init)
        }
    }

    /// What happened to an alert, in order.
    ///
    /// - Parameter id: which.
    /// - Returns: the events.
    /// - Throws: `StorageError.database` or `.corrupt`.
    package func alertEvents(of id: AlertID) async throws(StorageError) -> [AlertEvent] {
        let columns = AlertEvent.columns.joined(separator: ", ")
        return try await storing {
            try await session.query(
                """
                select \(unsafeSQL: columns) from riskd.alert_event where alert_id = \(id.description)
                order by number
                """
            ).map(AlertEvent.init)
        }
    }

    /// The alerts that can still change by themselves, and the number of the next notice.
    ///
    /// - Parameter reopenWithin: for how long a resolved alert may be opened again.
    /// - Returns: both.
    /// - Throws: `StorageError.database` or `.corrupt`.
    package func unsettledAlerts(
        reopenWithin: Duration
    ) async throws(StorageError) -> (alerts: [Alert], nextNotice: Int64) {
        let seconds = Double(reopenWithin.wholeMilliseconds) / 1000
        return try await storing {
            let alerts = try await session.query(
                """
                select \(unsafeSQL: Alert.columns) from riskd.alert
                where state <> 'resolved' or watched_score is not null
                    or ends >= (select watermark from riskd.pipeline)
                        - make_interval(hours => 1, secs => \(seconds))
                    or id in (select max(id) from riskd.alert
                        where subject_kind in ('endpoint', 'outbox', 'calibration', 'detector')
                        group by subject_kind, model, name)
                order by id
                """
            ).map(Alert.init)
            let rows = try await session.query(
                "select coalesce(max(number), 0) + 1 from riskd.alert_notice"
            )
            return (alerts, try rows.first?.only(Int64.self) ?? 1)
        }
    }

    /// How many alerts there are in each state and level, those that are resolved aside.
    ///
    /// - Returns: counts.
    /// - Throws: `StorageError.database` or `.corrupt`.
    package func alertCounts() async throws(StorageError) -> [(state: AlertState, level: Level, count: Int)] {
        try await storing {
            try await session.query(
                """
                select state, level, count(*) from riskd.alert where state <> 'resolved'
                group by state, level order by state, level
                """
            ).map { row in
                var fields = row.fields
                let word = try fields.next(String.self)
                guard let state = AlertState(rawValue: word) else { throw StorageError.corrupt(word) }
                return (state, try Level(stored: try fields.next()), try fields.next())
            }
        }
    }

    /// The users whose records joined campaigns.
    ///
    /// - Parameter campaigns: which; entities of other kinds have no users here.
    /// - Returns: users by campaign.
    /// - Throws: `StorageError.database`.
    package func users(of campaigns: [Entity]) async throws(StorageError) -> [Entity: Set<UserID>] {
        try await storing {
            var users: [Entity: Set<UserID>] = [:]
            for case .campaign(let id, let model) in campaigns {
                // The first image's sender is as much part of it as those who joined.
                let rows = try await session.query(
                    """
                    select distinct user_name from riskd.observation
                    where model = \(model.name) and campaign = \(id)
                    union select user_name from riskd.observation where sequence = \(id)
                    """
                )
                users[.campaign(id, model: model)] = Set(try rows.map { UserID(try $0.only()) })
            }
            return users
        }
    }
}
