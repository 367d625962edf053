import Domain
import Scoring
import Storage

extension StoredTrack {
    /// A track as storage keeps it.
    init(_ entity: Entity, _ track: Track) {
        self.init(
            entity: entity,
            lanes: track.lanes,
            ledgers: track.ledgers.map { ledger in
                ledger.entries.map { LedgerEntry(name: $0.name, value: $0.units) }
            },
            level: track.level.rawValue,
            below: track.below,
            tick: track.tick?.index,
            seen: track.seen?.index,
            pinned: track.pinned?.rawValue
        )
    }

    /// The track that was stored.
    ///
    /// - Throws: `StorageError.corrupt` when it is none that riskd writes.
    func track() throws(StorageError) -> Track {
        guard lanes.count == 4, ledgers.count == 4, let level = Level(rawValue: level) else {
            throw .corrupt("the track of \(entity)")
        }
        return Track(
            lanes: lanes,
            ledgers: ledgers.map { entries in
                Ledger(entries.map { Ledger.Entry(name: $0.name, units: $0.value) })
            },
            level: level,
            below: below,
            tick: tick.map(Tick.init),
            seen: seen.map(Tick.init),
            pinned: pinned.flatMap(Level.init(rawValue:))
        )
    }
}
