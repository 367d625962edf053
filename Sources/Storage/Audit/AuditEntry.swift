package import Domain
import PostgresClient

/// Something that somebody did.
package struct AuditEntry: Hashable, Sendable {
    /// The wall clock.
    package let time: Timestamp
    package let actor: String
    /// Such as `silence.add`.
    package let what: String
    /// What it was done to.
    package let object: String
    /// More, for people; without secrets.
    package let detail: String
    /// Where the request came from; nil: a command on the machine itself.
    package let address: String?

    package init(
        time: Timestamp,
        actor: String,
        what: String,
        object: String,
        detail: String = "",
        address: String? = nil
    ) {
        self.time = time
        self.actor = actor
        self.what = what
        self.object = object
        self.detail = detail
        self.address = address
    }

    /// Writes it in the caller's transaction.
    func write(_ session: isolated PostgresSession) throws {
        try session.run(
            """
            insert into riskd.audit_entry (time, actor, what, object, detail, address)
            values (\(time.postgres), \(actor), \(what), \(object), \(detail), \(address))
            """
        )
    }
}

/// A look at an image.
package struct ImageRead: Hashable, Sendable {
    /// The wall clock.
    package let time: Timestamp
    /// Who looked.
    package let actor: String
    /// At which observation's image.
    package let observation: Int64
    /// Of a difference: the other observation.
    package let other: Int64?
    /// Why.
    package let reason: String
    /// Into which alert.
    package let alert: AlertID?
    /// Where the request came from.
    package let address: String

    /// A look.
    package init(
        time: Timestamp,
        actor: String,
        observation: Int64,
        other: Int64? = nil,
        reason: String,
        alert: AlertID?,
        address: String
    ) {
        self.time = time
        self.actor = actor
        self.observation = observation
        self.other = other
        self.reason = reason
        self.alert = alert
        self.address = address
    }
}
