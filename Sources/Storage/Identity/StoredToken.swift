package import Domain
import PostgresClient

/// A token of the API, without what is secret of it.
package struct StoredToken: Hashable, Sendable {
    /// Its number.
    package let id: Int64
    /// What ledgers call whoever uses it.
    package let name: String
    /// What it allows.
    package let roles: [Role]
    /// When it was made.
    package let created: Timestamp
    package let createdBy: String
    /// From when on it does not work.
    package let expires: Timestamp
    /// When it was last used, to the minute.
    package let lastUsed: Timestamp?
    package let revoked: Timestamp?
    package let revokedBy: String?

    /// Whether it works at a time.
    package func isActive(at time: Timestamp) -> Bool { revoked == nil && time < expires }
}

extension StoredToken {
    static let columns = """
        t.id, t.name, t.roles, t.created, t.created_by, t.expires, t.last_used, t.revoked, t.revoked_by
        """

    /// Reads nine columns.
    init(_ fields: inout PostgresFields) throws {
        id = try fields.next()
        name = try fields.next()
        roles = try fields.next([String].self).map { word in
            guard let role = Role(rawValue: word) else { throw StorageError.corrupt("the role \(word)") }
            return role
        }
        created = Timestamp(try fields.next(PostgresTimestamp.self))
        createdBy = try fields.next()
        expires = Timestamp(try fields.next(PostgresTimestamp.self))
        lastUsed = try fields.next(PostgresTimestamp?.self).map(Timestamp.init)
        revoked = try fields.next(PostgresTimestamp?.self).map(Timestamp.init)
        revokedBy = try fields.next()
    }
}
