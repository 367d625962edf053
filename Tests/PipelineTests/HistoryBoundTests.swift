import Domain
import Runtime
import Similarity
import Testing

@testable import Pipeline

/// However many names callers send, histories stay within their bound, and no model of others loses its own by it (attack A5
/// and case 27 of docs/design/trials.md).
struct HistoryBoundTests {
    private func record(_ sequence: Int64, _ model: String, side: Int = 8) -> IncomingRecord {
        var state = UInt64(truncatingIfNeeded: sequence) &* 0x9E37_79B9_7F4A_7C15
        let pixels = (0..<side * side).map { _ -> UInt8 in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return UInt8(truncatingIfNeeded: state >> 56)
        }
        return IncomingRecord(
            sequence: sequence,
            record: Record(
                id: RecordID("r\(sequence)"),
                time: Timestamp(milliseconds: 1_772_438_400_000 + sequence * 10),
                model: ModelID(model),
                user: UserID("u\(sequence % 7)"),
                image: Image(shape: ImageShape(height: side, width: side, channels: 1), pixels: pixels),
                prediction: Prediction(label: "a", probability: 0.5)
            )
        )
    }

    private func detectors(_ bound: HistoryBound) -> Detectors {
        Detectors(
            plans: DetectorPlans(
                defaults: SimilarityConfiguration(),
                linkGap: .seconds(3600),
                bound: bound
            ),
            pool: WorkerPool(width: 2)
        )
    }

    private func uses(_ detectors: Detectors) -> [String: [Int]] {
        detectors.histories.reduce(into: [:]) { uses, entry in
            uses[entry.key.name] = [entry.value.use.entries, Int(entry.value.oldestSequence ?? -1)]
        }
    }

    /// Two models that are asked seldom among names that are made up.
    private var traffic: [IncomingRecord] {
        (1...700).map { number in
            switch number {
            case ...150: record(Int64(number), "old")
            case _ where number % 20 == 0: record(Int64(number), "new")
            default: record(Int64(number), "made-up-\(number)")
            }
        }
    }

    @Test func `names that are made up displace each other, and neither an old model nor a new one`()
        async throws
    {
        let detectors = detectors(HistoryBound(models: 40, bytes: .max))
        _ = try await detectors.observe(traffic)
        #expect(detectors.histories.count <= 40 + 64)
        let uses = uses(detectors)
        #expect(uses["old"] == [150, 1])
        #expect(uses["new"] == [28, 160])
        let shortened = detectors.takeShortened()
        #expect(shortened.forgotten.count == shortened.images)
        #expect(shortened.models.isEmpty)
        #expect(detectors.takeShortened() == ShortenedHistories())
    }

    @Test(arguments: [HistoryBound(models: 40, bytes: .max), HistoryBound(models: 1000, bytes: 2_000_000)])
    func `what leaves depends on the records alone, not on batches`(bound: HistoryBound) async throws {
        let whole = detectors(bound)
        let findings = try await whole.observe(traffic).map(\.findings)
        for size in [1, 7, 100] {
            let pieces = detectors(bound)
            var found: [Findings] = []
            for start in stride(from: 0, to: traffic.count, by: size) {
                found += try await pieces.observe(Array(traffic[start..<min(start + size, traffic.count)]))
                    .map(\.findings)
            }
            #expect(found == findings, "batches of \(size)")
            #expect(uses(pieces) == uses(whole), "batches of \(size)")
        }
    }

    @Test func `the bytes of all models stay within their bound, and the largest give way`() async throws {
        let bound = HistoryBound(models: 1000, bytes: 1_000_000)
        let detectors = detectors(bound)
        var records = (1...20).map { record($0, "small") }
        records += (21...1400).map { record($0, $0 % 3 == 0 ? "large" : "larger", side: 32) }
        _ = try await detectors.observe(records)
        let costs = detectors.histories.mapValues {
            HistoryBound.cost(entries: $0.use.entries, bytes: $0.use.bytes)
        }
        #expect(costs.values.reduce(0, +) <= bound.bytes + 64 * (32 * 32 + HistoryBound.perInput))
        #expect(uses(detectors)["small"] == [20, 1])
        let (large, larger) = (costs[ModelID("large")] ?? 0, costs[ModelID("larger")] ?? 0)
        #expect(large > 400_000 && larger > 400_000)
        // Whose histories are shortened still finds what is left of them.
        let again = try await detectors.observe([record(1401, "larger", side: 32)])
        #expect((again[0].findings.model?.searched ?? 0) > 100)
    }

    @Test func `a model that was seen once takes a few kilobytes`() async throws {
        let detectors = detectors(.none)
        _ = try await detectors.observe((1...200).map { record($0, "m\($0)", side: 28) })
        let memory = detectors.uses(of: Set(detectors.histories.keys)).values.map(\.memory)
        #expect(memory.count == 200)
        #expect(memory.allSatisfy { $0 < 16_384 }, "\(memory.max() ?? 0)")
    }

    @Test func `shares are fair`() {
        func uses(_ costs: Int...) -> [HistoryBound.Use] {
            costs.enumerated().map {
                HistoryBound.Use(
                    model: ModelID("\($0)"),
                    entries: 0,
                    bytes: $1 - HistoryBound.perModel,
                    newestSequence: 0
                )
            }
        }
        let bound = HistoryBound(models: 10, bytes: 160_000)
        #expect(bound.share(of: uses(80_000, 80_000)) == nil)
        #expect(bound.share(of: uses(80_000, 80_001)) == 75_000)
        #expect(bound.share(of: uses(10_000, 500_000, 500_000)) == 70_000)
        #expect(bound.share(of: uses(500_000)) == 150_000)
    }
}
