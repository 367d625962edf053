package import Domain

/// An entity's running evidence, or the level state of a roll-up, as it is kept between runs.
package struct StoredTrack: Hashable, Sendable {
    /// One entry of a lane's ledger.
    package struct LedgerEntry: Hashable, Sendable {
        /// A detector, `unremarkable` or `limits`.
        package let name: String
        /// Units of 2^-20 bit.
        package let value: Int64

        /// An entry.
        package init(name: String, value: Int64) {
            self.name = name
            self.value = value
        }
    }

    /// Whose.
    package let entity: Entity
    /// Whether this is the level state of the entity's roll-up, which has no lanes.
    package let isRollup: Bool
    /// The lanes' evidence in units of 2^-20 bit, burst first; empty for roll-ups.
    package let lanes: [Int64]
    /// A ledger for every lane; empty for roll-ups.
    package let ledgers: [[LedgerEntry]]
    /// 0 (info) … 4 (critical).
    package let level: Int
    /// Ticks in a row below the level's threshold.
    package let below: Int
    /// The last scored tick.
    package let tick: Int64?
    /// The last tick with a query.
    package let seen: Int64?
    /// The level that people hold it at, at least; nil: they do not.
    package let pinned: Int?

    /// A track.
    ///
    /// - Precondition: `ledgers.count == lanes.count`.
    package init(
        entity: Entity,
        isRollup: Bool = false,
        lanes: [Int64],
        ledgers: [[LedgerEntry]],
        level: Int,
        below: Int,
        tick: Int64?,
        seen: Int64?,
        pinned: Int? = nil
    ) {
        precondition(ledgers.count == lanes.count)
        self.entity = entity
        self.isRollup = isRollup
        self.lanes = lanes
        self.ledgers = ledgers
        self.level = level
        self.below = below
        self.tick = tick
        self.seen = seen
        self.pinned = pinned
    }

    /// What a track is stored under.
    package struct Key: Hashable, Sendable {
        /// Whose.
        package let entity: Entity
        /// Whether it is the roll-up's.
        package let isRollup: Bool

        /// A key.
        package init(entity: Entity, isRollup: Bool = false) {
            self.entity = entity
            self.isRollup = isRollup
        }
    }

    /// What this track is stored under.
    package var key: Key { Key(entity: entity, isRollup: isRollup) }
}
