internal import CMicroHTTPD

/// Who is at the other end of a Unix socket, as the kernel noted it when they connected.
package struct LocalPeer: Hashable, Sendable {
    /// The account's number.
    package let user: UInt32
    /// The numbers of the groups that the process was in.
    package let groups: Set<UInt32>

    /// Somebody.
    ///
    /// - Parameters:
    ///   - user: the account's number.
    ///   - groups: the numbers of its groups.
    package init(user: UInt32, groups: Set<UInt32>) {
        self.user = user
        self.groups = groups
    }
}

extension LocalPeer {
    /// The most groups of one process (NGROUPS_MAX).
    private static let mostGroups = 65_536

    /// Who is at the other end of a connected socket; nil where the kernel does not say.
    init?(connectedTo socket: Int32) {
        var account = microhttpd_account()
        guard microhttpd_account_of(socket, &account) == 1 else { return nil }
        var further = [UInt32](repeating: 0, count: 64)
        var count = microhttpd_groups_of(socket, &further, 64)
        if count < 0 {
            further = [UInt32](repeating: 0, count: Self.mostGroups)
            count = microhttpd_groups_of(socket, &further, Int32(Self.mostGroups))
        }
        self.init(user: account.uid, groups: Set(further.prefix(Int(max(0, count))) + [account.gid]))
    }
}
