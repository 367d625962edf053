import Domain
import Runtime
import Similarity
import Testing

@testable import Pipeline

/// A stop does not wait for a long batch (attack A13).
struct AbandonedScoringTests {
    private let records = (1...500).map { number in
        let pixels = (0..<64).map { UInt8(truncatingIfNeeded: $0 &* number &+ number >> 3) }
        return IncomingRecord(
            sequence: Int64(number),
            record: Record(
                id: RecordID("r\(number)"),
                time: Timestamp(milliseconds: 1_772_438_400_000 + Int64(number) * 10),
                model: ModelID("m"),
                user: UserID("u\(number % 7)"),
                image: Image(shape: ImageShape(height: 8, width: 8, channels: 1), pixels: pixels),
                prediction: Prediction(label: "a", probability: 0.5)
            )
        )
    }

    private func detectors() -> Detectors {
        let plans = DetectorPlans(
            defaults: SimilarityConfiguration(),
            linkGap: .seconds(3600),
            bound: HistoryBound(models: 1000, bytes: .max)
        )
        return Detectors(plans: plans, pool: WorkerPool(width: 2))
    }

    @Test(
        "scoring that is not needed any more is given up in the middle, with no finding",
        arguments: [0, 1, 3]
    )
    func abandoned(looks: Int) async throws {
        let detectors = detectors()
        let count = Locked(0)
        detectors.isAbandoned = {
            count.withLock { count in
                count += 1
                return count > looks
            }
        }
        await #expect(throws: AbandonedScoring.self) { _ = try await detectors.observe(records) }
        #expect(count.withLock { $0 } == looks + 1)
    }

    @Test("in which pieces a batch is scored changes no finding")
    func pieces() async throws {
        let whole = try await detectors().observe(records).map(\.findings)
        let single = detectors()
        var found: [Findings] = []
        for record in records { found += try await single.observe([record]).map(\.findings) }
        #expect(found == whole)
    }

    @Test("a piece that took long makes the next ones shorter, and a quick one longer")
    func lengths() {
        var length = PieceLength()
        for expected in [16, 8, 4, 2, 1, 1] {
            length.note(length.value, took: .seconds(5))
            #expect(length.value == expected)
        }
        // A rest that was short for another reason says nothing.
        length.note(0, took: .zero)
        #expect(length.value == 1)
        for _ in 0..<20 { length.note(length.value, took: .milliseconds(1)) }
        #expect(length.value == 65_536)
        length.note(length.value, took: .milliseconds(500))
        #expect(length.value == 65_536)
    }
}
