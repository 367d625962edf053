package import Domain
import Similarity

/// What the bound on all histories has taken from some.
package struct ShortenedHistories: Hashable, Sendable {
    /// Models that have lost images.
    package var models: Set<ModelID> = []
    /// Models that have lost all; they begin anew with their next record.
    package var forgotten: Set<ModelID> = []
    /// How many images left before their time.
    package var images = 0
}

// The bound is looked at after every 64th record of all, so that neither batches nor restarts change what leaves when. In between
// histories may take what 64 records bring.
extension Detectors {
    static let checkpoint: Int64 = 64

    func isCheckpoint(_ record: IncomingRecord) -> Bool { record.sequence % Self.checkpoint == 0 }

    /// How many of some records, which come next, can be observed before the bound may have been passed; one at least.
    func countBeforeBound(_ records: ArraySlice<IncomingRecord>) -> Int {
        let bound = plans.bound
        guard bound != .none else { return records.count }
        var names = Set<ModelID>()
        var cost = uses.reduce(0) { $0 + $1.cost }
        for (index, incoming) in records.enumerated() {
            let model = incoming.record.model
            if histories[model] == nil, names.insert(model).inserted { cost += HistoryBound.perModel }
            // At most: images of a kind that is not compared take nothing, and others may leave meanwhile.
            cost += HistoryBound.perInput + mostBytes(of: incoming)
            let isPassed = cost > bound.bytes || histories.count + names.count > bound.models
            if isPassed, isCheckpoint(incoming) { return index + 1 }
        }
        return records.count
    }

    private func mostBytes(of incoming: IncomingRecord) -> Int {
        guard let input = SimilarityInput(incoming, metric(of: incoming.record.model)) else { return 0 }
        // FSIM keeps 4 bytes a pixel beside.
        return 5 * input.image.shape.count
    }

    /// Lets leave what is too much.
    func keepBound(at sequence: Int64) {
        let bound = plans.bound
        guard bound != .none else { return }
        for model in bound.leaving(uses, at: sequence) { forget(model) }
        guard let share = bound.share(of: uses) else { return }
        for use in uses where use.cost > share {
            shorten(use.model) { entries, bytes in HistoryBound.cost(entries: entries, bytes: bytes) <= share
            }
        }
    }

    private var uses: [HistoryBound.Use] {
        histories.compactMap { model, detector in
            let (entries, bytes) = detector.use
            // One of which all has left may or may not be there after a restart.
            guard entries > 0 else { return nil }
            return HistoryBound.Use(
                model: model,
                entries: entries,
                bytes: bytes,
                newestSequence: detector.newestSequence
            )
        }
    }
}
