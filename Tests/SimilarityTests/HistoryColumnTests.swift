import Domain
import Testing

@testable import Similarity

/// Columns hold small numbers: what does not fit into them comes back all the same.
struct HistoryColumnTests {
    private static let shape = ImageShape(height: 2, width: 2, channels: 1)

    private func input(_ sequence: Int64, _ record: String, at milliseconds: Int64 = 0) -> SimilarityInput {
        SimilarityInput(
            sequence: sequence,
            record: RecordID(record),
            user: UserID("u"),
            time: Timestamp(milliseconds: milliseconds),
            image: Image(shape: Self.shape, pixels: [1, 2, 3, 4]),
            prediction: Prediction(label: "a", probability: 0.5)
        )
    }

    @Test func `names and sequence numbers come back as they were`() {
        let names = [
            "3f2b8c1e-5d1a-4e0b-9a77-100000000001", "3F2B8C1E-5d1a-4e0b-9a77-100000000001",
            "3f2b8c1e-5d1a-4e0b-9a77_100000000001", "3f2b8c1e-5d1a-4e0b-9a77-10000000000g", "", "r-1",
            "ffffffff-ffff-ffff-ffff-ffffffffffff", "00000000-0000-0000-0000-000000000000",
            "3f2b8c1e5d1a4e0b9a77100000000001", "é", String(repeating: "x", count: 300),
            "-f2b8c1e-5d1a-4e0b-9a77-100000000001", "3f2b8c1-e5d1a-4e0b-9a77-100000000001",
        ]
        let gaps: [Int64] = [1, 2, Int64(UInt32.max) - 3, 1, 1, Int64(UInt32.max), 1 << 60, 1, 1, 1, 1, 1, 1]
        let history = ImageHistory(shape: Self.shape)
        var sequence: Int64 = -5
        var expected: [Int64] = []
        for (name, gap) in zip(names, gaps) {
            sequence += gap
            expected.append(sequence)
            _ = history.append(input(sequence, name))
        }
        #expect(names.indices.map { history.sequence(at: $0) } == expected)
        #expect(names.indices.map { history.neighbour(at: $0).record.name } == names)
    }

    @Test func `a class of the same text and another index is no crossing`() {
        let history = ImageHistory(shape: Self.shape)
        let answers = [
            Prediction(label: "a", probability: 0.75),
            Prediction(label: "a", probability: 0.75, probabilities: [0.75, 0.25]),
            Prediction(label: "b", probability: 0.75, probabilities: [0.75, 0.25]),
            Prediction(label: "a", probability: 0.75, probabilities: [0.25, 0.75]),
        ]
        for (index, answer) in answers.enumerated() {
            let position = history.append(
                SimilarityInput(
                    sequence: Int64(index),
                    record: RecordID("r"),
                    user: UserID("u"),
                    time: Timestamp(milliseconds: 0),
                    image: Image(shape: Self.shape, pixels: [1, 2, 3, 4]),
                    prediction: answer
                )
            )
            let query = SimilarityQuery(
                position: position,
                window: 0..<position,
                user: UserID("u"),
                ownImages: position,
                prediction: answer
            )
            for earlier in 0..<position {
                #expect(
                    history.change(at: earlier, to: query).isCrossing
                        == (answers[earlier].label != answer.label)
                )
            }
        }
    }

    @Test func `the window moves as limits say, however times jump`() {
        let day: Int64 = 86_400_000
        var random = SeededGenerator(seed: 8)
        for limit in [1, 7, 2000] {
            let limits = HistoryLimits(entries: limit, age: .seconds(50 * 86_400))
            var window = HistoryWindow(limits: limits)
            let histories = (0..<3).map { _ in ImageHistory(shape: Self.shape) }
            var all: [(time: Int64, history: Int)] = []
            var (gone, now): (Int, Int64) = (0, 0)
            for index in 0..<3500 {
                let isJump = Int.random(in: 0..<20, using: &random) == 0
                now += isJump ? Int64.random(in: -40...45, using: &random) * day : 10
                let chosen = Int.random(in: 0..<3, using: &random)
                let newest = max(all.map(\.time).max() ?? now, now)
                _ = window.open(at: Timestamp(milliseconds: now), for: histories[chosen])
                all.append((now, chosen))
                let input = input(Int64(index), "r", at: now)
                _ = histories[chosen].append(input)
                window.append(input, in: histories[chosen])
                if index % 100 == 0 { window.evict() }
                while gone < all.count, all.count - gone > limit || all[gone].time < newest - 50 * day {
                    gone += 1
                }
                #expect(window.count == all.count - gone)
                #expect(window.oldestSequence == (gone == all.count ? nil : Int64(gone)))
                for number in 0..<3 {
                    #expect(histories[number].windowStart == all[..<gone].count { $0.history == number })
                }
            }
        }
    }
}
