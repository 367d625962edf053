import Domain
import Scoring

/// Times the scoring engine with many users that hold evidence.
struct TicksBench {
    /// What the users' evidence amounts to.
    enum State: String, CaseIterable {
        /// All below every level.
        case warm
        /// One in a hundred at medium.
        case mixed
        /// All at medium.
        case elevated
    }

    /// Milliseconds of closing ticks, and microseconds of counting queries.
    struct Result {
        /// The mean of a tick, in milliseconds.
        var mean = 0.0
        /// The slowest tick, in milliseconds.
        var slowest = 0.0
        /// Counting one query in an open tick, in microseconds.
        var perQuery = 0.0
    }

    /// Queries of one tick.
    static let queries = 100

    private let users: Int
    private let configuration: ScoringConfiguration
    private let model = ModelID("bench")
    private var engine: ScoringEngine

    /// An engine in which `users` users of one model hold evidence.
    init(users: Int, state: State) throws {
        self.users = users
        configuration = try ScoringConfiguration()
        let calibration = try Self.calibration(of: model)
        // Half of the lowest exit, and the middle of medium.
        let price = calibration.price(of: .user)
        let (low, medium) = (
            Self.evidence(of: 7500, configuration) + price, Self.evidence(of: 55_000, configuration) + price
        )
        let start = Tick(1_000_000)
        var tracks: [Entity: Track] = [:]
        for user in 0..<users {
            let isElevated = state == .elevated || state == .mixed && user % 100 == 0
            let units = [Int64](repeating: isElevated ? medium : low, count: 8)
            guard
                let stream = DetectorStream(
                    DetectorID("similarity.user.descent"),
                    lanes: units,
                    gains: units,
                    losses: [Int64](repeating: 0, count: 8),
                    memory: 0
                )
            else { preconditionFailure("a stream has eight lanes") }
            tracks[.user(Self.user(user), model: model)] = Track(
                level: isElevated ? .medium : .info,
                below: 0,
                tick: start,
                seen: start,
                streams: [stream],
                price: price
            )
        }
        engine = ScoringEngine(
            configuration: configuration,
            calibrations: [model: calibration],
            state: EngineState(
                watermark: configuration.end(of: start),
                lastClosedTick: start,
                tracks: tracks
            )
        )
    }

    /// Closes so many ticks.
    mutating func run(ticks: Int) throws -> Result {
        var generator = SeededGenerator(seed: UInt64(users))
        var closing: [Double] = []
        var counting = 0.0
        // The first tick warms up.
        for _ in 0...ticks {
            guard let last = engine.lastClosedTick else { break }
            let tick = Tick(last.index + 1)
            var clock = ContinuousClock.now
            for _ in 0..<Self.queries {
                let user = Self.user(generator.integer(0...users - 1))
                let rung = generator.chance(0.1) ? 1 : 0
                engine.add(input(user, rung, at: tick), at: tick)
            }
            counting += (ContinuousClock.now - clock).inSeconds
            clock = .now
            let output = engine.advance(to: configuration.end(of: tick))
            closing.append((ContinuousClock.now - clock).inSeconds * 1000)
            precondition(!output.samples.isEmpty, "a busy tick has samples")
        }
        let measured = closing.dropFirst()
        return Result(
            mean: measured.reduce(0, +) / Double(max(1, measured.count)),
            slowest: measured.max() ?? 0,
            perQuery: counting * 1e6 / Double((ticks + 1) * Self.queries)
        )
    }

    private func input(_ user: UserID, _ rung: Int, at tick: Tick) -> ScoringInput {
        func rungs(_ scope: String) -> [DetectorRung] {
            [DetectorRung(detector: DetectorID("similarity.\(scope).descent"), rung: rung)]
        }
        return ScoringInput(
            model: model,
            user: user,
            time: configuration.start(of: tick),
            userRungs: rungs("user"),
            modelRungs: rungs("model")
        )
    }

    private static func user(_ number: Int) -> UserID { UserID("account-\(number)@example.org") }

    /// The evidence whose score is that many milli-points.
    private static func evidence(of score: Int64, _ configuration: ScoringConfiguration) -> Int64 {
        let step = Evidence.bit / 16
        var units: Int64 = 0
        while units < configuration.cap, configuration.scoreMilli(units, criticality: 1000) < score {
            units += step
        }
        return units
    }

    private static func calibration(of model: ModelID) throws -> Calibration {
        var builder = try CalibrationBuilder(
            model: model,
            detectorConfiguration: "bench",
            fractions: CalibrationBuilder.defaultFractions,
            delta: 0.01
        )
        let scores = (0..<10_000).map { Double($0) / 10_000 }
        for scope in SimilarityScope.allCases {
            builder.add(scores, for: DetectorID("similarity.\(scope.rawValue).descent"))
        }
        return try builder.build()
    }
}
