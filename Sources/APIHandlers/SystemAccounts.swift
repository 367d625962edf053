import Glibc

/// Accounts and groups as the system's databases have them.
package enum SystemAccounts {
    private static let roomForNames = 16_384

    /// The name of an account; nil where it has none.
    static func name(ofUser user: UInt32) -> String? {
        var entry = passwd()
        var found: UnsafeMutablePointer<passwd>?
        var room = [CChar](repeating: 0, count: roomForNames)
        guard getpwuid_r(user, &entry, &room, room.count, &found) == 0, found != nil, let name = entry.pw_name
        else { return nil }
        return String(cString: name)
    }

    /// The number of a group.
    ///
    /// - Parameter name: the group's.
    /// - Returns: nil where there is none of that name.
    package static func number(ofGroup name: String) -> UInt32? {
        var entry = group()
        var found: UnsafeMutablePointer<group>?
        // A group's entry holds its members.
        var room = [CChar](repeating: 0, count: 1 << 20)
        guard getgrnam_r(name, &entry, &room, room.count, &found) == 0, found != nil else { return nil }
        return entry.gr_gid
    }
}
