import Dispatch
import Domain
import Testing

@testable import Similarity

struct SignatureTests {
    struct Setting: CustomTestStringConvertible, Sendable {
        let metric: SimilarityMetric
        let window: SimilarityWindow
        var testDescription: String { "\(metric) \(window)" }
    }

    static let settings = [
        Setting(metric: .ssim, window: .uniform), Setting(metric: .ssim, window: .gaussian),
        Setting(metric: .mse, window: .uniform), Setting(metric: .psnr, window: .uniform),
    ]

    static func parallel(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) async {
        DispatchQueue.concurrentPerform(iterations: count, execute: body)
    }

    /// Natural images, their near duplicates and inversions, and flat, black, white, checkered and noisy ones.
    private func images(_ shape: ImageShape, _ count: Int) -> [Image] {
        var random = SeededGenerator(seed: 33)
        var images = traffic(count, shapes: [shape], seed: 21).map(\.image)
        for value in [0, 1, 254, 255] as [UInt8] {
            images.append(Image(shape: shape, pixels: Array(repeating: value, count: shape.count)))
            let checkered = (0..<shape.count).map { $0 % 2 == 0 ? value : 255 - value }
            images.append(Image(shape: shape, pixels: checkered))
        }
        for _ in 0..<4 {
            let noise = (0..<shape.count).map { _ in UInt8.random(in: 0...255, using: &random) }
            images.append(Image(shape: shape, pixels: noise))
        }
        return images
    }

    @Test(arguments: settings)
    func `signatures never exceed the distance, whatever they were learnt from`(setting: Setting) {
        for shape in [(50, 50, 3), (28, 28, 1), (16, 20, 3), (9, 8, 2), (1, 9, 3), (5, 3, 1)]
            .map({
                ImageShape(height: $0.0, width: $0.1, channels: $0.2)
            })
        {
            let images = images(shape, 44)
            let buffer = PixelBuffer(stride: shape.count, capacity: images.count)
            for (index, image) in images.enumerated() { buffer.set(index, to: image.pixels) }
            let paths = shape.count < 1000 ? [KernelPath.baseline, .best] : [.best]
            for (path, count) in paths.map({ ($0, 30) }) + [(.best, 1)] {
                let kernel = PairKernel(
                    metric: setting.metric,
                    window: setting.window,
                    shape: shape,
                    path: path
                )
                let basis = SignatureBasis(sample: buffer, count: count, kernel: kernel)
                let table = SignatureTable(count: images.count)
                for first in stride(from: 0, to: images.count, by: 7) {
                    let range = first..<min(first + 7, images.count)
                    basis.sign(range.map { buffer[$0] }, into: table[first])
                }
                var tight = 0
                for one in images.indices {
                    var prepared = PreparedImage(buffer[one], kernel: kernel)
                    for other in images.indices where table[other].pointee.isStorable {
                        let distance = prepared.distance(to: buffer[other])
                        let bound = squaredDistance(table[one], table[other])
                        #expect(bound <= basis.limit(of: table[one].pointee, forCut: distance))
                        let proven = Double(basis.distance(of: table[one].pointee, bound: bound))
                        #expect(proven <= distance)
                        if proven > distance / 10 { tight += 1 }
                    }
                }
                // They also say something.
                #expect(count == 1 || tight > images.count * images.count / 4, "\(shape) \(tight)")
            }
        }
    }

    @Test(arguments: settings)
    func `features differ by less than their slack between machines`(setting: Setting) {
        let shape = ImageShape(height: 50, width: 50, channels: 3)
        let images = images(shape, 20)
        let buffer = PixelBuffer(stride: shape.count, capacity: images.count)
        for (index, image) in images.enumerated() { buffer.set(index, to: image.pixels) }
        let features = [KernelPath.baseline, .best].map { path in
            SignatureFeatures(
                sample: buffer,
                count: images.count,
                kernel: PairKernel(metric: setting.metric, window: setting.window, shape: shape, path: path)
            )
        }
        let count = features[0].regions * features[0].stride
        var (one, other) = ([Float](repeating: 0, count: count), [Float](repeating: 0, count: count))
        for index in images.indices {
            features[0].write(buffer[index], to: &one)
            features[1].write(buffer[index], to: &other)
            let square = zip(one, other).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
            #expect(Double(square.squareRoot()) < SignatureFeatures.slack / 4, "\(index) \(square)")
            #expect(one.reduce(0) { $0 + $1 * $1 } < 2.01)
        }
    }

    private func squaredDistance(
        _ one: UnsafeMutablePointer<Signature>,
        _ other: UnsafeMutablePointer<Signature>
    ) -> Int32 {
        (0..<signatureLength).reduce(0) { sum, index in
            let difference =
                Int32(one.pointee.coordinates[index]) - Int32(other.pointee.coordinates[index])
            let factor = Int32(SignatureParts.factor(index))
            return sum + difference * difference * factor * factor
        }
    }

    @Test(arguments: settings)
    func `a search with signatures equals brute force`(setting: Setting) async {
        let shapes = [
            ImageShape(height: 16, width: 20, channels: 3), ImageShape(height: 12, width: 12, channels: 1),
        ]
        for (seed, limits) in [(0.1, 0.3), (0.01, 0.02), (0.3, 0.6)].enumerated() {
            let inputs = traffic(294, shapes: shapes, seed: UInt64(90 + seed))
            await expectSame(setting, limits, inputs, history: 140, signedFrom: 40)
        }
    }

    @Test(arguments: settings)
    func `so does one of large images`(setting: Setting) async {
        let inputs = traffic(63, shapes: [ImageShape(height: 224, width: 224, channels: 3)], seed: 7)
        await expectSame(setting, (0.1, 0.3), inputs, history: 40, signedFrom: 16)
    }

    private func expectSame(
        _ setting: Setting,
        _ limits: (threshold: Double, cap: Double),
        _ inputs: [SimilarityInput],
        history: Int,
        signedFrom images: Int
    ) async {
        let configuration = SimilarityConfiguration(
            metric: setting.metric,
            window: setting.window,
            threshold: limits.threshold,
            cap: limits.cap,
            history: HistoryLimits(entries: history)
        )
        let brute = SimilarityDetector(configuration: configuration, method: .bruteForce)
        let signed = SimilarityDetector(configuration: configuration, method: .signed(images: images))
        var near = 0
        for first in stride(from: 0, to: inputs.count, by: 21) {
            let batch = Array(inputs[first..<first + 21])
            let expected = await brute.observe(batch, forEach: Self.parallel)
            let found = await signed.observe(batch, forEach: Self.parallel)
            for (a, b) in zip(expected, found) {
                #expect(a.user == b.user)
                #expect(a.model == b.model)
                near += a.model.near.count
            }
        }
        #expect(near > 0, "nothing is near anything: the test shows nothing")
    }

    @Test func `signatures that come from the background, sooner or later, change nothing`() async {
        let shape = ImageShape(height: 12, width: 12, channels: 1)
        let configuration = SimilarityConfiguration(history: HistoryLimits(entries: 1300))
        let inputs = traffic(1700, shapes: [shape], seed: 40)
        let brute = SimilarityDetector(configuration: configuration, method: .bruteForce)
        let hasty = SimilarityDetector(configuration: configuration)
        let patient = SimilarityDetector(configuration: configuration)
        for first in stride(from: 0, to: inputs.count, by: 50) {
            let batch = Array(inputs[first..<first + 50])
            let expected = await brute.observe(batch, forEach: Self.parallel)
            await patient.settle()
            for (a, (b, c)) in zip(
                expected,
                zip(
                    await hasty.observe(batch, forEach: Self.parallel),
                    await patient.observe(batch, forEach: Self.parallel)
                )
            ) {
                #expect(a.user == b.user && a.model == b.model)
                #expect(a.user == c.user && a.model == c.model)
            }
        }
        #expect(patient.allocatedBytes > brute.allocatedBytes + SignatureSegment.capacity * signatureLength)
    }

    @Test func `a restored history is signed before it is searched, and finds the same`() async {
        let shape = ImageShape(height: 8, width: 8, channels: 1)
        let images = SignaturePolicy.restoredImages + 300
        let inputs = traffic(images + 40, shapes: [shape], seed: 41)
        let configuration = SimilarityConfiguration(history: HistoryLimits(entries: images))
        let plain = SimilarityDetector(configuration: configuration, method: .signed(images: .max))
        let signed = SimilarityDetector(configuration: configuration)
        for first in stride(from: 0, to: images, by: 1000) {
            let page = Array(inputs[first..<min(first + 1000, images)])
            plain.restore(page)
            signed.restore(page)
            await plain.prepare(forEach: Self.parallel)
            await signed.prepare(forEach: Self.parallel)
            let held = plain.allocatedBytes
            // Nothing is learnt from the first pages: all would be signed again soon.
            let isEnough = first + page.count >= SignaturePolicy.restoredImages
            // Less than one segment's signatures: arrays of equal length may have got rooms of different size.
            let segment = SignatureSegment.capacity * SignatureSegment.bytes
            #expect((signed.allocatedBytes >= held + segment) == isEnough)
        }
        #expect(signed.allocatedBytes > plain.allocatedBytes + images * signatureLength)
        let expected = await plain.observe(Array(inputs[images...]), forEach: Self.parallel)
        let found = await signed.observe(Array(inputs[images...]), forEach: Self.parallel)
        for (a, b) in zip(expected, found) { #expect(a.user == b.user && a.model == b.model) }
    }

    @Test(arguments: KernelPath.supported)
    func `scans find the same candidates on every machine`(path: KernelPath) {
        let shape = ImageShape(height: 12, width: 14, channels: 3)
        let images = traffic(90, shapes: [shape], seed: 4).map(\.image)
        let buffer = PixelBuffer(stride: shape.count, capacity: images.count)
        for (index, image) in images.enumerated() { buffer.set(index, to: image.pixels) }
        let kernel = PairKernel(metric: .ssim, window: .uniform, shape: shape, path: path)
        let basis = SignatureBasis(sample: buffer, count: 60, kernel: kernel)
        let table = SignatureTable(count: images.count)
        let segment = SignatureSegment(basis: basis)
        for index in images.indices {
            basis.sign([buffer[index]], into: table[index])
            // Every third stays unset, and is near to everything.
            if index % 3 > 0 { segment.set(index, to: table[index].pointee) }
        }
        for cut in [0.0, 0.1, 0.3, 2] {
            // More than one tile of queries, and some left over.
            let queries = Array(0..<7)
            let limits = queries.map { basis.limit(of: table[$0].pointee, forCut: cut) }
            let all = candidates(
                of: queries.map { table[$0] },
                limits,
                in: segment,
                count: images.count,
                path
            )
            for (query, found) in all.enumerated() {
                let (own, limit) = (table[query], limits[query])
                let expected = images.indices.filter {
                    $0 % 3 == 0 || !table[$0].pointee.isStorable || squaredDistance(own, table[$0]) <= limit
                }
                #expect(found.filter { $0.key < images.count }.keys.sorted() == expected)
                for (index, bound) in found where index % 3 > 0 && index < images.count {
                    #expect(!table[index].pointee.isStorable || bound == squaredDistance(own, table[index]))
                }
            }
        }
    }

    /// Bounds by place, by query.
    private func candidates(
        of queries: [UnsafeMutablePointer<Signature>],
        _ limits: [Int32],
        in segment: SignatureSegment,
        count: Int,
        _ path: KernelPath
    ) -> [[Int: Int32]] {
        let room = CandidateRoom(queries: queries.count)
        let orders = queries.indices.map {
            room.order($0, signature: queries[$0].pointee, limit: limits[$0])
        }
        segment.scan(orders, count: count, path: path)
        return queries.indices.map { query in
            var found: [Int: Int32] = [:]
            room.forEachFound(query) { found[$0] = $1 }
            return found
        }
    }
}
