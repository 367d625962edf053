package import Domain

/// Notices of the past, routed again as if they came at their own times.
package struct RouterReplay {
    private let notices: [AlertNotice]
    private let endpoints: [Endpoint]
    private let inhibitions: Set<InhibitionRule>
    private let users: [Entity: Set<UserID>]

    /// What was told.
    package struct Outcome: Hashable, Sendable {
        /// How many messages were made.
        package var messages = 0
        /// The alerts that they named.
        package var alerts: Set<AlertID> = []
    }

    /// A replay.
    ///
    /// - Parameters:
    ///   - notices: in order.
    ///   - endpoints: who is told.
    ///   - inhibitions: which alerts keep others back.
    ///   - users: of the campaigns that alerted.
    package init(
        _ notices: [AlertNotice],
        _ endpoints: [Endpoint],
        _ inhibitions: Set<InhibitionRule>,
        users: [Entity: Set<UserID>] = [:]
    ) {
        self.notices = notices
        self.endpoints = endpoints
        self.inhibitions = inhibitions
        self.users = users
    }

    /// Routes everything.
    ///
    /// - Parameter silences: in force at their times.
    /// - Returns: what was told by the time of the last notice, and of the groups that were due after it.
    package func run(_ silences: [Silence]) -> Outcome {
        guard let first = notices.first?.snapshot.updatedAt else { return Outcome() }
        var router = AlertRouter(endpoints: endpoints, inhibitions: inhibitions, now: first)
        var outcome = Outcome()
        var now = first
        func flush() {
            router.flush(RoutingContext(now: now, silences: silences, firing: router.firing, users: users))
            for message in router.takeOutput().messages {
                outcome.messages += 1
                outcome.alerts.formUnion(message.message.alerts.map(\.id))
            }
        }
        for notice in notices {
            let time = max(now, notice.snapshot.updatedAt)
            while let next = router.nextFlush, next < time {
                now = max(now, next)
                flush()
            }
            now = time
            router.take(notice, RoutingContext(now: now, silences: silences))
            if router.nextFlush.map({ $0 <= now }) ?? false { flush() }
        }
        // The last changes wait for their groups; what would only be repeated is not waited for.
        let longest = endpoints.map(\.grouping.interval).max() ?? .zero
        let end = now + longest + (endpoints.map(\.grouping.wait).max() ?? .zero)
        while let next = router.nextFlush, next <= end {
            now = max(now, next)
            flush()
        }
        return outcome
    }
}
