package import Domain

/// Accounts whose lines can least be used, in bounded memory.
///
/// A space-saving sketch over unusable lines: an account with more than a 256th of them all is in it. One that comes in
/// where all places are taken replaces the one with the fewest, and inherits its count as an uncertainty, which is not
/// held against it. All counts are halved now and then, so that what is long past is forgotten.
package struct AccountSketch: Hashable, Sendable {
    /// Accounts that are remembered.
    package static let capacity = 256
    /// Lines after which every count is halved.
    static let halving: Int64 = 65_536

    /// By user.
    package private(set) var accounts: [UserID: AccountLines] = [:]
    /// Lines with a readable user.
    package private(set) var lines: Int64 = 0
    /// Those of them that could not be used.
    package private(set) var unusable: Int64 = 0
    /// Lines since counts were halved.
    private(set) var sinceHalving: Int64 = 0
    /// Accounts that changed or went since ``takeChanged()``.
    private var changed: Set<UserID> = []

    /// A sketch that has seen nothing.
    package init() {}

    package init(accounts: [AccountLines], lines: Int64, unusable: Int64, sinceHalving: Int64) {
        for account in accounts { self.accounts[account.user] = account }
        self.lines = lines
        self.unusable = unusable
        self.sinceHalving = sinceHalving
    }

    /// Counts a line of an account.
    mutating func add(_ user: UserID, unusable reason: String?) {
        lines += 1
        sinceHalving += 1
        if reason != nil { unusable += 1 }
        if var account = accounts[user] {
            if let reason {
                account.unusable += 1
                account.reason = reason
            } else {
                account.used += 1
            }
            accounts[user] = account
            changed.insert(user)
        } else if let reason {
            insert(user, reason)
        }
        if sinceHalving >= Self.halving { halve() }
    }

    /// The accounts that changed, as they are now, and those that are gone.
    mutating func takeChanged() -> (accounts: [AccountLines], gone: [UserID]) {
        defer { changed = [] }
        let users = changed.sorted()
        return (users.compactMap { accounts[$0] }, users.filter { accounts[$0] == nil })
    }

    /// Accounts most of whose lines cannot be used, unlike those of the others.
    ///
    /// - Parameters:
    ///   - limit: how many at most.
    ///   - least: unusable lines without which nothing is said.
    ///   - share: of an account's lines, in millionths; where more than half as much of everybody else's is unusable, the
    ///     account must have twice that, and where that is more than all, it does not stand out.
    /// - Returns: those with the most unusable lines first, then by name.
    package func suspicious(limit: Int, least: Int64, share: Int64) -> [AccountLines] {
        let found = accounts.values.filter { account in
            let own = account.certain + account.used
            // Halving rounds, so that others may seem to have less than nothing.
            let (others, lost) = (max(0, lines - own), max(0, unusable - account.certain))
            let bound = max(share, others == 0 ? 0 : 2 * lost * CoverageRule.whole / others)
            return account.certain >= least && account.certain * CoverageRule.whole >= bound * own
        }
        return Array(
            found.sorted {
                $0.certain == $1.certain ? $0.user < $1.user : $0.certain > $1.certain
            }.prefix(limit)
        )
    }

    private mutating func insert(_ user: UserID, _ reason: String) {
        var uncertain: Int64 = 0
        if accounts.count >= Self.capacity {
            let least = accounts.values.min {
                $0.unusable == $1.unusable ? $0.user < $1.user : $0.unusable < $1.unusable
            }
            if let least {
                uncertain = least.unusable
                accounts[least.user] = nil
                changed.insert(least.user)
            }
        }
        accounts[user] = AccountLines(
            user: user,
            unusable: uncertain + 1,
            uncertain: uncertain,
            used: 0,
            reason: reason
        )
        changed.insert(user)
    }

    private mutating func halve() {
        sinceHalving = 0
        (lines, unusable) = (lines / 2, unusable / 2)
        for user in Array(accounts.keys) {
            guard var account = accounts[user] else { continue }
            account.unusable /= 2
            account.uncertain /= 2
            account.used /= 2
            accounts[user] = account.unusable == 0 ? nil : account
            changed.insert(user)
        }
    }
}
