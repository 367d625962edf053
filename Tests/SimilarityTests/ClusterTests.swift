import Dispatch
import Domain
import Testing

@testable import Similarity

struct ClusterTests {
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

    private static func inputs(window: SimilarityWindow) -> (SimilarityConfiguration, [SimilarityInput]) {
        let configuration = SimilarityConfiguration(window: window, history: HistoryLimits(entries: 150))
        return (configuration, chains(window == .gaussian ? 400 : 700, shape: shape, seed: 12))
    }

    @Test(arguments: SimilarityWindow.allCases)
    func `chains of near duplicates find what brute force finds, also when leaders leave`(
        window: SimilarityWindow
    ) async {
        let (configuration, inputs) = Self.inputs(window: window)
        let brute = SimilarityDetector(configuration: configuration, method: .bruteForce)
        let fast = SimilarityDetector(configuration: configuration)
        let signed = SimilarityDetector(
            configuration: configuration,
            method: .signed(images: 12, landmarks: 6)
        )
        var (near, far, index) = (0, 0, 0)
        while index < inputs.count {
            let batch = Array(inputs[index..<min(index + 1 + index % 40, inputs.count)])
            let run = { @Sendable (count: Int, body: @escaping @Sendable (Int) -> Void) async in
                DispatchQueue.concurrentPerform(iterations: count, execute: body)
            }
            let expected = await brute.observe(batch, forEach: run)
            let found = await fast.observe(batch, forEach: run)
            let other = await signed.observe(batch, forEach: run)
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

    @Test func `every image has a home within its cluster's radius`() {
        let (_, inputs) = Self.inputs(window: .uniform)
        let kernel = PairKernel(metric: .ssim, window: .uniform, shape: Self.shape, path: .best)
        let history = ImageHistory(shape: Self.shape)
        let table = ClusterTable()
        for (index, input) in inputs.enumerated() {
            _ = history.append(input)
            history.advanceWindow(to: max(0, index - 150))
            history.evict()
            if index % 7 == 0 { table.update(from: history, kernel: kernel) }
        }
        table.update(from: history, kernel: kernel)
        #expect(history.heldStart > 0 && table.end == history.end)
        #expect(table.home(of: history.heldStart - 1) == nil)
        #expect(table.home(of: history.end) == nil)
        #expect(table.clusters.count < (history.end - history.heldStart) / 2)
        var members = 0
        for (index, cluster) in table.clusters.enumerated() {
            #expect(cluster.leader >= history.heldStart)
            #expect(cluster.first <= cluster.last)
            let leader = PreparedImage(history.pixels(at: cluster.leader), kernel: kernel)
            for member in cluster.members {
                let root = leader.distance(to: history.pixels(at: member.position)).squareRoot()
                #expect(abs(root - member.radius) < Cluster.margin)
                #expect(member.radius <= cluster.radius && cluster.radius <= table.radius)
                #expect(table.home(of: member.position)?.cluster == index)
                #expect(table.home(of: member.position)?.radius == member.radius)
                #expect(history.entry(at: member.position).user == cluster.user)
                members += 1
            }
        }
        #expect(members == history.end - history.heldStart)
    }
}
