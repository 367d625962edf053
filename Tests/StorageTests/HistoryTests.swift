import Domain
import PostgresClient
import RiskdTesting
import Testing

@testable import Storage

@Suite(.timeLimit(.minutes(3)))
struct HistoryTests {
    @Test
    func `a window is what the last batch said`() async throws {
        let (store, _) = try await makeStore()
        #expect(try await store.historyWindows().isEmpty)
        let first = StoredWindow(model: ModelID("b"), first: 1, newest: start)
        let second = StoredWindow(model: ModelID("a"), first: 7, newest: start + .seconds(9))
        var batch = makeBatch(0, [])
        batch.historyWindows = [first, second]
        try await store.commit(batch)
        #expect(try await store.historyWindows() == [second, first])
        let moved = StoredWindow(model: ModelID("b"), first: 5, newest: start + .seconds(1))
        batch = makeBatch(1, [])
        batch.historyWindows = [moved]
        try await store.commit(batch)
        #expect(try await store.historyWindows() == [second, moved])
    }

    @Test
    func `a model's history holds images or features, whichever it compares`() async throws {
        let (store, _) = try await makeStore()
        let image = Image(shape: ImageShape(height: 1, width: 2, channels: 1), pixels: [3, 4])
        let features: [Float] = [-0.0, 1.5, .leastNonzeroMagnitude, -.greatestFiniteMagnitude]
        // Of either kind of model: neither, an image, features, both.
        var observations: [Observation] = []
        for number in 0..<8 {
            observations.append(
                makeObservation(
                    Int64(number + 1),
                    model: number < 4 ? "features" : "images",
                    image: number % 2 == 1 ? image : nil,
                    features: number % 4 >= 2 ? features : nil
                )
            )
        }
        var batch = makeBatch(0, observations)
        batch.featureModels = [ModelID("features")]
        try await store.commit(batch)
        let byFeatures = try await store.history(of: ModelID("features"), from: 1)
        #expect(byFeatures.map(\.sequence) == [3, 4])
        #expect(byFeatures.allSatisfy { $0.image == nil })
        let bits = features.map(\.bitPattern)
        #expect(byFeatures.map { $0.features?.map(\.bitPattern) } == [bits, bits])
        let byImage = try await store.history(of: ModelID("images"), from: 1)
        #expect(byImage.map(\.sequence) == [6, 8])
        #expect(byImage.allSatisfy { $0.image == image && $0.features == nil })
    }

    @Test
    func `an image comes back as it was sent, and an answer with its class's place`() async throws {
        let (store, _) = try await makeStore()
        let shape = ImageShape(height: 1, width: 3, channels: 1)
        let sent = Digest128(Array(1...16))
        let images = [
            Image(shape: shape, pixels: [3, 4, 5], fractions: [-128, 0, 127], sent: sent),
            Image(shape: shape, pixels: [3, 4, 5], sent: sent), Image(shape: shape, pixels: [3, 4, 5]),
        ]
        let predictions = [
            Prediction(label: "a", probability: 0.3, probabilities: [0.7, 0.3]),
            Prediction(label: "a", probability: 0.7, probabilities: [0.7, 0.3], labelIndex: 1),
            Prediction(label: "a", probability: 0.5, probabilities: [0.5, 0.5]),
        ]
        #expect(predictions.map(\.labelIndex) == [1, 1, nil])
        let observations = zip(images, predictions).enumerated().map { place, content in
            let plain = makeObservation(Int64(place + 1))
            return Observation(
                sequence: plain.sequence,
                record: Record(
                    id: plain.record.id,
                    time: plain.record.time,
                    model: ModelID("images"),
                    user: plain.record.user,
                    image: content.0,
                    prediction: content.1
                ),
                findings: plain.findings,
                tick: plain.tick,
                isLate: false,
                userRungs: [],
                modelRungs: []
            )
        }
        try await store.commit(makeBatch(0, observations))
        let entries = try await store.history(of: ModelID("images"), from: 1)
        #expect(entries.map(\.image) == images)
        #expect(entries.map(\.prediction) == predictions)
    }

    @Test
    func `the newest images come back oldest first, and pruned ones do not`() async throws {
        let (store, connectionString) = try await makeStore()
        var random = SystemRandomNumberGenerator()
        let observations = (1...20).map { number in
            let shape = ImageShape(height: 4, width: 3, channels: number % 2 == 0 ? 3 : 1)
            let pixels = (0..<shape.count).map { _ in UInt8.random(in: 0...255, using: &random) }
            return makeObservation(
                Int64(number),
                user: "user-\(number % 5)",
                model: number % 4 == 0 ? "other" : "fashion",
                // Days that go up and down: the order is that of the sequence, not of time.
                time: Timestamp(milliseconds: start.milliseconds + Int64(number * 7 % 5) * 86_400_000),
                image: number == 7 ? nil : Image(shape: shape, pixels: pixels)
            )
        }
        try await store.commit(makeBatch(0, Array(observations[..<11])))
        try await store.commit(makeBatch(1, Array(observations[11...])))
        let fashion = observations.filter { $0.record.model == ModelID("fashion") && $0.record.image != nil }
        for (first, limit) in [(1, 100), (1, 4), (6, 5), (7, 1), (19, 3), (21, 1)] as [(Int64, Int)] {
            let entries = try await store.history(of: ModelID("fashion"), from: first, limit: limit)
            let expected = fashion.filter { $0.sequence >= first }.prefix(limit)
            #expect(entries.map(\.sequence) == expected.map(\.sequence))
            #expect(entries.map(\.image) == expected.map(\.record.image))
            #expect(entries.map(\.user) == expected.map(\.record.user))
            #expect(entries.map(\.record) == expected.map(\.record.id))
            #expect(entries.map(\.time) == expected.map(\.record.time))
            #expect(entries.map(\.prediction) == expected.map(\.record.prediction))
        }
        let pruned = try await store.pruneHistory(of: ModelID("fashion"), keepingFrom: 15)
        #expect(pruned == fashion.filter { $0.sequence < 15 }.count)
        #expect(try await store.pruneHistory(of: ModelID("fashion"), keepingFrom: 15) == 0)
        let left = try await store.history(of: ModelID("fashion"), from: 1)
        #expect(left.map(\.sequence) == fashion.map(\.sequence).filter { $0 >= 15 })
        // Days that were dropped come back when they are needed.
        _ = try await store.pruneHistory(of: ModelID("other"), keepingFrom: 100)
        _ = try await store.pruneHistory(of: ModelID("fashion"), keepingFrom: 100)
        let session = try await makeSession(connectionString)
        let days = try await session.query(
            "select count(*) from pg_inherits where inhparent = 'history_image'::regclass"
        )
        #expect(try days.first?.only(Int.self) == 1)
        let image = Image(shape: ImageShape(height: 1, width: 1, channels: 1), pixels: [9])
        try await store.commit(makeBatch(2, [makeObservation(21, image: image)]))
        #expect(try await store.counts()[.historyImage] == 1)
    }

    @Test func `an image of up to a page stays in its row`() async throws {
        let (store, connectionString) = try await makeStore()
        let shape = ImageShape(height: 50, width: 50, channels: 3)
        let images = (1...20).map { number in
            Image(
                shape: shape,
                pixels: (0..<shape.count).map { UInt8(truncatingIfNeeded: $0 * $0 * number >> 3) }
            )
        }
        let observations = images.enumerated().map { makeObservation(Int64($0 + 1), image: $1) }
        try await store.commit(makeBatch(0, observations))
        let outside = try await makeSession(connectionString).query(
            """
            select sum(pg_relation_size(reltoastrelid))::bigint from pg_inherits join pg_class c on c.oid = inhrelid
            where inhparent = 'history_image'::regclass
            """
        )
        #expect(try outside.first?.only(Int64.self) == 0)
        let stored = try await store.history(of: ModelID("fashion"), from: 1)
        #expect(stored.map(\.image) == images)
    }
}
