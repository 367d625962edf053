package import Domain

/// Which part of a list is asked for: a period, where the page before ended, and how much.
package struct PageBounds: Hashable, Sendable {
    /// The earliest time.
    package var since: Timestamp?
    /// The time before which.
    package var until: Timestamp?
    /// Items with this key or, in the list's order, before it are left out.
    package var after: Int64?
    /// How many at most.
    package var limit: Int

    package init(since: Timestamp? = nil, until: Timestamp? = nil, after: Int64? = nil, limit: Int) {
        self.since = since
        self.until = until
        self.after = after
        self.limit = limit
    }
}
