package import Domain

/// An entity's running evidence, or the level state of a roll-up, as it is kept between runs.
package struct StoredTrack: Hashable, Sendable {
    /// One entry of a lane's ledger.
    package struct LedgerEntry: Hashable, Sendable {
        /// A detector, `unremarkable` or `limits`.
        package let name: String
        /// Units of 2^-20 bit.
        package let value: Int64

        package init(name: String, value: Int64) {
            self.name = name
            self.value = value
        }
    }

    /// What one detector's bets have made.
    package struct Stream: Hashable, Sendable {
        package let detector: DetectorID
        /// Evidence of each lane, in units of 2^-20 bit; as many as ``gains`` and ``losses``.
        package let lanes: [Int64]
        /// What remarkable queries brought each lane.
        package let gains: [Int64]
        /// What unremarkable queries took from each lane.
        package let losses: [Int64]
        /// How many scored queries ago each mark was met last, four bits each.
        package let memory: Int64

        /// Lanes of a stream.
        package static let lanes = 8

        package init(detector: DetectorID, lanes: [Int64], gains: [Int64], losses: [Int64], memory: Int64) {
            self.detector = detector
            self.lanes = lanes
            self.gains = gains
            self.losses = losses
            self.memory = memory
        }
    }

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
    /// What the detectors' bets have made, ordered by detector.
    package let streams: [Stream]
    /// What sharing the starting capital among all lanes of all streams costs, in units.
    package let price: Int64

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
        pinned: Int? = nil,
        streams: [Stream] = [],
        price: Int64 = 0
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
        self.streams = streams
        self.price = price
    }

    /// What a track is stored under.
    package struct Key: Hashable, Sendable {
        package let entity: Entity
        /// Whether it is the roll-up's.
        package let isRollup: Bool

        package init(entity: Entity, isRollup: Bool = false) {
            self.entity = entity
            self.isRollup = isRollup
        }
    }

    /// What this track is stored under.
    package var key: Key { Key(entity: entity, isRollup: isRollup) }
}
