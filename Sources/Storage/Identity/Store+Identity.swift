package import Domain
import PostgresClient

/// A token as it is made.
package struct NewToken: Hashable, Sendable {
    /// SHA-256 of the token.
    package let hash: [UInt8]
    /// Unique among those that are not revoked.
    package let name: String
    /// At least one.
    package let roles: [Role]
    /// From when on it does not work.
    package let expires: Timestamp

    package init(hash: [UInt8], name: String, roles: [Role], expires: Timestamp) {
        self.hash = hash
        self.name = name
        self.roles = roles
        self.expires = expires
    }
}

extension Store {
    /// Keeps a new token, and writes down who made it.
    ///
    /// - Parameters:
    ///   - token: the token.
    ///   - actor: who made it.
    ///   - address: where from; nil: on the machine itself.
    ///   - time: the wall clock.
    /// - Returns: the token as it is kept; nil when one of its name exists that is not revoked.
    /// - Throws: `StorageError.database`.
    package func create(
        _ token: NewToken,
        by actor: String,
        from address: String? = nil,
        at time: Timestamp
    ) async throws(StorageError) -> StoredToken? {
        try await storing {
            try await session.transaction { session in
                let row = try session.query(
                    """
                    insert into riskd.api_token as t (hash, name, roles, created, created_by, expires)
                    values (\(token.hash), \(token.name), \(token.roles.map(\.rawValue)), \(time.postgres), \(actor),
                        \(token.expires.postgres))
                    on conflict (name) where revoked is null do nothing
                    returning \(unsafeSQL: StoredToken.columns)
                    """
                ).first
                guard let row else { return nil }
                var fields = row.fields
                let stored = try StoredToken(&fields)
                let detail = token.roles.map(\.rawValue).joined(separator: ", ")
                let entry = AuditEntry(
                    time: time,
                    actor: actor,
                    what: "token.create",
                    object: token.name,
                    detail: "roles \(detail), until \(token.expires)",
                    address: address
                )
                try entry.write(session)
                return stored
            }
        }
    }

    /// Every token, newest first.
    ///
    /// - Parameter limit: how many at most.
    /// - Returns: the tokens.
    /// - Throws: `StorageError.database` or `.corrupt`.
    package func tokens(limit: Int = 1000) async throws(StorageError) -> [StoredToken] {
        try await storing {
            try await session.query(
                """
                select \(unsafeSQL: StoredToken.columns) from riskd.api_token t order by t.id desc limit \(limit)
                """
            ).map { row in
                var fields = row.fields
                return try StoredToken(&fields)
            }
        }
    }

    /// The token of a hash, whether it works or not.
    ///
    /// - Parameter hash: SHA-256 of what a caller presented.
    /// - Returns: the token; nil when it is unknown.
    /// - Throws: `StorageError.database` or `.corrupt`.
    package func token(hash: [UInt8]) async throws(StorageError) -> StoredToken? {
        try await storing {
            try await session.query(
                "select \(unsafeSQL: StoredToken.columns) from riskd.api_token t where t.hash = \(hash)"
            ).first.map { row in
                var fields = row.fields
                return try StoredToken(&fields)
            }
        }
    }

    /// Remembers that a token was used; at most once a minute, so that reading does not become writing.
    ///
    /// - Parameters:
    ///   - id: its number.
    ///   - time: the wall clock.
    /// - Throws: `StorageError.database`.
    package func noteUse(ofToken id: Int64, at time: Timestamp) async throws(StorageError) {
        let minute = time - .seconds(60)
        try await storing {
            try await session.run(
                """
                update riskd.api_token set last_used = \(time.postgres)
                where id = \(id) and (last_used is null or last_used < \(minute.postgres))
                """
            )
        }
    }

    /// Revokes a token, and with it all sessions and links that began with it.
    ///
    /// - Parameters:
    ///   - id: its number.
    ///   - actor: who does.
    ///   - address: where from; nil: on the machine itself.
    ///   - time: the wall clock.
    /// - Returns: whether there was such a token that worked.
    /// - Throws: `StorageError.database`.
    package func revokeToken(
        _ id: Int64,
        by actor: String,
        from address: String? = nil,
        at time: Timestamp
    ) async throws(StorageError) -> Bool {
        try await storing {
            try await session.transaction { session in
                let name = try session.query(
                    """
                    update riskd.api_token set revoked = \(time.postgres), revoked_by = \(actor)
                    where id = \(id) and revoked is null returning name
                    """
                ).first?.only(String.self)
                guard let name else { return false }
                try session.run("delete from riskd.api_session where token_id = \(id)")
                try session.run("delete from riskd.login_link where token_id = \(id) and used is null")
                let entry = AuditEntry(
                    time: time,
                    actor: actor,
                    what: "token.revoke",
                    object: name,
                    address: address
                )
                try entry.write(session)
                return true
            }
        }
    }

    /// Keeps a one-time login link.
    ///
    /// - Parameters:
    ///   - hash: SHA-256 of its code.
    ///   - token: which token its session is of.
    ///   - expires: from when on it does not work.
    ///   - actor: who made it.
    ///   - address: where from; nil: on the machine itself.
    ///   - time: the wall clock.
    /// - Throws: `StorageError.database`.
    package func addLink(
        hash: [UInt8],
        token: StoredToken,
        expires: Timestamp,
        by actor: String,
        from address: String? = nil,
        at time: Timestamp
    ) async throws(StorageError) {
        try await storing {
            try await session.transaction { session in
                try session.run("delete from riskd.login_link where expires < \(time.postgres)")
                try session.run(
                    """
                    insert into riskd.login_link (hash, token_id, created, created_by, expires)
                    values (\(hash), \(token.id), \(time.postgres), \(actor), \(expires.postgres))
                    """
                )
                let entry = AuditEntry(
                    time: time,
                    actor: actor,
                    what: "token.link",
                    object: token.name,
                    detail: "until \(expires)",
                    address: address
                )
                try entry.write(session)
            }
        }
    }
}
