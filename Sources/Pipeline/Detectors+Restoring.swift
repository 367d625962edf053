import Domain
import Scoring
import Similarity
package import Storage

/// What reloading the histories of all models took, in wall time.
package struct HistoryReload: Hashable, Sendable {
    /// Images or vectors.
    package var images = 0
    /// Of these, how many took over a signature that was kept in a file.
    package var keptSignatures = 0
    /// From the first question to the last image's signature.
    package var duration = Duration.zero
    /// Waiting for the database, which reads the next page while a page is put into the history.
    package var waiting = Duration.zero
    /// Putting images into the history, and finding what leads them.
    package var adding = Duration.zero
    /// Putting them into chains of near-duplicates.
    package var linking = Duration.zero

    /// Nothing.
    package init() {}
}

extension Detectors {
    /// Reloads what every model's detectors remember.
    ///
    /// - Parameters:
    ///   - store: the database.
    ///   - onProgress: told how many images have been reloaded.
    /// - Returns: what it took.
    /// - Throws: `StorageError`.
    package func restore(
        from store: Store,
        onProgress: (Int) -> Void = { _ in }
    ) async throws -> HistoryReload {
        let clock = ContinuousClock()
        let began = clock.now
        var (reload, last) = (HistoryReload(), began)
        func lap() -> Duration {
            defer { last = clock.now }
            return clock.now - last
        }
        for window in try await store.historyWindows() {
            offerSignatures(to: window.model, from: window.first)
            var page = try await store.page(of: window.model, from: window.first)
            while let end = page.entries.last?.sequence {
                reload.waiting += lap()
                // The server reads the next page while this one is put into the history.
                async let following = store.page(of: window.model, from: end + 1)
                let metric = metric(of: window.model)
                let inputs = page.entries.compactMap { SimilarityInput($0, metric) }
                await restore(inputs, of: window.model, newest: window.newest)
                reload.adding += lap()
                restore(page.entries, page.links, of: window.model)
                reload.linking += lap()
                reload.images += page.entries.count
                onProgress(reload.images)
                page = try await following
            }
            let gap = plans.campaigns(of: window.model).gap
            let open = try await store.campaigns(of: window.model, joinedSince: window.newest - gap)
            restore(open, of: window.model, newest: window.newest)
        }
        reload.keptSignatures = keptSignatures
        reload.duration = clock.now - began
        return reload
    }
}

extension Store {
    /// A page of a model's history, and how its inputs go on with earlier ones.
    fileprivate func page(
        of model: ModelID,
        from first: Int64
    ) async throws(StorageError) -> (entries: [HistoryEntry], links: [Int64: StoredLink]) {
        let entries = try await history(of: model, from: first)
        guard let start = entries.first, let end = entries.last else { return ([], [:]) }
        return (entries, try await links(of: model, in: start.sequence...end.sequence))
    }
}

extension SimilarityInput {
    /// Nil when the entry was stored for another kind of metric.
    fileprivate init?(_ entry: HistoryEntry, _ metric: SimilarityMetric) {
        guard let content = metric.content(image: entry.image, features: entry.features) else { return nil }
        self.init(
            sequence: entry.sequence,
            record: entry.record,
            user: entry.user,
            time: entry.time,
            image: content,
            prediction: entry.prediction
        )
    }
}
