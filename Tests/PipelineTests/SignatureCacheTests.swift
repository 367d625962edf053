import Dispatch
import Domain
import Foundation
import Glibc
import RiskdTesting
import Runtime
import Similarity
import Testing

@testable import Pipeline

/// A start with signatures that were kept finds what one without them finds, whatever became of the files.
struct SignatureCacheTests {
    private static let shape = ImageShape(height: 8, width: 8, channels: 1)
    private static let model = ModelID("m")
    private static let configuration = SimilarityConfiguration(history: HistoryLimits(entries: 100_000))
    /// A full page, and some images more.
    private static let count = 4096 + 300
    private static let page = 4096

    /// Images in which one in three repeats an earlier one, disturbed.
    private static func inputs(_ count: Int, seed: UInt64 = 1) -> [SimilarityInput] {
        var state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1
        func number(below limit: Int) -> Int {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return Int(state >> 33) % limit
        }
        var images: [[UInt8]] = []
        return (0..<count).map { index in
            var pixels: [UInt8]
            if !images.isEmpty, number(below: 3) == 0 {
                pixels = images[number(below: images.count)]
                    .map { UInt8(clamping: Int($0) + number(below: 7) - 3) }
            } else {
                let (base, across, down) = (number(below: 200), number(below: 9) - 4, number(below: 9) - 4)
                pixels = (0..<64).map {
                    UInt8(clamping: base + $0 % 8 * across + $0 / 8 * down + number(below: 40))
                }
            }
            images.append(pixels)
            return SimilarityInput(
                sequence: Int64(10 + index),
                record: RecordID("r\(index)"),
                user: UserID("u\(number(below: 4))"),
                time: Timestamp(milliseconds: Int64(index)),
                image: Image(shape: shape, pixels: pixels),
                prediction: Prediction(label: "a", probability: Double(number(below: 100)) / 100)
            )
        }
    }

    @Sendable private static func parallel(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) async {
        DispatchQueue.concurrentPerform(iterations: count, execute: body)
    }

    private final class Site {
        let directory = TestCluster.temporaryDirectory("shelf")
        let lines = Lines()
        let signatureCache: SignatureCache

        init() {
            let lines = lines
            let log = Log(threshold: .info) { line in lines.append(line) }
            signatureCache = SignatureCache(stateDirectory: directory, log: log)
        }

        deinit { removeTemporaryDirectory(directory) }

        /// The paths of all files, ordered.
        var files: [String] {
            let root = directory + "/signatures"
            return (FileManager.default.subpaths(atPath: root) ?? []).map { root + "/" + $0 }
                .filter { $0.hasSuffix(".page") || $0.hasSuffix(".basis") || $0.hasSuffix(".new") }.sorted()
        }

        /// Lets a detector see `inputs`, and keeps what it signed for good.
        func keep(_ inputs: [SimilarityInput], _ configuration: SimilarityConfiguration) async {
            let detector = SimilarityDetector(configuration: configuration)
            detector.restore(inputs)
            await detector.settle()
            signatureCache.keep(detector.takePages(), of: SignatureCacheTests.model, configuration, from: 0)
            await signatureCache.finish()
        }

        func change(_ path: String, _ body: (inout [UInt8]) -> Void) throws {
            var bytes = Array(try #require(FileManager.default.contents(atPath: path)))
            body(&bytes)
            try #require(FileManager.default.createFile(atPath: path, contents: Data(bytes)))
        }
    }

    private final class Lines: Sendable {
        private let all = Locked<[String]>([])
        var count: Int { all.withLock { $0.count } }
        func append(_ line: String) { all.withLock { $0.append(line) } }
    }

    /// Starts with `inputs` in the history and compares what queries find with a search that has no signatures.
    ///
    /// - Returns: how many signatures had been kept.
    private func restart(
        _ site: Site,
        _ inputs: [SimilarityInput],
        _ configuration: SimilarityConfiguration = Self.configuration
    ) async -> Int {
        let first = inputs[0].sequence
        let started = SimilarityDetector(configuration: configuration)
        started.offer(site.signatureCache.kept(of: Self.model, configuration, from: first))
        let plain = SimilarityDetector(configuration: configuration, method: .signed(images: .max))
        for start in stride(from: 0, to: inputs.count, by: 1000) {
            let page = Array(inputs[start..<min(start + 1000, inputs.count)])
            for detector in [started, plain] {
                detector.restore(page)
                await detector.prepare(forEach: Self.parallel)
            }
        }
        let last = inputs[inputs.count - 1].sequence
        let queries = Self.inputs(Int(last) + 60).suffix(60).filter { $0.sequence > last }
        let expected = await plain.observe(Array(queries), forEach: Self.parallel)
        let found = await started.observe(Array(queries), forEach: Self.parallel)
        for (a, b) in zip(expected, found) { #expect(a.user == b.user && a.model == b.model) }
        #expect(expected.contains { $0.model.nearest != nil })
        return started.keptSignatures
    }

    @Test func `what was kept is used for the images that it was made of`() async throws {
        let site = Site()
        let inputs = Self.inputs(Self.count)
        #expect(await restart(site, inputs) == 0)
        await site.keep(inputs, Self.configuration)
        #expect(site.files.count == 2)
        #expect(await restart(site, inputs) == Self.page)
        // Images have left, and others came.
        #expect(await restart(site, Array(Self.inputs(Self.count + 700)[500...])) == Self.page - 500)
        // A database that has other images under the same numbers.
        var others = Self.inputs(Self.count, seed: 2)
        others.replaceSubrange(100..<200, with: inputs[100..<200])
        #expect(await restart(site, others) == 100)
        #expect(site.lines.count == 0)
    }

    @Test func `other ways to compare and other models have nothing of it`() async throws {
        let site = Site()
        let inputs = Self.inputs(Self.count)
        await site.keep(inputs, Self.configuration)
        let gaussian = SimilarityConfiguration(
            window: .gaussian,
            history: Self.configuration.history
        )
        #expect(site.signatureCache.kept(of: Self.model, gaussian, from: 0).isEmpty)
        #expect(site.signatureCache.kept(of: ModelID("other"), Self.configuration, from: 0).isEmpty)
        // Where the files of one are taken for the other's, the basis refuses.
        let kept = site.signatureCache.kept(of: Self.model, Self.configuration, from: 0)
        for configuration in [gaussian, SimilarityConfiguration(metric: .mse)] {
            let detector = SimilarityDetector(configuration: configuration)
            detector.offer(kept)
            detector.restore(inputs)
            await detector.prepare(forEach: Self.parallel)
            #expect(detector.keptSignatures == 0)
        }
    }

    @Test func `a damaged file is named, removed and made again`() async throws {
        let inputs = Self.inputs(Self.count)
        for (number, length) in [(0, nil), (1, nil), (0, 20), (1, 100), (0, 0), (1, 0)] as [(Int, Int?)] {
            let site = Site()
            await site.keep(inputs, Self.configuration)
            let path = site.files[number]
            try site.change(path) { bytes in
                if let length { bytes = Array(bytes.prefix(length)) } else { bytes[bytes.count / 2] ^= 1 }
            }
            #expect(await restart(site, inputs) == 0)
            #expect(site.lines.count == 1, "\(path)")
            #expect(!site.files.contains(path))
            await site.keep(inputs, Self.configuration)
            #expect(await restart(site, inputs) == Self.page)
        }
    }

    @Test func `coordinates that signing does not make are not used`() async throws {
        let site = Site()
        let inputs = Self.inputs(Self.count)
        await site.keep(inputs, Self.configuration)
        let path = try #require(site.files.first { $0.hasSuffix(".page") })
        // As if an older riskd had signed otherwise: all is as it should be but the coordinates.
        var content = try KeptFile.read(path, .page)
        let (head, entry) = (32, 8 + 16 + 1 + 384)
        for index in 0..<Self.page { content[head + index * entry + 25 + 7] ^= 0x40 }
        try KeptFile.write(content, .page, to: path)
        #expect(await restart(site, inputs) == 0)
    }

    @Test func `files of images that have left and of an older basis are removed`() async throws {
        let site = Site()
        let inputs = Self.inputs(2 * Self.page + 10)
        await site.keep(Array(inputs.prefix(Self.count)), Self.configuration)
        let old = site.files
        let detector = SimilarityDetector(configuration: Self.configuration)
        detector.restore(inputs)
        await detector.settle()
        let pages = detector.takePages()
        #expect(pages.map(\.isLast) == [false, true])
        #expect(detector.takePages().isEmpty)
        site.signatureCache.keep([pages[0]], of: Self.model, Self.configuration, from: 0)
        await site.signatureCache.finish()
        #expect(Set(old).isSubset(of: site.files), "a basis that knows less has replaced another")
        site.signatureCache.keep(
            [pages[1]],
            of: Self.model,
            Self.configuration,
            from: inputs[Self.page].sequence
        )
        await site.signatureCache.finish()
        #expect(Set(old).isDisjoint(with: site.files))
        #expect(site.files.count == 2)
        #expect(await restart(site, Array(inputs[Self.page...])) == Self.page)
    }

    @Test func `nothing is written twice, and a signatureCache that cannot write says so once`() async throws
    {
        let site = Site()
        let inputs = Self.inputs(Self.count)
        await site.keep(inputs, Self.configuration)
        let detector = SimilarityDetector(configuration: Self.configuration)
        detector.offer(site.signatureCache.kept(of: Self.model, Self.configuration, from: 0))
        for start in stride(from: 0, to: inputs.count, by: 1000) {
            detector.restore(Array(inputs[start..<min(start + 1000, inputs.count)]))
            await detector.prepare(forEach: Self.parallel)
        }
        #expect(detector.keptSignatures == Self.page)
        #expect(detector.takePages().isEmpty)
        let lines = Lines()
        let log = Log(threshold: .info) { line in lines.append(line) }
        let signatureCache = SignatureCache(stateDirectory: "/proc/nowhere", log: log)
        let other = SimilarityDetector(configuration: Self.configuration)
        other.restore(inputs)
        await other.settle()
        let pages = other.takePages()
        for _ in 0..<2 { signatureCache.keep(pages, of: Self.model, Self.configuration, from: 0) }
        await signatureCache.finish()
        #expect(lines.count == 1)
    }
}
