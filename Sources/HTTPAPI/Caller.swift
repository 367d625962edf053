package import Domain

/// Who calls, once it is known.
package struct Caller: Hashable, Sendable {
    /// How they are known.
    package enum Means: Hashable, Sendable {
        /// By a token that came with the request.
        case token
        /// By a session's cookie, whose requests must carry a token against forged ones.
        case session(hash: [UInt8], csrfToken: String)
        /// By the account that is at the other end of the Unix socket.
        case socket
    }

    /// What rates are counted by: the token's number; negative for an account at the socket.
    package let token: Int64
    /// What ledgers call them.
    package let name: String
    /// What they are.
    package let roles: [Role]
    /// From when on they are not known any more; nil: as long as the connection lasts.
    package let expires: Timestamp?
    /// How they are known.
    package let means: Means

    /// A caller.
    package init(token: Int64, name: String, roles: [Role], expires: Timestamp?, means: Means) {
        self.token = token
        self.name = name
        self.roles = roles
        self.expires = expires
        self.means = means
    }

    /// What the roles allow together.
    package var permissions: Set<Permission> {
        roles.reduce(into: []) { $0.formUnion($1.permissions) }
    }
}
