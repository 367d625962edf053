package import Domain
package import Scoring
package import Storage

extension StoredTrack {
    /// A track as storage keeps it.
    package init(_ entity: Entity, _ track: Track) {
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
            pinned: track.pinned?.rawValue,
            streams: track.streams.map { stream in
                Stream(
                    detector: stream.detector,
                    lanes: stream.lanes,
                    gains: stream.gains,
                    losses: stream.losses,
                    memory: stream.memory
                )
            },
            price: track.price
        )
    }

    /// The track that was stored.
    ///
    /// - Throws: `StorageError.corrupt` when it is none that riskd writes.
    package func track() throws(StorageError) -> Track {
        guard lanes.count == 4, ledgers.count == 4, let level = Level(rawValue: level) else {
            throw .corrupt("the track of \(entity)")
        }
        let streams = streams.compactMap { stream in
            DetectorStream(
                stream.detector,
                lanes: stream.lanes,
                gains: stream.gains,
                losses: stream.losses,
                memory: stream.memory
            )
        }
        guard streams.count == self.streams.count else { throw .corrupt("the streams of \(entity)") }
        return Track(
            lanes: lanes,
            ledgers: ledgers.map { entries in
                Ledger(entries.map { Ledger.Entry(name: $0.name, units: $0.value) })
            },
            level: level,
            below: below,
            tick: tick.map(Tick.init),
            seen: seen.map(Tick.init),
            pinned: pinned.flatMap(Level.init(rawValue:)),
            streams: streams,
            price: price
        )
    }
}
