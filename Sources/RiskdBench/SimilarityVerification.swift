import Domain
import Runtime
import Similarity

/// Compares every finding of the fast search with brute force, to the last bit.
struct SimilarityVerification {
    let file: ImageFile
    let configuration: SimilarityConfiguration
    let queries: Int

    /// What came of it.
    struct Result {
        var searches = 0
        var differences = 0
        var withNeighbour = 0
        var counted = 0
        var repeats = 0
    }

    /// Sends `queries` images, random and adversarial, through both searches.
    ///
    /// - Parameter pool: the threads that search.
    /// - Returns: what differed.
    func run(pool: WorkerPool) async -> Result {
        let isSmall = configuration.history.entries < 4096
        let fast = SimilarityDetector(
            configuration: configuration,
            method: isSmall ? .signed(images: configuration.history.entries / 2) : .fast
        )
        let slow = SimilarityDetector(configuration: configuration, method: .bruteForce)
        var inputs = SimilarityInputs(file: file, metric: configuration.metric)
        var random = SeededGenerator(seed: 11)
        var recent: [[UInt8]] = []
        var result = Result()
        // The window is full before the first search counts.
        let filling = (0..<configuration.history.entries).map { inputs.next(file[$0 % file.count]) }
        fast.restore(filling)
        slow.restore(filling)
        await fast.settle()
        var next = filling.count
        while result.searches < queries {
            let batch = (0..<random.integer(1...64)).map { _ in
                let pixels = inputs.adversarial(file[next % file.count], after: recent)
                next += 1
                recent.append(pixels)
                if recent.count > 400 { recent.removeFirst(200) }
                return inputs.next(pixels, user: random.integer(0...5))
            }
            let expected = await slow.observe(batch) { count, body in await pool.forEach(count: count, body) }
            let found = await fast.observe(batch) { count, body in await pool.forEach(count: count, body) }
            for (wanted, got) in zip(expected, found) {
                result.searches += 1
                if wanted.user != got.user || wanted.model != got.model { result.differences += 1 }
                if wanted.model.nearest != nil { result.withNeighbour += 1 }
                result.counted += wanted.model.distanceAlarm
                result.repeats += wanted.model.exactRepeats
            }
        }
        return result
    }
}
