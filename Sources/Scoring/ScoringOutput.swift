package import Domain

/// What closing ticks produced, in order.
package struct ScoringOutput: Hashable, Sendable {
    /// What was seen, tick by tick; within a tick users before campaigns before models.
    package var histograms: [TickHistogram] = []
    /// Scores and levels, by id.
    package var samples: [Sample] = []
    /// The artefacts that samples of users were counted by, by sample, where not by the model's pooled calibration.
    package var variants: [Int64: String] = [:]
    /// Levels that changed, in the order of their samples.
    package var levelChanges: [LevelChange] = []
    /// Tracks to store.
    ///
    /// A user's or campaign's track whose level was only evaluated again is not among them: that can be repeated when it is read.
    package var changed: Set<Entity> = []
    /// Tracks to forget, because they became like new ones; some may never have been stored.
    package var evicted: Set<Entity> = []

    /// Nothing.
    package init() {}

    /// Adds what happened after this.
    package mutating func append(_ next: ScoringOutput) {
        histograms += next.histograms
        samples += next.samples
        if !next.variants.isEmpty { variants.merge(next.variants) { $1 } }
        levelChanges += next.levelChanges
        // In place: a record that closes nothing must not copy what a large tick before it left behind.
        changed.subtract(next.evicted)
        changed.formUnion(next.changed)
        evicted.subtract(next.changed)
        evicted.formUnion(next.evicted)
    }

    mutating func change(_ entity: Entity) {
        changed.insert(entity)
        evicted.remove(entity)
    }

    mutating func evict(_ entity: Entity) {
        changed.remove(entity)
        evicted.insert(entity)
    }
}
