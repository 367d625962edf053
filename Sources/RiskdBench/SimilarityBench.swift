import Domain
import Glibc
import Runtime
import Similarity

/// Measures searches of one history that grows, in processor time: others may be using the machine.
final class SimilarityBench {
    /// What the queries of a measurement are.
    enum Kind: String, CaseIterable {
        case benign
        /// An earlier image with uniform noise of up to 4 or 8 on every value.
        case noise4 = "noise 4"
        case noise8 = "noise 8"
    }

    /// Milliseconds of some searches.
    struct Times {
        private let sorted: [Double]

        init(_ values: [Double]) { sorted = values.sorted() }

        var median: Double { sorted[sorted.count / 2] }
        var mean: Double { sorted.reduce(0, +) / Double(sorted.count) }
        var slow: Double { sorted[min(sorted.count - 1, sorted.count * 95 / 100)] }
    }

    private let file: ImageFile
    private let detector: SimilarityDetector
    private var inputs: SimilarityInputs
    private(set) var count = 0
    private var random = SeededGenerator(seed: 5)
    /// Images at the file's end that only ever are queries.
    let queries: Int

    init(file: ImageFile, configuration: SimilarityConfiguration, queries: Int) {
        self.file = file
        self.queries = queries
        inputs = SimilarityInputs(file: file, metric: configuration.metric)
        detector = SimilarityDetector(configuration: configuration)
    }

    /// The most images that the history can grow to.
    var most: Int { file.count - queries }

    /// Bytes that an image takes beside its pixels.
    var bytesPerImage: Double {
        Double(detector.allocatedBytes) / Double(detector.use.entries) - Double(file.shape.count)
    }

    /// Lets the history grow to `size` images.
    ///
    /// - Parameters:
    ///   - size: at most ``most``.
    ///   - pool: the threads that sign.
    ///   - progress: told how many images there are.
    /// - Returns: seconds of processor time that adding, learning and signing took.
    func grow(to size: Int, pool: WorkerPool, progress: (Int) -> Void) async -> Double {
        let start = Self.seconds(CLOCK_PROCESS_CPUTIME_ID)
        while count < size {
            let end = min(size, count + 1000)
            detector.restore((count..<end).map { inputs.next(file[$0]) })
            await detector.prepare { count, body in await pool.forEach(count: count, body) }
            count = end
            progress(count)
        }
        await detector.settle()
        return Self.seconds(CLOCK_PROCESS_CPUTIME_ID) - start
    }

    /// Milliseconds to add an image, its features and signature with it, one at a time and in batches.
    func insertion() async -> (single: Double, batched: Double) {
        let images = (0..<256).map { inputs.next(inputs.noisy(file[most + $0 % queries], size: 60)) }
        var start = Self.seconds(CLOCK_PROCESS_CPUTIME_ID)
        for input in images[..<64] {
            detector.restore([input])
            await detector.settle()
        }
        let single = (Self.seconds(CLOCK_PROCESS_CPUTIME_ID) - start) / 64 * 1000
        start = Self.seconds(CLOCK_PROCESS_CPUTIME_ID)
        for first in Swift.stride(from: 64, to: 256, by: 64) {
            detector.restore(Array(images[first..<first + 64]))
            await detector.settle()
        }
        return (single, (Self.seconds(CLOCK_PROCESS_CPUTIME_ID) - start) / 192 * 1000)
    }

    /// Queries of a kind, which become part of the history.
    func probe(_ kind: Kind) async -> SimilarityProbe? {
        let images = (0..<queries).map { index in
            switch kind {
            case .benign: inputs.next(file[most + index])
            case .noise4: inputs.next(inputs.noisy(file[random.integer(0...count - 1)], size: 4))
            case .noise8: inputs.next(inputs.noisy(file[random.integer(0...count - 1)], size: 8))
            }
        }
        detector.restore(images)
        await detector.settle()
        return detector.probe(images)
    }

    /// Milliseconds of each of the first `count` queries, `group` at a time.
    func time(
        _ probe: SimilarityProbe,
        _ count: Int,
        group: Int,
        threshold: Double,
        cap: Double,
        method: SearchMethod
    ) -> Times {
        var times: [Double] = []
        for first in Swift.stride(from: 0, to: min(count, probe.count), by: group) {
            let range = first..<min(first + group, probe.count)
            let start = Self.seconds(CLOCK_THREAD_CPUTIME_ID)
            let found = probe.find(range, threshold: threshold, cap: cap, method: method)
            let taken = Self.seconds(CLOCK_THREAD_CPUTIME_ID) - start
            times.append(taken * 1000 / Double(found.count))
        }
        return Times(times)
    }

    private static func seconds(_ clock: clockid_t) -> Double {
        var time = timespec()
        clock_gettime(clock, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
