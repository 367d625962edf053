import Domain
import Storage

struct EndpointDocument: Encodable, Sendable {
    let name: String
    let format: String
    let target: String
    let minimumLevel: String
    let matchers: [String]
    let enabled: Bool
    let disabledReason: String?
    let disabledSince: String?
    let verified: Bool
    let failingSince: String?
    let pending: Int
    let oldestPending: String?
    let queueAgeSeconds: Double?
    let delivered: Int
    let lastAttempt: AttemptDocument?

    init(_ endpoint: Endpoint, _ status: EndpointStatus?, now: Timestamp) {
        name = endpoint.name
        format = endpoint.format.rawValue
        target = endpoint.target.redacted
        minimumLevel = endpoint.minimumLevel.description
        matchers = endpoint.matchers.map(\.description)
        if case .disabled(let reason, let since) = status?.state {
            (enabled, disabledReason, disabledSince) = (false, reason, since.description)
        } else {
            (enabled, disabledReason, disabledSince) = (true, nil, nil)
        }
        verified = status?.isVerified ?? false
        failingSince = status?.failingSince?.description
        pending = status?.pending ?? 0
        oldestPending = status?.oldest?.description
        queueAgeSeconds = status?.oldest.map { Double(max(0, now.milliseconds - $0.milliseconds)) / 1000 }
        delivered = status?.delivered ?? 0
        lastAttempt = status?.lastAttempt.map(AttemptDocument.init)
    }
}

struct AttemptDocument: Encodable, Sendable {
    let message: String
    let endpoint: String
    let number: Int
    let startedAt: String
    let durationMs: Int64
    let outcome: String
    let status: Int?
    let detail: String?
    let nextAttemptAt: String?

    init(_ attempt: DeliveryAttempt) {
        message = attempt.message.description
        endpoint = attempt.endpoint
        number = attempt.number
        startedAt = attempt.startedAt.description
        durationMs = attempt.duration.wholeMilliseconds
        outcome = attempt.outcome.rawValue
        status = attempt.status
        detail = attempt.detail.isEmpty ? nil : attempt.detail
        nextAttemptAt = attempt.nextAttemptAt?.description
    }
}

struct DeliveryDocument: Encodable, Sendable {
    let message: String
    let endpoint: String
    let type: String
    let reason: String
    let createdAt: String
    let state: String
    let attempts: Int

    init(_ entry: OutboxEntry) {
        message = entry.message.id.description
        endpoint = entry.endpoint
        type = entry.message.type.rawValue
        reason = entry.message.reason.rawValue
        createdAt = entry.created.description
        state = entry.state
        attempts = entry.attempts
    }
}

struct ReceiptDocument: Encodable, Sendable {
    let outcome: String
    let status: Int?
    let detail: String
}

struct ResendingDocument: Encodable, Sendable {
    let messages: Int
}
