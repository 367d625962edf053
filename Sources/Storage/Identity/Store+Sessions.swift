package import Domain
import PostgresClient

/// What a browser presents to sign in.
package enum SignInProof: Hashable, Sendable {
    /// SHA-256 of a token.
    case token(hash: [UInt8])
    /// SHA-256 of a one-time link's code.
    case link(hash: [UInt8])
}

/// A session as it begins.
package struct NewSession: Hashable, Sendable {
    /// SHA-256 of the cookie.
    package let hash: [UInt8]
    /// The latest end; that of its token may come first.
    package let expires: Timestamp
    /// Where the browser is.
    package let address: String

    package init(hash: [UInt8], expires: Timestamp, address: String) {
        self.hash = hash
        self.expires = expires
        self.address = address
    }
}

extension Store {
    /// Begins a session; a link that was used works no more.
    ///
    /// - Parameters:
    ///   - new: the session.
    ///   - proof: what was presented.
    ///   - time: the wall clock.
    /// - Returns: the token and the session's end; nil when the proof is unknown, used, expired or revoked.
    /// - Throws: `StorageError.database` or `.corrupt`.
    package func begin(
        _ new: NewSession,
        with proof: SignInProof,
        at time: Timestamp
    ) async throws(StorageError) -> (token: StoredToken, expires: Timestamp)? {
        try await storing {
            try await session.transaction { session in
                let rows: PostgresRows
                switch proof {
                case .token(let hash):
                    rows = try session.query(
                        "select \(unsafeSQL: StoredToken.columns) from riskd.api_token t where t.hash = \(hash)"
                    )
                case .link(let hash):
                    // One statement: of two who present the same code one finds it used.
                    rows = try session.query(
                        """
                        with used as (update riskd.login_link set used = \(time.postgres)
                            where hash = \(hash) and used is null and expires > \(time.postgres) returning token_id)
                        select \(unsafeSQL: StoredToken.columns) from riskd.api_token t
                        join used on used.token_id = t.id
                        """
                    )
                }
                guard let row = rows.first else { return nil }
                var fields = row.fields
                let token = try StoredToken(&fields)
                guard token.isActive(at: time) else { return nil }
                let expires = min(new.expires, token.expires)
                try session.run("delete from riskd.api_session where expires < \(time.postgres)")
                try session.run(
                    """
                    insert into riskd.api_session (hash, token_id, begun, expires, address)
                    values (\(new.hash), \(token.id), \(time.postgres), \(expires.postgres), \(new.address))
                    """
                )
                try session.run(
                    "update riskd.api_token set last_used = \(time.postgres) where id = \(token.id)"
                )
                let isLink = if case .link = proof { true } else { false }
                let entry = AuditEntry(
                    time: time,
                    actor: token.name,
                    what: "session.begin",
                    object: token.name,
                    detail: isLink ? "with a one-time link" : "with the token",
                    address: new.address
                )
                try entry.write(session)
                return (token, expires)
            }
        }
    }

    /// The session of a cookie, whether it still lasts or not.
    ///
    /// - Parameter hash: SHA-256 of the cookie.
    /// - Returns: its token and its end; nil when it is unknown.
    /// - Throws: `StorageError.database` or `.corrupt`.
    package func browserSession(
        hash: [UInt8]
    ) async throws(StorageError) -> (token: StoredToken, expires: Timestamp)? {
        try await storing {
            try await session.query(
                """
                select \(unsafeSQL: StoredToken.columns), s.expires from riskd.api_session s
                join riskd.api_token t on t.id = s.token_id where s.hash = \(hash)
                """
            ).first.map { row in
                var fields = row.fields
                let token = try StoredToken(&fields)
                return (token, Timestamp(try fields.next(PostgresTimestamp.self)))
            }
        }
    }

    /// Ends a session.
    ///
    /// - Parameter hash: SHA-256 of the cookie.
    /// - Throws: `StorageError.database`.
    package func endSession(hash: [UInt8]) async throws(StorageError) {
        try await storing { try await session.run("delete from riskd.api_session where hash = \(hash)") }
    }
}
