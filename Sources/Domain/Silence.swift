/// A time in which certain alerts are told to nobody; they open and are listed all the same.
package struct Silence: Hashable, Sendable {
    /// Its number.
    package let id: Int64
    /// An alert that meets all of these is silenced; at least one.
    package let matchers: [AlertMatcher]
    /// From when, by the wall clock.
    package let startsAt: Timestamp
    /// Until when; never open-ended.
    package let endsAt: Timestamp
    /// Who wants it.
    package let creator: String
    /// Why; never empty.
    package let comment: String

    package init(
        id: Int64,
        matchers: [AlertMatcher],
        startsAt: Timestamp,
        endsAt: Timestamp,
        creator: String,
        comment: String
    ) {
        self.id = id
        self.matchers = matchers
        self.startsAt = startsAt
        self.endsAt = endsAt
        self.creator = creator
        self.comment = comment
    }

    /// Whether it is in force.
    ///
    /// - Parameter time: by the wall clock.
    /// - Returns: whether the time lies in it.
    package func isActive(at time: Timestamp) -> Bool { startsAt <= time && time < endsAt }
}
