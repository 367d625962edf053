package import Domain
import Scoring
package import Storage

/// Finds recomputed samples again under the numbers that they were stored with, where people have been erased since.
///
/// Samples of one tick are numbered in the order of names, and of equally bad members of a roll-up the first by name is named
/// first: a pseudonym stands elsewhere in both orders than the name did. Numbers stay as they are, because others refer to
/// them.
package struct ErasedNumbering: Sendable {
    private let store: Store
    private let pseudonyms: Set<UserID>

    /// The numbering of the users that took the place of erased ones.
    package init(_ store: Store, pseudonyms: Set<UserID>) {
        self.store = store
        self.pseudonyms = pseudonyms
    }

    private func isErased(_ entity: Entity) -> Bool { entity.user.map(pseudonyms.contains) ?? false }

    /// What was recomputed, with the numbers that are stored.
    ///
    /// - Parameters:
    ///   - output: samples and level changes in the order in which they were computed.
    ///   - names: artefacts by sample.
    /// - Returns: both; the samples in the order of their numbers.
    /// - Throws: `StorageError`.
    func asStored(
        _ output: ScoringOutput,
        _ names: [Int64: String]
    ) async throws(StorageError) -> (output: ScoringOutput, names: [Int64: String]) {
        guard output.samples.contains(where: { isErased($0.entity) }) else { return (output, names) }
        var numbers: [Int64: Int64] = [:]
        for samples in output.samples.chunked(by: \.tick)
        where samples.contains(where: { isErased($0.entity) }) {
            guard let first = samples.first?.id else { continue }
            // An entity that was reset has several at one tick: they keep their order.
            var free: [Entity: ArraySlice<Int64>] = [:]
            for stored in try await store.samples(after: first - 1, limit: samples.count) {
                free[stored.sample.entity, default: []].append(stored.sample.id)
            }
            for sample in samples { numbers[sample.id] = free[sample.entity]?.popFirst() }
        }
        func number(_ id: Int64) -> Int64 { numbers[id] ?? id }
        var renumbered = output
        renumbered.samples = output.samples.map { $0.numbered(number($0.id)) }.sorted { $0.id < $1.id }
        renumbered.levelChanges = output.levelChanges.map { change in
            LevelChange(
                sample: number(change.sample),
                entity: change.entity,
                tick: change.tick,
                from: change.from,
                to: change.to
            )
        }
        let pairs = names.map { (number($0.key), $0.value) }
        return (renumbered, Dictionary(pairs) { first, _ in first })
    }

    /// Whether a stored sample is what comes out, integer by integer.
    ///
    /// Of a roll-up whose explanation names somebody who was erased the parts have to be the same, not whose they are.
    func areSame(_ stored: Sample, _ recomputed: Sample) -> Bool {
        if stored == recomputed { return true }
        let parts = stored.contributions + recomputed.contributions
        guard !pseudonyms.isEmpty, stored.isDerived,
            parts.contains(where: { part in Entity(part.name).map(isErased) ?? false })
        else { return false }
        return stored.contributions.map(\.milliPoints) == recomputed.contributions.map(\.milliPoints)
            && stored.explained(by: []) == recomputed.explained(by: [])
    }
}

extension Sample {
    fileprivate func numbered(_ number: Int64) -> Sample { copy(number, contributions) }

    fileprivate func explained(by contributions: [Contribution]) -> Sample { copy(id, contributions) }

    private func copy(_ id: Int64, _ contributions: [Contribution]) -> Sample {
        Sample(
            id: id,
            entity: entity,
            tick: tick,
            queries: queries,
            score: score,
            level: level,
            pinned: pinned,
            lane: lane,
            lanes: lanes,
            evidence: evidence,
            isDerived: isDerived,
            contributions: contributions
        )
    }
}
