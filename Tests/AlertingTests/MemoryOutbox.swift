import Domain

@testable import Alerting

/// An outbox in memory that can be made to fail.
actor MemoryOutbox {
    struct Row: Sendable {
        let message: Message
        let endpoint: String
        var due: Timestamp
        var attempts = 0
        /// nil while it is pending.
        var outcome: DeliveryAttempt.Outcome?
    }

    struct Down: Error {}

    private(set) var rows: [Row] = []
    private(set) var attempts: [DeliveryAttempt] = []
    private(set) var disabled: [String: String] = [:]
    private var failingSince: [String: Timestamp] = [:]
    private(set) var isDown = false

    func setDown(_ isDown: Bool) { self.isDown = isDown }

    func put(_ message: Message, to endpoint: String, at time: Timestamp) {
        rows.append(Row(message: message, endpoint: endpoint, due: time))
    }

    func fail(_ endpoint: String, since time: Timestamp) { failingSince[endpoint] = time }

    func pending(at endpoint: String? = nil) -> Int {
        rows.count { $0.outcome == nil && (endpoint == nil || $0.endpoint == endpoint) }
    }

    private func check() throws { if isDown { throw Down() } }

    func due(_ endpoint: String, _ now: Timestamp, _ limit: Int) throws -> [Delivery] {
        try check()
        guard disabled[endpoint] == nil else { return [] }
        var keys: Set<String> = []
        let due = rows.filter { row in
            guard row.endpoint == endpoint, row.outcome == nil else { return false }
            return keys.insert(row.message.dedupKey).inserted && row.due <= now
        }
        return due.prefix(limit).map { row in
            Delivery(
                message: row.message,
                endpoint: endpoint,
                attempts: row.attempts,
                createdAt: row.due,
                failingSince: failingSince[endpoint]
            )
        }
    }

    func record(_ attempts: [DeliveryAttempt]) throws {
        try check()
        for attempt in attempts {
            self.attempts.append(attempt)
            guard
                let index = rows.firstIndex(where: {
                    $0.message.id == attempt.message && $0.endpoint == attempt.endpoint
                })
            else { continue }
            rows[index].attempts += 1
            if let next = attempt.nextAttemptAt {
                rows[index].due = next
            } else {
                rows[index].outcome = attempt.outcome
            }
            failingSince[attempt.endpoint] =
                attempt.outcome == .delivered ? nil : failingSince[attempt.endpoint] ?? attempt.startedAt
        }
    }

    func disable(_ endpoint: String, _ reason: String) throws {
        try check()
        disabled[endpoint] = reason
    }

    func nextDue(_ endpoint: String) throws -> Timestamp? {
        try check()
        return rows.filter { $0.endpoint == endpoint && $0.outcome == nil }.map(\.due).min()
    }

    func told(_ endpoint: String) throws -> [AlertSnapshot] {
        try check()
        let told = rows.filter { $0.endpoint == endpoint && $0.outcome == .delivered }
        let last = Dictionary(told.map { ($0.message.dedupKey, $0.message) }) { $1 }
        return last.values.flatMap(\.alerts).filter(\.isFiring)
    }

    nonisolated var queue: DeliveryQueue {
        DeliveryQueue(
            due: { try await self.due($0, $1, $2) },
            record: { try await self.record($0) },
            disable: { endpoint, reason, _ in try await self.disable(endpoint, reason) },
            nextDue: { try await self.nextDue($0) },
            told: { try await self.told($0) }
        )
    }
}
