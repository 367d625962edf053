import Alerting
package import Domain
package import Storage

/// What a silence would have hidden: the stored notices go through the router again, with it and without.
package struct SilencePreview: Sendable {
    /// Alerts that no endpoint would have been told of, newest first.
    package let alerts: [AlertSnapshot]
    /// Alerts that opened in the time.
    package let allAlerts: Int
    /// Messages that would not have been made.
    package let hiddenMessages: Int
    /// Messages that would have been made without it.
    package let allMessages: Int

    /// How far back is looked.
    package static let period = Duration.seconds(30 * 86_400)

    /// The preview of a silence.
    ///
    /// - Parameters:
    ///   - matchers: the silence's.
    ///   - store: the database.
    ///   - settings: the endpoints; without any, one that is told of every alert by itself is assumed.
    ///   - now: the wall clock.
    /// - Returns: what it would have hidden.
    /// - Throws: `StorageError`.
    package static func of(
        _ matchers: [AlertMatcher],
        _ store: Store,
        _ settings: AlertSettings,
        now: Timestamp
    ) async throws(StorageError) -> SilencePreview {
        var notices: [AlertNotice] = []
        var last: Int64 = 0
        while true {
            let page = try await store.notices(after: last, since: now - period, limit: 1000)
            notices += page.map(\.notice)
            guard let end = page.last?.notice.number else { break }
            last = end
        }
        let endpoints = settings.toldEndpoints
        // As it is now: that somebody joined a campaign later than then is not looked up.
        let campaigns = Set(notices.compactMap(\.snapshot.subject.entity)).filter { $0.campaign != nil }
        let users = try await store.users(of: campaigns.sorted())
        let replay = RouterReplay(notices, endpoints, settings.inhibitions, users: users)
        let plain = replay.run([])
        let silence = Silence(
            id: 0,
            matchers: matchers,
            startsAt: Timestamp(milliseconds: .min),
            endsAt: Timestamp(milliseconds: .max),
            creator: "",
            comment: ""
        )
        let silenced = replay.run([silence])
        var hidden: [AlertID: AlertSnapshot] = [:]
        for notice in notices where plain.alerts.subtracting(silenced.alerts).contains(notice.snapshot.id) {
            hidden[notice.snapshot.id] = notice.snapshot
        }
        return SilencePreview(
            alerts: hidden.values.sorted { $0.id > $1.id },
            allAlerts: plain.alerts.count,
            hiddenMessages: plain.messages - silenced.messages,
            allMessages: plain.messages
        )
    }
}
