import Domain
import Testing

@testable import Similarity

struct LeaderTests {
    private static let shape = ImageShape(height: 60, width: 60, channels: 3)

    /// Users whose images creep along in small steps, as an attack's queries do, now and then from a new image or from
    /// another user's; some are repeats.
    private static func chains(_ count: Int, shape: ImageShape, seed: UInt64) -> [SimilarityInput] {
        var random = SeededGenerator(seed: seed)
        var current: [Int: Image] = [:]
        return (0..<count).map { sequence in
            let user = Int.random(in: 0..<3, using: &random)
            var image = current[user] ?? naturalImage(shape, using: &random)
            switch Int.random(in: 0..<30, using: &random) {
            case 0: image = naturalImage(shape, using: &random)
            case 1: image = current[(user + 1) % 3] ?? image
            case 2...4: break
            case 5...9: image = disturbed(image, count: shape.count / 4, size: 20, using: &random)
            default: image = disturbed(image, count: shape.count / 10, size: 6, using: &random)
            }
            // The others start again from where the chain is; this one may also stay behind.
            if Bool.random(using: &random) { current[user] = image }
            return SimilarityInput(
                sequence: Int64(sequence + 1),
                record: RecordID("r\(sequence)"),
                user: UserID("u\(user)"),
                time: Timestamp(milliseconds: Int64(sequence) * 10),
                image: image,
                prediction: prediction(using: &random)
            )
        }
    }

    @Test(arguments: SignatureTests.settings)
    func `chains of near duplicates find what brute force finds, also when leaders leave`(
        setting: SignatureTests.Setting
    ) async {
        let configuration = SimilarityConfiguration(
            metric: setting.metric,
            window: setting.window,
            threshold: setting.metric == .ssim ? 0.1 : 0.001,
            cap: setting.metric == .ssim ? 0.3 : 0.01,
            history: HistoryLimits(entries: 150)
        )
        let inputs = Self.chains(setting.window == .gaussian ? 300 : 600, shape: Self.shape, seed: 12)
        let brute = SimilarityDetector(configuration: configuration, method: .bruteForce)
        let fast = SimilarityDetector(configuration: configuration)
        let signed = SimilarityDetector(configuration: configuration, method: .signed(images: 12))
        var (near, far, index) = (0, 0, 0)
        while index < inputs.count {
            let batch = Array(inputs[index..<min(index + 1 + index % 40, inputs.count)])
            let expected = await brute.observe(batch, forEach: SignatureTests.parallel)
            let found = await fast.observe(batch, forEach: SignatureTests.parallel)
            let other = await signed.observe(batch, forEach: SignatureTests.parallel)
            for (place, wanted) in expected.enumerated() {
                #expect(found[place].user == wanted.user && found[place].model == wanted.model)
                #expect(other[place].user == wanted.user && other[place].model == wanted.model)
                near += wanted.user.distanceAlarm
                if wanted.model.nearest == nil { far += 1 }
            }
            index += batch.count
        }
        #expect(near > inputs.count * 5 && far > 5, "\(near) \(far)")
    }

    @Test func `every image has a leader of its user, at the distance that is noted`() async {
        let inputs = Self.chains(700, shape: Self.shape, seed: 12)
        let kernel = PairKernel(metric: .ssim, window: .uniform, shape: Self.shape, path: .best)
        let history = ImageHistory(shape: Self.shape)
        for (index, input) in inputs.enumerated() {
            let position = history.append(input)
            let new = position..<position + 1
            await history.index.lead(
                new,
                of: history,
                kernel: kernel,
                cut: 0.01,
                forEach: SignatureTests.parallel
            )
            if index >= 300 { history.advanceWindow() }
            history.evict()
        }
        #expect(history.heldStart > 0)
        var (led, orphans) = (0, 0)
        for position in history.heldStart..<history.end {
            let (chunk, place) = history.place(of: position)
            let leader = position - Int(chunk.leaders[place])
            guard leader >= history.heldStart else {
                orphans += 1
                continue
            }
            var own = PreparedImage(history.pixels(at: position), kernel: kernel)
            let distance = own.distance(to: history.pixels(at: leader))
            #expect(abs(distance.squareRoot() - Double(chunk.radii[place])) < SearchProgress.margin)
            #expect(distance <= 0.01)
            let (other, otherPlace) = history.place(of: leader)
            #expect(other.users[otherPlace] == chunk.users[place])
            if leader < position { led += 1 }
        }
        #expect(led > 100 && orphans > 0, "\(led) \(orphans)")
    }
}
