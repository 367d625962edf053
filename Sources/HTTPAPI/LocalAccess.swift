package import Domain
package import HTTPServer

/// Who on riskd's own machine may ask without a token, by the Unix socket, and as what.
package struct LocalAccess: Sendable {
    /// The number of the account that riskd runs as.
    private let ownUser: UInt32
    private let group: (number: UInt32, name: String, role: Role)?
    private let name: @Sendable (_ user: UInt32) -> String?

    /// The header by which somebody who may have several roles chooses one.
    package static let roleHeader = "riskd-role"

    /// What a user or group looks like that the process's user namespace does not have (user_namespaces(7)).
    private static let unmapped: UInt32 = 65_534

    /// Rules.
    ///
    /// - Parameters:
    ///   - ownUser: the number of the account that riskd runs as.
    ///   - group: the group whose members may ask, and their role; nil: none.
    ///   - name: an account's name; nil where it has none.
    package init(
        ownUser: UInt32,
        group: (number: UInt32, name: String, role: Role)?,
        name: @escaping @Sendable (_ user: UInt32) -> String?
    ) {
        self.ownUser = ownUser
        self.group = group
        self.name = name
    }

    /// The roles that somebody may have, one at a time; the first where they choose none.
    ///
    /// Root and riskd's own account can read and write the database and make tokens of any role: naming one is how they say
    /// in which capacity they act. None: they are refused.
    ///
    /// - Parameter peer: who is at the other end.
    /// - Returns: roles.
    package func roles(of peer: LocalPeer) -> [Role] {
        if peer.user == 0 || (peer.user == ownUser && ownUser != Self.unmapped) {
            return [.admin] + Role.allCases.filter { $0 != .admin }
        }
        guard let group, group.number != Self.unmapped, peer.groups.contains(group.number) else { return [] }
        return [group.role]
    }

    /// Whoever is at the other end, as the API knows callers.
    ///
    /// - Parameters:
    ///   - peer: who is at the other end.
    ///   - word: the role that they choose; nil: none.
    /// - Returns: the caller, whom ledgers call `local:alice (uid 1000)`, with ` as ROLE` where they chose one.
    /// - Throws: `APIFailure.forbidden`, or `invalid` for what is no role.
    func caller(of peer: LocalPeer, as word: String?) throws(APIFailure) -> Caller {
        let roles = roles(of: peer)
        let account = account(peer.user)
        guard let usual = roles.first else {
            let others =
                group.map { " or be in the group \($0.name)" } ?? " (api.socket_group can name a group)"
            throw .forbidden(
                "\(account) has no role at this socket: be root or riskd's own account\(others), or send a token"
            )
        }
        var role = usual
        if let word {
            guard let chosen = Role(rawValue: word) else {
                let known = Role.allCases.map(\.rawValue).joined(separator: ", ")
                throw .invalid(Self.roleHeader, "must be one of \(known)")
            }
            guard roles.contains(chosen) else {
                throw .forbidden("\(account) has the role \(usual.rawValue) at this socket, and no other")
            }
            role = chosen
        }
        return Caller(
            // Below all numbers of tokens.
            token: -1 - Int64(peer.user),
            name: "local:\(account)" + (role == usual ? "" : " as \(role.rawValue)"),
            roles: [role],
            expires: nil,
            means: .socket
        )
    }

    private func account(_ user: UInt32) -> String { "\(name(user) ?? "?") (uid \(user))" }
}
