import Alerting
package import Domain
package import Notifying
package import Storage

/// What nobody was told of and would have been: the stored notices go through the router again, as things were, and
/// without silences and inhibitions (question A5 of auditors).
package struct HiddenAlerts: Sendable {
    /// Why nobody was told.
    package enum Cause: String, Hashable, Sendable {
        case silence
        /// Another alert that said as much.
        case inhibition
    }

    /// An alert that nobody was told of.
    package struct Alert: Hashable, Sendable {
        /// As it was last.
        package let snapshot: AlertSnapshot
        /// Why.
        package let cause: Cause
    }

    /// The alerts, oldest first.
    package let alerts: [Alert]
    /// Alerts that somebody was told of, or would have been.
    package let all: Int
    /// Messages that were not made because of a silence.
    package let silencedMessages: Int
    /// Further messages that were not made because of an inhibition.
    package let inhibitedMessages: Int

    /// Looks at a period.
    ///
    /// - Parameters:
    ///   - since: the earliest event time.
    ///   - until: the event time before which.
    ///   - store: the database.
    ///   - settings: the endpoints as they are now; without any, one that is told of every alert by itself is assumed.
    /// - Returns: what was hidden.
    /// - Throws: `StorageError`.
    package static func between(
        _ since: Timestamp?,
        _ until: Timestamp?,
        _ store: Store,
        _ settings: AlertSettings
    ) async throws(StorageError) -> HiddenAlerts {
        var notices: [AlertNotice] = []
        var last: Int64 = 0
        while true {
            let page = try await store.notices(after: last, since: since, limit: 1000)
            notices += page.map(\.notice).filter { notice in
                until.map { notice.snapshot.updatedAt < $0 } ?? true
            }
            guard let end = page.last?.notice.number else { break }
            last = end
        }
        let silences = try await store.silences(notOverAt: nil)
        let campaigns = Set(notices.compactMap(\.snapshot.subject.entity)).filter { $0.campaign != nil }
        let users = try await store.users(of: campaigns.sorted())
        let endpoints = settings.toldEndpoints
        let told = RouterReplay(notices, endpoints, settings.inhibitions, users: users).run(silences)
        let unsilenced = RouterReplay(notices, endpoints, settings.inhibitions, users: users).run([])
        let all = RouterReplay(notices, endpoints, []).run([])
        var hidden: [AlertID: Alert] = [:]
        for notice in notices {
            let id = notice.snapshot.id
            guard all.alerts.contains(id), !told.alerts.contains(id) else { continue }
            let cause: Cause = unsilenced.alerts.contains(id) ? .silence : .inhibition
            hidden[id] = Alert(snapshot: notice.snapshot, cause: cause)
        }
        return HiddenAlerts(
            alerts: hidden.values.sorted { $0.snapshot.id < $1.snapshot.id },
            all: all.alerts.count,
            silencedMessages: unsilenced.messages - told.messages,
            inhibitedMessages: all.messages - unsilenced.messages
        )
    }
}
