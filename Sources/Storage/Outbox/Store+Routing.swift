package import Domain
import PostgresClient

/// Where the router stopped.
package struct RouterState: Sendable {
    /// The last notice that messages were made of.
    package let lastNotice: Int64
    /// How many names had been taken out of the database.
    package let erasures: Int64
    /// Every group.
    package let groups: [AlertGroup]
    /// Every alert that is not resolved or in a group.
    package let alerts: [AlertSnapshot]
}

/// What a step of the router makes durable.
package struct RoutingBatch: Sendable {
    /// The fence: the last notice that the database must name.
    package var expectedNotice: Int64
    /// The other: a router that began before a name was taken out of the database would write it again.
    package var expectedErasures: Int64
    /// The last notice after this.
    package var lastNotice: Int64
    /// Messages for the outbox, in order.
    package var messages: [AddressedMessage] = []
    /// Groups that are new or changed.
    package var groups: [AlertGroup] = []
    /// Groups that are gone.
    package var removed: [AlertGroup.Key] = []
    /// The wall clock.
    package var time: Timestamp

    /// A step without effects.
    package init(expectedNotice: Int64, expectedErasures: Int64 = 0, lastNotice: Int64, time: Timestamp) {
        self.expectedNotice = expectedNotice
        self.expectedErasures = expectedErasures
        self.lastNotice = lastNotice
        self.time = time
    }
}

extension Store {
    /// Where the router stopped.
    ///
    /// - Returns: what a router goes on with.
    /// - Throws: `StorageError.database` or `.corrupt`.
    package func routerState() async throws(StorageError) -> RouterState {
        try await storing {
            let row = try await session.query("select last_notice, erasures from riskd.router").first
            guard var fields = row?.fields else { throw StorageError.corrupt("router has no row") }
            let (last, erasures) = (try fields.next(Int64.self), try fields.next(Int64.self))
            let groups = try await session.query(
                """
                select endpoint, key, label_names, label_values, members, first_flush, due, told, told_firing,
                    told_levels
                from riskd.alert_group
                """
            ).map(AlertGroup.init)
            let members = Set(groups.flatMap(\.members)).map(\.description).sorted()
            let alerts = try await session.query(
                """
                select snapshot from riskd.alert where state <> 'resolved' or id = any(\(members))
                """
            ).map { try AlertSnapshot(stored: try $0.only()) }
            return RouterState(lastNotice: last, erasures: erasures, groups: groups, alerts: alerts)
        }
    }

    /// Notices in order; call again with the last number for more.
    ///
    /// - Parameters:
    ///   - number: notices up to this one are left out.
    ///   - since: the earliest event time; nil for any.
    ///   - limit: how many at most.
    /// - Returns: the notices, and which of them are told to nobody.
    /// - Throws: `StorageError.database` or `.corrupt`.
    package func notices(
        after number: Int64,
        since: Timestamp? = nil,
        limit: Int
    ) async throws(StorageError) -> [(notice: AlertNotice, isSilent: Bool)] {
        try await storing {
            try await session.query(
                """
                select number, type, event, silent, snapshot from riskd.alert_notice
                where number > \(number) and time >= coalesce(\(since?.postgres), '-infinity')
                order by number limit \(limit)
                """
            ).map(Self.notice)
        }
    }

    /// Reads number, type, event, silent and snapshot.
    static func notice(_ row: PostgresRow) throws -> (notice: AlertNotice, isSilent: Bool) {
        var fields = row.fields
        let number = try fields.next(Int64.self)
        let word = try fields.next(String.self)
        guard let type = MessageType(rawValue: word) else { throw StorageError.corrupt(word) }
        let event = try fields.next(String?.self).flatMap(AlertEvent.Kind.init)
        let isSilent = try fields.next(Bool.self)
        let snapshot = try AlertSnapshot(stored: try fields.next())
        return (AlertNotice(number: number, type: type, event: event, snapshot: snapshot), isSilent)
    }

    /// Makes a step of the router durable, all or nothing.
    ///
    /// - Parameter batch: what to write.
    /// - Throws: `StorageError.fenced` when another router was faster; `.outcomeUnknown` or `.database`: load the
    ///   router's state again to see where it stands.
    package func route(_ batch: RoutingBatch) async throws(StorageError) {
        let groups = AlertGroup.rows(batch.groups)
        let messages = try OutboxRows(batch.messages, at: batch.time)
        try await storing {
            try await session.transaction { session in
                let count = try session.run(
                    """
                    update riskd.router set last_notice = \(batch.lastNotice)
                    where last_notice = \(batch.expectedNotice) and erasures = \(batch.expectedErasures)
                    """
                )
                guard count == 1 else { throw StorageError.fenced }
                let removed = batch.removed + batch.groups.map(\.key)
                if !removed.isEmpty {
                    try session.run(
                        """
                        delete from riskd.alert_group
                        using unnest(\(removed.map(\.endpoint)), \(removed.map(\.group))) as gone (endpoint, key)
                        where alert_group.endpoint = gone.endpoint and alert_group.key = gone.key
                        """
                    )
                }
                try session.copy(into: "riskd.alert_group", columns: AlertGroup.columns, rows: groups)
                try messages.copy(through: session)
            }
        }
    }
}

extension AlertGroup {
    fileprivate static let columns = [
        "endpoint", "key", "label_names", "label_values", "members", "first_flush", "due", "told",
        "told_firing", "told_levels",
    ]

    fileprivate static func rows(_ groups: [AlertGroup]) -> CopyRows {
        var rows = CopyRows()
        for group in groups {
            let told = group.toldFiring.sorted { $0.key < $1.key }
            rows.append { row in
                row.text(group.key.endpoint)
                row.text(group.key.group)
                row.textArray(group.labels.map(\.name))
                row.textArray(group.labels.map(\.value))
                row.textArray(group.members.sorted().map(\.description))
                row.time(group.firstFlush)
                row.optional(group.due) { $0.time($1) }
                row.optional(group.told) { $0.time($1) }
                row.textArray(told.map(\.key.description))
                row.int2Array(told.map { Int16($0.value.rawValue) })
            }
        }
        return rows
    }

    /// Reads a row of ``columns``.
    fileprivate init(_ row: PostgresRow) throws {
        var fields = row.fields
        let key = AlertGroup.Key(endpoint: try fields.next(), group: try fields.next())
        let names = try fields.next([String].self)
        let values = try fields.next([String].self)
        let members = try fields.next([String].self)
        let first = Timestamp(try fields.next(PostgresTimestamp.self))
        let due = try fields.next(PostgresTimestamp?.self).map(Timestamp.init)
        let told = try fields.next(PostgresTimestamp?.self).map(Timestamp.init)
        let firing = try fields.next([String].self).compactMap(AlertID.init)
        let levels = try fields.next([Int].self).compactMap(Level.init)
        guard names.count == values.count, firing.count == levels.count else {
            throw StorageError.corrupt("the alert group \(key.group)")
        }
        self.init(
            key: key,
            labels: zip(names, values).map { AlertLabel($0, $1) },
            members: Set(members.compactMap { AlertID($0) }),
            firstFlush: first,
            due: due,
            told: told,
            toldFiring: Dictionary(zip(firing, levels)) { $1 }
        )
    }
}
