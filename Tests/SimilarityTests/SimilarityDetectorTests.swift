import Dispatch
import Domain
import Testing

#if canImport(Glibc)
    import Glibc
#endif

@testable import Similarity

private typealias Found = (user: SimilarityFinding, model: SimilarityFinding)

struct SimilarityDetectorTests {
    private static let small = [
        ImageShape(height: 16, width: 20, channels: 3), ImageShape(height: 12, width: 12, channels: 1),
    ]

    /// Observes `inputs` in batches, in parallel or not.
    private func observe(
        _ inputs: [SimilarityInput],
        _ configuration: SimilarityConfiguration,
        method: SearchMethod = .fast,
        path: KernelPath = .best,
        batch: Int = 7,
        parallel: Bool = false,
        restored: Int = 0
    ) async -> [Found] {
        let detector = SimilarityDetector(configuration: configuration, method: method, path: path)
        detector.restore(Array(inputs[..<(restored / 2)]))
        detector.restore(Array(inputs[(restored / 2)..<restored]))
        var found: [Found] = []
        var index = restored
        while index < inputs.count {
            let end = min(index + batch, inputs.count)
            found += await detector.observe(Array(inputs[index..<end])) { count, body in
                if parallel {
                    DispatchQueue.concurrentPerform(iterations: count, execute: body)
                } else {
                    for index in (0..<count).reversed() { body(index) }
                }
            }
            index = end
        }
        return found
    }

    /// What each input finds, from the definitions alone.
    private func expected(_ inputs: [SimilarityInput], _ configuration: SimilarityConfiguration) -> [Found] {
        let limits = configuration.history
        var start = 0
        return inputs.indices.map { index in
            let query = inputs[index]
            let newest = inputs[...index].map(\.time).max() ?? query.time
            while start < index {
                let window = inputs[start..<index]
                let bytes = window.reduce(0) { $0 + size(of: $1.image, configuration.metric) }
                let isTooOld = inputs[start].time < newest - limits.age
                guard window.count > limits.entries || bytes > limits.bytes || isTooOld else { break }
                start += 1
            }
            let earlier = inputs[start..<index].filter { $0.image.shape == query.image.shape }
            var own = finding(query, in: earlier.filter { $0.user == query.user }, configuration)
            if configuration.metric != .features { own.jitter = slowJitter(query, in: earlier) }
            return (own, finding(query, in: Array(earlier), configuration))
        }
    }

    /// What a history's limit of bytes counts: the contents, and what the metric keeps beside them.
    private func size(of image: Image, _ metric: SimilarityMetric) -> Int {
        switch metric {
        case .ssim, .mse, .psnr: image.shape.count
        case .features: image.shape.count + 8
        case .fsim: image.shape.count + FSIMMeasure(shape: image.shape, path: .baseline).profileBytes
        }
    }

    private func distance(_ a: Image, _ b: Image, _ configuration: SimilarityConfiguration) -> Double {
        if configuration.metric == .features {
            return FeatureMeasure(dimension: a.shape.width, path: .baseline).distance(a.pixels, b.pixels)
        }
        return similarityDistance(
            a,
            b,
            metric: configuration.metric,
            window: configuration.window,
            path: .baseline
        )
    }

    private func finding(
        _ query: SimilarityInput,
        in earlier: [SimilarityInput],
        _ configuration: SimilarityConfiguration
    ) -> SimilarityFinding {
        let others = earlier.filter { $0.image != query.image }
        let distances = others.map { distance(query.image, $0.image, configuration) }
        let near = others.indices.filter { distances[$0] < configuration.threshold }
        let alarms = near.filter { index in
            let entry = others[index].prediction
            if let classes = query.prediction.probabilities, let top = entry.labelIndex {
                return entry.probability > classes[top]
            }
            return entry.label != query.prediction.label || entry.probability > query.prediction.probability
        }
        let crossings = near.filter { others[$0].prediction.label != query.prediction.label }
        let best = others.indices.min { (distances[$0], $0) < (distances[$1], $1) }
            .flatMap { distances[$0] <= configuration.cap ? $0 : nil }
        let repeats = earlier.filter { $0.image == query.image }
        // The same content with another answer is where an answer fell, too.
        let fallen = [repeats.first, repeats.last].compactMap(\.self).filter {
            isClear($0.prediction, query.prediction)
        }
        let starts = [best, near.first].compactMap(\.self).map { others[$0] } + fallen
        let descents = starts.map { start in
            let step = step(from: start.image, to: query.image, configuration.metric)
            let share = unexplained(query.image, since: start.image, metric: configuration.metric)
            return (
                start: start.sequence,
                descent: fall(from: start.prediction, to: query.prediction) / step * share
            )
        }
        let steepest = descents.filter { $0.descent > 0 }.max {
            ($0.descent, $1.start) < ($1.descent, $0.start)
        }
        return SimilarityFinding(
            minimumDistance: best.map { distances[$0] },
            lowerBound: best.map { distances[$0] } ?? configuration.cap,
            nearest: best.map {
                Neighbour(sequence: others[$0].sequence, record: others[$0].record, user: others[$0].user)
            },
            distanceAlarm: near.count,
            near: near.reversed().prefix(16).map { others[$0].sequence },
            predictionAlarm: alarms.count,
            crossings: crossings.count,
            descent: steepest?.descent ?? 0,
            steepest: steepest.map(\.start),
            exactRepeats: earlier.count - others.count,
            repeated: earlier.last { $0.image == query.image }?.sequence,
            searched: earlier.count
        )
    }

    /// Whether an earlier answer's class fell by more than six decimals can tell.
    private func isClear(_ earlier: Prediction, _ query: Prediction) -> Bool {
        var now = earlier.label == query.label ? query.probability : 1 - query.probability
        if let classes = query.probabilities, let top = earlier.labelIndex, top < classes.count {
            now = classes[top]
        }
        return earlier.probability - now > 1e-6
    }

    /// The input as one that was sent as numbers, in one of two ways that have the same pixels; or as it is.
    private func sentAsNumbers(_ input: SimilarityInput) -> SimilarityInput {
        let way = UInt8(input.sequence % 3)
        guard way > 0 else { return input }
        var random = SeededGenerator(
            seed: UInt64(way) &+ UInt64(input.image.pixels.reduce(0) { $0 &* 31 &+ Int($1) }.magnitude)
        )
        let fractions = input.image.pixels.map { _ in Int8.random(in: -128...127, using: &random) }
        let digest = (0..<16).map { _ in UInt8.random(in: 0...255, using: &random) }
        return SimilarityInput(
            sequence: input.sequence,
            record: input.record,
            user: input.user,
            time: input.time,
            image: Image(
                shape: input.image.shape,
                pixels: input.image.pixels,
                fractions: way == 1 ? fractions : nil,
                sent: Digest128(digest)
            ),
            prediction: input.prediction
        )
    }

    /// How far the log-odds of an earlier answer's class fell, from the definition.
    private func fall(from earlier: Prediction, to query: Prediction) -> Double {
        func logOdds(_ probability: Double) -> Double {
            let held = min(max(probability, 1e-6), 1 - 1e-6)
            return log(held / (1 - held))
        }
        let isSame = earlier.label == query.label
        var now = isSame ? query.probability : 1 - query.probability
        if let classes = query.probabilities, let top = earlier.labelIndex, top < classes.count {
            now = classes[top]
        }
        let fall = logOdds(earlier.probability) - logOdds(now)
        return earlier.probability == now ? 0 : fall
    }

    /// The root mean square of the difference in grey levels, or hundredths of the distance of features.
    private func step(from earlier: Image, to query: Image, _ metric: SimilarityMetric) -> Double {
        if metric == .features {
            let measure = FeatureMeasure(dimension: query.shape.width, path: .baseline)
            let distance = 100 * measure.distance(earlier.pixels, query.pixels)
            return (distance * distance + 1.0 / 12).squareRoot()
        }
        let squares = zip(earlier.values, query.values).map { pow($0 - $1, 2) }
        return (squares.reduce(0, +) / Double(squares.count) + 1.0 / 12).squareRoot()
    }

    /// The same input, compared by its pixels' values as features.
    private func withFeatures(_ input: SimilarityInput) -> SimilarityInput {
        let features = input.image.pixels.map { Float($0) }
        return SimilarityInput(
            sequence: input.sequence,
            record: input.record,
            user: input.user,
            time: input.time,
            image: SimilarityMetric.features.content(image: nil, features: features) ?? input.image,
            prediction: input.prediction
        )
    }

    private func expectSame(_ left: [Found], _ right: [Found], _ note: String = "") {
        #expect(left.count == right.count)
        for (index, (a, b)) in zip(left, right).enumerated() {
            expectSame(a.user, b.user, "\(note) user \(index)")
            expectSame(a.model, b.model, "\(note) model \(index)")
        }
    }

    /// Expects equality, but for the last digits of logarithms and of motions.
    private func expectSame(_ left: SimilarityFinding, _ right: SimilarityFinding, _ note: String) {
        #expect(abs(left.descent - right.descent) <= 1e-9 * max(1, left.descent), "\(note)")
        if let independence = left.jitter?.independence, let expected = right.jitter?.independence {
            #expect(abs(independence - expected) < 1e-9, "\(note)")
        }
        #expect(left.jitter?.matches == right.jitter?.matches, "\(note)")
        #expect(left.jitter?.moved == right.jitter?.moved, "\(note)")
        var (one, other) = (left.replacingDescent(by: right), right)
        one.jitter = nil
        other.jitter = nil
        #expect(one == other, "\(note)")
    }

    @Test(arguments: [
        (SimilarityMetric.ssim, SimilarityWindow.uniform), (.ssim, .gaussian), (.mse, .uniform),
        (.psnr, .uniform), (.fsim, .uniform), (.features, .uniform),
    ])
    func `finds what the definitions say, fast or by brute force`(
        metric: SimilarityMetric,
        window: SimilarityWindow
    ) async {
        for (seed, limits) in [(0.1, 0.3), (0, 0), (0.3, 0.3), (0.02, 1), (0.001, 0.01), (2, 2)].enumerated()
        {
            let configuration = SimilarityConfiguration(
                metric: metric,
                window: window,
                threshold: limits.0,
                cap: limits.1,
                history: HistoryLimits(entries: 70, bytes: 50_000, age: .seconds(90))
            )
            // By its definition FSIM takes long.
            let count = metric == .fsim ? 60 : 160
            let inputs = traffic(count, shapes: Self.small, seed: UInt64(seed + 1)).map {
                metric == .features ? withFeatures($0) : $0
            }
            let slow = expected(inputs, configuration)
            if metric != .features {
                let numbers = inputs.map(sentAsNumbers)
                let slow = expected(numbers, configuration)
                expectSame(await observe(numbers, configuration), slow, "fast, as numbers \(limits)")
                expectSame(
                    await observe(numbers, configuration, method: .bruteForce),
                    slow,
                    "brute, as numbers \(limits)"
                )
                #expect(slow.contains { $0.model.exactRepeats > 0 })
            }
            expectSame(await observe(inputs, configuration), slow, "fast \(limits)")
            expectSame(await observe(inputs, configuration, method: .bruteForce), slow, "brute \(limits)")
            #expect(slow.contains { $0.model.exactRepeats > 0 })
            if limits.0 == 0.1 {
                #expect(slow.contains { $0.user.predictionAlarm > 0 && $0.user.nearest != nil })
                #expect(slow.contains { $0.user.crossings > 0 })
                #expect(slow.contains { $0.user.descent > 0 })
            }
        }
    }

    @Test(arguments: [SimilarityMetric.ssim, .fsim])
    func `batches, threads, instruction sets and a restart change nothing`(metric: SimilarityMetric) async {
        let limits = HistoryLimits(entries: 100, bytes: 80_000)
        let configuration = SimilarityConfiguration(metric: metric, history: limits)
        let inputs = traffic(230, shapes: Self.small, seed: 77).map(sentAsNumbers)
        let one = await observe(inputs, configuration, batch: 1)
        for batch in [7, 64, 230] {
            for parallel in [false, true] {
                expectSame(await observe(inputs, configuration, batch: batch, parallel: parallel), one)
            }
        }
        for path in KernelPath.supported { expectSame(await observe(inputs, configuration, path: path), one) }
        for restored in [1, 50, 130] {
            let found = await observe(inputs, configuration, batch: 16, restored: restored)
            expectSame(found, Array(one[restored...]), "restored \(restored)")
        }
    }

    @Test func `limits bound what is held`() async {
        let shape = ImageShape(height: 40, width: 40, channels: 3)
        let inputs = traffic(1200, shapes: [shape], seed: 3)
        for metric in [SimilarityMetric.ssim, .fsim] {
            let each = size(of: inputs[0].image, metric)
            let limits = HistoryLimits(entries: 300, bytes: 250 * each, age: .seconds(1000))
            let detector = SimilarityDetector(
                configuration: SimilarityConfiguration(metric: metric, threshold: 0, cap: 0, history: limits)
            )
            for page in [inputs[..<500], inputs[500...]] {
                detector.restore(Array(page))
                await detector.prepare { count, body in (0..<count).forEach(body) }
            }
            #expect(detector.use == (250, 250 * each))
            #expect(detector.oldestSequence == inputs[950].sequence)
            // Whole chunks are freed, so up to one chunk beyond the window is held at either end.
            let chunks = (metric == .fsim ? 4 : 2) * (1 << 20) * 11 / 10
            #expect(250 * each..<250 * (each + 200) + chunks ~= detector.allocatedBytes)
        }
    }

    @Test func `an empty batch finds nothing`() async {
        let detector = SimilarityDetector(configuration: SimilarityConfiguration())
        let none = await detector.observe([]) { _, _ in }
        #expect(none.isEmpty)
    }

    @Test func `a later time empties the history`() async {
        let inputs = traffic(20, shapes: [Self.small[1]], seed: 9)
        let detector = SimilarityDetector(
            configuration: SimilarityConfiguration(history: HistoryLimits(age: .seconds(60)))
        )
        detector.restore(inputs)
        #expect(detector.use.entries == 20)
        let late = SimilarityInput(
            sequence: 1000,
            record: RecordID("late"),
            user: UserID("u0"),
            time: Timestamp(milliseconds: 10_000_000),
            image: inputs[3].image,
            prediction: inputs[3].prediction
        )
        let found = await detector.observe([late]) { count, body in (0..<count).forEach(body) }
        #expect(found[0].model.searched == 0)
        #expect(found[0].model.exactRepeats == 0)
        #expect(detector.use.entries == 1)
        #expect(detector.oldestSequence == 1000)
    }
}

extension SimilarityFinding {
    /// This one with the descent of another.
    fileprivate func replacingDescent(by other: SimilarityFinding) -> SimilarityFinding {
        SimilarityFinding(
            minimumDistance: minimumDistance,
            lowerBound: lowerBound,
            nearest: nearest,
            distanceAlarm: distanceAlarm,
            near: near,
            predictionAlarm: predictionAlarm,
            crossings: crossings,
            descent: other.descent,
            steepest: steepest,
            exactRepeats: exactRepeats,
            repeated: repeated,
            searched: searched
        )
    }
}
