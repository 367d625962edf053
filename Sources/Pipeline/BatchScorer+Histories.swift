import Domain
import Similarity
import Storage

extension BatchScorer {
    /// Adds where the histories stand that a batch has changed.
    ///
    /// - Parameters:
    ///   - result: gets it; its observations and sequence are there.
    ///   - isFirst: whether nothing was told of any history yet.
    func addHistories(to result: inout ScoredBatch, isFirst: Bool) {
        result.shortened = detectors.takeShortened()
        let changed = Set(result.commit.observations.map(\.record.model)).union(result.shortened.models)
        // Idle models stay as they were told at first: there may be thousands.
        result.histories = detectors.uses(of: isFirst ? Set(detectors.histories.keys) : changed)
        for model in changed {
            guard let detector = detectors.histories[model], let newest = detector.newestTime else {
                continue
            }
            // An empty window starts after everything that was seen.
            let first = detector.oldestSequence ?? result.commit.sequence + 1
            result.commit.historyWindows.append(StoredWindow(model: model, first: first, newest: newest))
        }
        result.commit.forgottenModels = result.shortened.forgotten.sorted()
        result.commit.historyWindows.sort { $0.model < $1.model }
    }
}
