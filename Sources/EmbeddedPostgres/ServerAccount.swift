import Glibc

/// The operating system's account that a server runs as.
struct ServerAccount: Sendable {
    let name: String
    let user: uid_t
    let group: gid_t
    /// Whether this process has to become that account first.
    let needsSwitch: Bool

    /// The account for a server of this process: `preferred` for root, else the process's own.
    static func resolve(preferred: String) throws(EmbeddedPostgresError) -> ServerAccount {
        guard geteuid() == 0 else {
            let own = geteuid()
            let name = name(of: own) ?? String(own)
            return ServerAccount(name: name, user: own, group: getegid(), needsSwitch: false)
        }
        guard let entry = getpwnam(preferred)?.pointee, entry.pw_uid != 0 else {
            throw .noAccount(name: preferred)
        }
        return ServerAccount(name: preferred, user: entry.pw_uid, group: entry.pw_gid, needsSwitch: true)
    }

    /// The name of an account; nil when it has none.
    static func name(of user: uid_t) -> String? {
        getpwuid(user).map { String(cString: $0.pointee.pw_name) }
    }

    /// The groups that the account is a member of, its own among them.
    var groups: [gid_t] {
        var count: Int32 = 32
        while true {
            var groups = [gid_t](repeating: 0, count: Int(count))
            let room = count
            if getgrouplist(name, group, &groups, &count) >= 0 { return Array(groups.prefix(Int(count))) }
            guard count > room else { return [group] }
        }
    }
}
